import type { IncomingMessage, ServerResponse } from "node:http"
import { Effect } from "effect"
import { type ImageRefused, refuse } from "./ImageRefused.ts"
import { imageType, sniffedBytes } from "./imageType.ts"

/** Kept by this browser alone, for as long as the shortest link is good. */
const always = {
  "cache-control": "private, max-age=3600, immutable",
  "content-security-policy": "default-src 'none'; sandbox",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff"
}

/**
 * Passes a picture on as it comes, as fast as the reader takes it. Fails where it is none, or is too large; the answer
 * has begun by then where its first octets looked right, and is cut.
 */
export const sendImage = (
  from: IncomingMessage,
  to: ServerResponse,
  maxSizeBytes: number
): Effect.Effect<void, ImageRefused> =>
  Effect.async((resume) => {
    let head: Buffer | null = Buffer.alloc(0)
    let left = maxSizeBytes
    const fail = (reason: ImageRefused["reason"]) => {
      from.off("data", take)
      from.destroy()
      resume(refuse(reason))
    }
    const begin = (first: Buffer): boolean => {
      const type = imageType(first)
      if (type === null) {
        fail("no-picture")
        return false
      }
      head = null
      const length = from.headers["content-length"]
      to.writeHead(200, { ...always, "content-type": type, ...(length && { "content-length": length }) })
      return true
    }
    const pass = (bytes: Buffer) => {
      if (!to.write(bytes)) from.pause()
    }
    const take = (chunk: Buffer) => {
      left -= chunk.length
      if (left < 0) return fail("too-large")
      if (head === null) return pass(chunk)
      head = Buffer.concat([head, chunk])
      if (head.length < sniffedBytes) return
      const first = head
      if (begin(first)) pass(first)
    }
    const goOn = () => from.resume()
    to.on("drain", goOn)
    from.on("data", take)
    from.once("end", () => {
      if (head !== null) {
        const first = head
        if (!begin(first)) return
        to.write(first)
      }
      to.end()
      resume(Effect.void)
    })
    from.once("close", () => {
      if (!from.complete) fail("unreachable")
    })
    return Effect.sync(() => {
      to.off("drain", goOn)
      from.destroy()
    })
  })
