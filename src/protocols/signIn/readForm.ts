import type { IncomingMessage } from "node:http"
import { Data, Duration, Effect } from "effect"

/** The body is no form of ours: the code of the answer (RFC 9110 15.5). */
export class FormRefused extends Data.TaggedError("FormRefused")<{ readonly code: 400 | 408 | 413 | 415 }> {}

/** Far more than an address and the longest password. */
const maxBytes = 16 * 1024

const patience = Duration.toMillis("20 seconds")

/** Reads a form (URL Standard 5, `application/x-www-form-urlencoded`); a request without a body is an empty one. */
export const readForm = (request: IncomingMessage): Effect.Effect<URLSearchParams, FormRefused> => {
  const type = request.headers["content-type"]?.split(";", 1)[0]?.trim().toLowerCase() ?? ""
  if (!["", "application/x-www-form-urlencoded"].includes(type)) return new FormRefused({ code: 415 })
  return Effect.async((resume) => {
    const pieces: Array<Buffer> = []
    let length = 0
    const settle = (result: Effect.Effect<URLSearchParams, FormRefused>) => {
      clearTimeout(timer)
      request.off("data", onData).off("end", onEnd).off("close", onClose).off("error", onClose)
      resume(result)
    }
    const timer = setTimeout(() => settle(new FormRefused({ code: 408 })), patience)
    const onData = (piece: Buffer) => {
      length += piece.length
      if (length > maxBytes) return settle(new FormRefused({ code: 413 }))
      pieces.push(piece)
    }
    const onEnd = () =>
      settle(Effect.succeed(new URLSearchParams(Buffer.concat(pieces, length).toString("utf8"))))
    // Its sender is gone: nobody hears the answer.
    const onClose = () => settle(new FormRefused({ code: 400 }))
    request.on("data", onData).on("end", onEnd).on("close", onClose).on("error", onClose)
  })
}
