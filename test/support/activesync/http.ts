import { type Agent, type IncomingHttpHeaders, request } from "node:http"
import { gunzipSync } from "node:zlib"
import { Effect } from "effect"

export interface Ask {
  readonly method?: string
  /** With the query. */
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Uint8Array | null
}

export interface HttpAnswer {
  readonly code: number
  readonly reason: string
  readonly headers: IncomingHttpHeaders
  /** Unpacked. */
  readonly body: Buffer
}

export interface Server {
  readonly host: string
  readonly port: number
  readonly agent?: Agent
}

/** One request; whoever is interrupted hangs up. */
export const ask = (server: Server, { method = "POST", path, headers = {}, body = null }: Ask) =>
  Effect.async<HttpAnswer>((resume) => {
    const sent = request({ ...server, method, path, headers: { ...lengthOf(body, headers), ...headers } })
    sent.once("error", (error) => resume(Effect.die(error)))
    sent.once("response", (response) => {
      const pieces: Array<Buffer> = []
      response.on("data", (piece: Buffer) => pieces.push(piece))
      response.once("error", (error) => resume(Effect.die(error)))
      response.once("end", () => {
        const whole = Buffer.concat(pieces)
        resume(
          Effect.sync(() => ({
            code: response.statusCode ?? 0,
            reason: response.statusMessage ?? "",
            headers: response.headers,
            body: response.headers["content-encoding"] === "gzip" ? gunzipSync(whole) : whole
          }))
        )
      })
    })
    sent.end(body ?? undefined)
    return Effect.sync(() => sent.destroy())
  })

const lengthOf = (
  body: Uint8Array | null,
  headers: Readonly<Record<string, string>>
): Record<string, string> =>
  body === null || "transfer-encoding" in headers ? {} : { "content-length": String(body.length) }
