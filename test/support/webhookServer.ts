import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import { Effect, Queue, type Scope } from "effect"

/** What a receiver was sent. */
export interface Received {
  readonly method: string
  readonly path: string
  readonly headers: IncomingMessage["headers"]
  readonly body: string
  /** Of the connection's other end. */
  readonly remotePort: number
}

/** A receiver of webhooks on a loopback address. */
export interface WebhookServer {
  readonly url: string
  readonly port: number
  readonly received: Queue.Dequeue<Received>
}

/** `answer` is called once the request was read; it need not answer at all. */
export const webhookServer = (
  answer: (response: ServerResponse, received: Received) => void = (response) =>
    response.writeHead(204).end(),
  host = "127.0.0.1"
): Effect.Effect<WebhookServer, never, Scope.Scope> =>
  Effect.gen(function* () {
    const received = yield* Queue.unbounded<Received>()
    const server = createServer((request, response) => {
      const pieces: Array<Buffer> = []
      request.on("data", (piece: Buffer) => pieces.push(piece))
      request.on("end", () => {
        const one = {
          method: request.method ?? "",
          path: request.url ?? "",
          headers: request.headers,
          body: Buffer.concat(pieces).toString(),
          remotePort: request.socket.remotePort ?? 0
        }
        received.unsafeOffer(one)
        answer(response, one)
      })
    })
    const port = yield* Effect.acquireRelease(
      Effect.async<number>((resume) => {
        server.listen(0, host, () => {
          const address = server.address()
          resume(Effect.succeed(typeof address === "object" ? (address?.port ?? 0) : 0))
        })
      }),
      () =>
        Effect.sync(() => {
          server.close()
          server.closeAllConnections()
        })
    )
    return { url: `http://${host.includes(":") ? `[${host}]` : host}:${port}/hook`, port, received }
  })
