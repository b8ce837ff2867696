import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse
} from "node:http"
import { createServer as createTlsServer } from "node:https"
import type { AddressInfo } from "node:net"
import type { Duplex } from "node:stream"
import { TLSSocket } from "node:tls"
import { Context, Duration, Effect, Layer, Runtime, Schema } from "effect"
import type { TlsCertificate } from "../../identity/tls/TlsCertificate.ts"
import { Health } from "../../observability/health.ts"
import { registry } from "../../observability/metrics.ts"

/** Answers a request and says true, or leaves it alone and says false. Must not throw. */
export type Mount = (request: IncomingMessage, response: ServerResponse) => boolean

/** Takes the connection of a request that wishes for another protocol and says true, or leaves it alone. Must not throw. */
export type Upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => boolean

/** The port is taken, or may not be used. */
export class CannotListen extends Schema.TaggedError<CannotListen>()("CannotListen", {
  host: Schema.String,
  port: Schema.Number,
  code: Schema.String
}) {
  override get message() {
    const why =
      this.code === "EADDRINUSE"
        ? "is in use by another program; stop it, or move all ports with --port-offset"
        : `cannot be used (${this.code})`
    return `Port ${this.port} on ${this.host} ${why}.`
  }
}

export interface HttpOptions {
  readonly host: string
  readonly httpPort: number
  readonly httpsPort: number
  /** Null = no HTTPS. */
  readonly tls: Pick<TlsCertificate["Type"], "key" | "cert" | "onRotation"> | null
  /** Asked in order; the first that says true has the request. */
  readonly mounts: ReadonlyArray<Mount>
  readonly upgrades?: ReadonlyArray<Upgrade>
  /** Done first when the server stops: ends answers that would go on waiting. */
  readonly stopping?: Effect.Effect<void>
}

/** Slow or huge requests are cut off by these (RFC 9110 15.5.9, RFC 6585 5). */
const limits = {
  maxHeaderSize: 32 * 1024,
  headersTimeout: Duration.toMillis("20 seconds"),
  /** A long poll is a request that was read long ago: this bounds reading it only. */
  requestTimeout: Duration.toMillis("5 minutes"),
  keepAliveTimeout: Duration.toMillis("75 seconds")
}

/** The ports that were bound. */
export class HttpServer extends Context.Tag("postroom/protocols/HttpServer")<
  HttpServer,
  { readonly httpPort: number; readonly httpsPort: number }
>() {
  /** HTTP and HTTPS with health and metrics, and whatever is mounted. */
  static readonly layer = (options: HttpOptions): Layer.Layer<HttpServer, CannotListen, Health> =>
    Layer.scoped(
      HttpServer,
      Effect.gen(function* () {
        const health = yield* Health
        const runtime = yield* Effect.runtime<never>()
        const mounts = [...options.mounts, operate(health, runtime)]
        const listener: RequestListener = (request, response) => {
          if (!mounts.some((mount) => mount(request, response)))
            answer(response, { code: 404, body: "Not found.\n" })
        }
        const { host, tls, upgrades = [], stopping = Effect.void } = options
        const answers = { listener, upgrades }
        const server = createServer(limits, listener)
        upgrading(server, upgrades)
        const httpPort = yield* listen(server, { host, port: options.httpPort })
        const httpsPort = tls === null ? 0 : yield* listenTls(tls, answers, { host, port: options.httpsPort })
        yield* Effect.addFinalizer(() => stopping)
        return { httpPort, httpsPort }
      })
    )
}

const operate =
  (health: Health["Type"], runtime: Runtime.Runtime<never>): Mount =>
  (request, response) => {
    switch (request.url?.split("?")[0]) {
      case "/healthz":
        answer(response, { code: 200, body: "ok\n" })
        return true
      case "/readyz":
        Runtime.runFork(runtime)(
          Effect.map(health.readiness, (readiness) =>
            answer(response, {
              code: readiness.ready ? 200 : 503,
              body: `${JSON.stringify(readiness)}\n`,
              type: "application/json"
            })
          )
        )
        return true
      case "/metrics":
        Runtime.runFork(runtime)(
          Effect.map(
            Effect.promise(() => registry.metrics()),
            (body) => answer(response, { code: 200, body, type: registry.contentType })
          )
        )
        return true
      default:
        return false
    }
  }

const answer = (
  response: ServerResponse,
  {
    code,
    body,
    type = "text/plain; charset=utf-8"
  }: { readonly code: number; readonly body: string; readonly type?: string }
): void => {
  response.writeHead(code, { "content-type": type, "cache-control": "no-store" })
  response.end(body)
}

interface Answers {
  readonly listener: RequestListener
  readonly upgrades: ReadonlyArray<Upgrade>
}

/**
 * Node answers no request with an Upgrade field once somebody listens for them. A wish that is nobody's here is left
 * unheard, as RFC 9110 7.8 has it (Java's client asks for `h2c` with its first request): the request comes again without it.
 */
const upgrading = (server: Server, upgrades: ReadonlyArray<Upgrade>): void => {
  if (upgrades.length === 0) return
  server.on("upgrade", (request, socket, head) => {
    if (upgrades.some((upgrade) => upgrade(request, socket, head))) return
    socket.unshift(Buffer.concat([withoutUpgrade(request), head]))
    server.emit(socket instanceof TLSSocket ? "secureConnection" : "connection", socket)
  })
}

/** The head of a request as it came, but for the wish. */
const withoutUpgrade = ({ method, url, httpVersion, rawHeaders }: IncomingMessage): Buffer => {
  const lines = [`${method} ${url} HTTP/${httpVersion}`]
  for (let at = 0; at < rawHeaders.length; at += 2)
    if (rawHeaders[at]?.toLowerCase() !== "upgrade") lines.push(`${rawHeaders[at]}: ${rawHeaders[at + 1]}`)
  return Buffer.from(`${lines.join("\r\n")}\r\n\r\n`, "latin1")
}

const listenTls = Effect.fnUntraced(function* (
  { key, cert, onRotation }: NonNullable<HttpOptions["tls"]>,
  { listener, upgrades }: Answers,
  at: { readonly host: string; readonly port: number }
) {
  const server = createTlsServer({ ...limits, key, cert }, listener)
  upgrading(server, upgrades)
  const port = yield* listen(server, at)
  yield* onRotation((pair) => server.setSecureContext(pair))
  return port
})

const listen = (server: Server, { host, port }: { readonly host: string; readonly port: number }) =>
  Effect.acquireRelease(
    Effect.async<number, CannotListen>((resume) => {
      const fail = (error: NodeJS.ErrnoException) =>
        resume(Effect.fail(new CannotListen({ host, port, code: error.code ?? "unknown" })))
      server.once("error", fail)
      server.listen(port, host, () => {
        server.off("error", fail)
        resume(Effect.succeed(portOf(server.address(), port)))
      })
    }),
    () =>
      Effect.async<void>((resume) => {
        // A connection is idle once its answer is out.
        const idle = setInterval(() => server.closeIdleConnections(), 50)
        server.close(() => {
          clearInterval(idle)
          resume(Effect.void)
        })
        server.closeIdleConnections()
        // What is still under way gets a moment, then it is cut.
        setTimeout(() => server.closeAllConnections(), 2000).unref()
      })
  )

const portOf = (address: AddressInfo | string | null, wanted: number): number =>
  address !== null && typeof address === "object" ? address.port : wanted
