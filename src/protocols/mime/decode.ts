import type { Part } from "../../domain/Content.ts"
import { decodeCharset, decodeUnlabelled } from "./charset.ts"
import { decodeTransfer } from "./transferEncoding.ts"

/** A view on the same memory; no copy. */
export const bufferOf = (bytes: Uint8Array): Buffer =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)

/**
 * The content of one part. `body` holds the bytes `[bodyStart, bodyEnd)` of the message, as a ranged read of the
 * blob returns them; the message itself is not needed. Never fails: damaged encodings give what can be decoded.
 */
export const decodePart = (body: Uint8Array, part: Pick<Part, "encoding">): Buffer =>
  decodeTransfer(bufferOf(body), part.encoding)

const htmlCharset = /<meta[^>]{0,200}charset\s*=\s*["']?\s*([-\w:.+]{2,40})/i

/** HTML that names no charset in its header may name one in its first kilobyte. */
const declaredInHtml = (bytes: Buffer): string | undefined =>
  htmlCharset.exec(bytes.toString("latin1", 0, 1024))?.[1]

/** The content of a text part as text; undeclared or unknown charsets are read as UTF-8 if valid, else windows-1252. */
export const decodeText = (body: Uint8Array, part: Pick<Part, "encoding" | "charset" | "type">): string => {
  const bytes = decodePart(body, part)
  const charset = part.charset ?? (part.type === "text/html" ? declaredInHtml(bytes) : undefined)
  return charset === undefined ? decodeUnlabelled(bytes) : decodeCharset(bytes, charset)
}
