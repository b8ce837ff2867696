import type { IncomingMessage } from "node:http"
import { promisify } from "node:util"
import { gunzip } from "node:zlib"
import { Data, Duration, Effect } from "effect"
import { errorCode } from "../../observability/errorCode.ts"

/** The body cannot be had: the code of the answer (RFC 9110 15.5). */
export class BodyRefused extends Data.TaggedError("BodyRefused")<{ readonly code: 400 | 408 | 413 | 415 }> {}

export interface BodyLimits {
  /** Of what is sent, and of what it unpacks to. */
  readonly maxBytes: number
  /** From one piece to the next. */
  readonly timeout: Duration.Duration
}

/** Reads the whole body, unpacked. */
export const readBody = Effect.fnUntraced(function* (request: IncomingMessage, limits: BodyLimits) {
  const encoding = request.headers["content-encoding"]?.trim().toLowerCase() ?? ""
  if (!["", "identity", "gzip", "x-gzip"].includes(encoding)) return yield* new BodyRefused({ code: 415 })
  if (Number(request.headers["content-length"] ?? 0) > limits.maxBytes) {
    return yield* new BodyRefused({ code: 413 })
  }
  const sent = yield* gather(request, limits)
  return encoding.endsWith("gzip") && sent.length > 0 ? yield* unpack(sent, limits.maxBytes) : sent
})

const gather = (request: IncomingMessage, { maxBytes, timeout }: BodyLimits) =>
  Effect.async<Buffer, BodyRefused>((resume) => {
    const pieces: Array<Buffer> = []
    let length = 0
    const settle = (result: Effect.Effect<Buffer, BodyRefused>) => {
      clearTimeout(timer)
      request.off("data", onData).off("end", onEnd).off("close", onClose).off("error", onClose)
      resume(result)
    }
    const refuse = (code: BodyRefused["code"]) => settle(new BodyRefused({ code }))
    const timer = setTimeout(() => refuse(408), Duration.toMillis(timeout))
    const onData = (piece: Buffer) => {
      length += piece.length
      if (length > maxBytes) return refuse(413)
      pieces.push(piece)
      timer.refresh()
    }
    const onEnd = () => settle(Effect.succeed(Buffer.concat(pieces, length)))
    // Its sender is gone: nobody hears the answer.
    const onClose = () => refuse(400)
    request.on("data", onData).on("end", onEnd).on("close", onClose).on("error", onClose)
  })

const gunzipped = promisify(gunzip)

const unpack = (sent: Buffer, maxOutputLength: number) =>
  Effect.tryPromise({
    try: (): Promise<Buffer> => gunzipped(sent, { maxOutputLength }),
    catch: (error) => new BodyRefused({ code: errorCode(error) === "ERR_BUFFER_TOO_LARGE" ? 413 : 400 })
  })
