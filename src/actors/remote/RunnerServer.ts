import { createServer, isIPv4, type Server, type Socket } from "node:net"
import { createServer as createTlsServer, Server as TlsServer } from "node:tls"
import { type ConfigError, Context, Effect, FiberSet, Layer, Schema } from "effect"
import { type Credentials, MutualTls } from "../../identity/tls/MutualTls.ts"
import type { Mailboxes, Moved } from "../mailbox/MailboxProtocol.ts"
import type { HandOver } from "../sharding/Peers.ts"
import { tell } from "./endings.ts"
import { makeOwnerSide } from "./OwnerSide.ts"

/** The address is taken, or not one to listen on. */
export class RemoteListenFailed extends Schema.TaggedError<RemoteListenFailed>()("RemoteListenFailed", {
  message: Schema.String,
  cause: Schema.optional(Schema.Defect)
}) {}

export interface RunnerServerOptions {
  readonly host: string
  /** 0 = any free one. */
  readonly port: number
  readonly handOver: (wish: HandOver) => Effect.Effect<void, Moved>
}

/** Serves the mailboxes of this process to the others, with the port that it got. */
export class RunnerServer extends Context.Tag("postroom/actors/RunnerServer")<
  RunnerServer,
  { readonly host: string; readonly port: number }
>() {}

/** Listens until its scope closes; then everything that others have under way here ends. */
export const layer = (
  options: RunnerServerOptions
): Layer.Layer<RunnerServer, RemoteListenFailed | ConfigError.ConfigError, Mailboxes | MutualTls> =>
  Layer.scoped(
    RunnerServer,
    Effect.gen(function* () {
      const { host, port, handOver } = options
      const tls = yield* MutualTls
      if (tls === null && !isLoopback(host)) return yield* withoutCertificates(host)
      const run = yield* FiberSet.makeRuntime<never>()
      const { accept, close } = yield* makeOwnerSide(handOver)
      const sockets = new Set<Socket>()
      const refused = (message: string, socket: Socket) =>
        void run(tell(`is not let in: ${message.trim()}`, socket.remoteAddress ?? ""))
      const server = tls === null ? createServer(accept) : tlsServer(tls.current(), { accept, refused })
      server.on("connection", (socket: Socket) => {
        sockets.add(socket)
        socket.on("close", () => sockets.delete(socket))
      })
      yield* Effect.acquireRelease(listen(server, options), () =>
        Effect.sync(() => {
          server.close()
          close()
          for (const socket of sockets) socket.destroy()
        })
      )
      if (tls !== null && server instanceof TlsServer)
        yield* tls.onRotation((credentials) => server.setSecureContext(credentials))
      const bound = server.address()
      return { host, port: typeof bound === "object" && bound !== null ? bound.port : port }
    })
  )

const isLoopback = (host: string): boolean =>
  host === "localhost" || host === "::1" || (isIPv4(host) && host.startsWith("127."))

const withoutCertificates = (host: string) =>
  new RemoteListenFailed({
    message:
      `Calls of other runners are not taken on ${host} without certificates: set POSTROOM_REMOTE_TLS_KEY, ` +
      "POSTROOM_REMOTE_TLS_CERT and POSTROOM_REMOTE_TLS_CA, or listen on 127.0.0.1."
  })

interface Arrivals {
  readonly accept: (socket: Socket) => void
  readonly refused: (message: string, socket: Socket) => void
}

/** What a stranger may keep a socket for. */
const handshakeTimeout = 10_000

/** Lets in who shows a certificate of the authority. */
const tlsServer = (credentials: Credentials, { accept, refused }: Arrivals): TlsServer => {
  const server = createTlsServer(
    { ...credentials, requestCert: true, rejectUnauthorized: true, minVersion: "TLSv1.3", handshakeTimeout },
    accept
  )
  server.on("tlsClientError", ({ message }, socket) => refused(message, socket))
  return server
}

const listen = (server: Server, { host, port }: RunnerServerOptions) =>
  Effect.async<void, RemoteListenFailed>((resume) => {
    const onError = (cause: Error) =>
      resume(new RemoteListenFailed({ message: `Cannot listen on ${host} port ${port}.`, cause }))
    server.once("error", onError)
    server.listen(port, host, () => {
      server.off("error", onError)
      resume(Effect.void)
    })
  })
