import { createServer, type Http2Server, type ServerHttp2Session } from "node:http2"
import type { Socket } from "node:net"
import { Code, ConnectError } from "@connectrpc/connect"
import { Context, Data, Effect, Layer } from "effect"
import { RpcConfig } from "./RpcConfig.ts"
import { RpcHandler } from "./RpcHandler.ts"
import { refuse } from "./refuse.ts"

/** The port could not be bound. */
export class GrpcListenFailed extends Data.TaggedError("GrpcListenFailed")<{
  readonly host: string
  readonly port: number
  readonly code: string
}> {
  override get message() {
    const why =
      this.code === "EADDRINUSE"
        ? "is in use by another program; stop it, or move all ports with --port-offset"
        : `cannot be used (${this.code})`
    return `Port ${this.port} on ${this.host} ${why}.`
  }
}

/** The gRPC port: HTTP/2 without TLS (h2c), with prior knowledge. */
export class GrpcServer extends Context.Tag("postroom/rpc/GrpcServer")<
  GrpcServer,
  { readonly host: string; readonly port: number }
>() {}

const noSuchMethod = new ConnectError("There is no such method.", Code.Unimplemented)

/** Listens until its scope closes; port 0 takes a free one. */
export const layer = (address: { readonly host: string; readonly port: number }) =>
  Layer.scoped(
    GrpcServer,
    Effect.gen(function* () {
      const { maxStreams, maxConnections } = yield* RpcConfig
      const rpc = yield* RpcHandler
      const server = createServer({ settings: { maxConcurrentStreams: maxStreams } }, (request, response) => {
        if (!rpc.handle(request, response)) refuse(request.headers, response, noSuchMethod)
      })
      server.maxConnections = maxConnections
      const open = trackOpen(server)
      yield* Effect.acquireRelease(listen(server, address), () =>
        Effect.zipRight(
          Effect.sync(() => {
            server.close()
            for (const session of open.sessions) session.close()
          }),
          Effect.zipRight(rpc.stop, Effect.sync(open.destroy))
        )
      )
      const bound = server.address()
      return {
        host: address.host,
        port: typeof bound === "object" && bound !== null ? bound.port : address.port
      }
    })
  )

const listen = (server: Http2Server, { host, port }: { readonly host: string; readonly port: number }) =>
  Effect.async<void, GrpcListenFailed>((resume) => {
    const onError = ({ code = "unknown" }: NodeJS.ErrnoException) =>
      resume(Effect.fail(new GrpcListenFailed({ host, port, code })))
    server.once("error", onError)
    server.listen(port, host, () => {
      server.off("error", onError)
      resume(Effect.void)
    })
  })

const trackOpen = (server: Http2Server) => {
  const sessions = new Set<ServerHttp2Session>()
  const sockets = new Set<Socket>()
  server.on("session", (session) => {
    sessions.add(session)
    session.on("close", () => sessions.delete(session))
    // A peer that breaks the protocol ends its session, nothing else.
    session.on("error", () => session.destroy())
  })
  server.on("connection", (socket: Socket) => {
    sockets.add(socket)
    socket.on("close", () => sockets.delete(socket))
  })
  const destroy = () => {
    for (const session of sessions) session.destroy()
    for (const socket of sockets) socket.destroy()
  }
  return { sessions, destroy }
}
