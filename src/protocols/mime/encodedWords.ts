import type { Defect } from "../../domain/Content.ts"
import { decodeCharset, isKnownCharset } from "./charset.ts"
import { decodeTransfer } from "./transferEncoding.ts"

interface Word {
  readonly charset: string
  readonly bytes: Buffer
  readonly end: number
}

const maxCharsetLength = 75

/** Characters that should have been encoded and were not are taken in the charset they were most likely meant in. */
const rawBytes = (text: string, charset: string): Buffer =>
  Buffer.from(text, charset.startsWith("utf") ? "utf8" : "latin1")

/** Reads `=?charset?encoding?text?=` at `start` (RFC 2047 2); undefined when it is not one. */
const readWord = (value: string, start: number): Word | undefined => {
  const charsetEnd = value.indexOf("?", start + 2)
  if (charsetEnd === -1 || charsetEnd - start > maxCharsetLength || value[charsetEnd + 2] !== "?")
    return undefined
  const encoding = value[charsetEnd + 1]?.toLowerCase()
  if (encoding !== "q" && encoding !== "b") return undefined
  const end = value.indexOf("?=", charsetEnd + 3)
  if (end === -1) return undefined
  const text = value.slice(charsetEnd + 3, end)
  // RFC 2231 5 lets a language follow the charset.
  const charset = value
    .slice(start + 2, charsetEnd)
    .split("*", 1)
    .join("")
    .toLowerCase()
  const bytes =
    encoding === "q"
      ? decodeTransfer(rawBytes(text.replaceAll("_", " "), charset), "quoted-printable")
      : decodeTransfer(rawBytes(text, charset), "base64")
  return { charset, bytes, end: end + 2 }
}

const whitespace = /^\s*$/

/**
 * Decodes the encoded words of a header value (RFC 2047). White space between two words disappears, and the bytes of
 * neighbours in one charset are joined before decoding, for senders that cut a character in two.
 */
export const decodeWords = (value: string, limit: number, defects: Set<Defect>): string => {
  let at = value.indexOf("=?")
  if (at === -1) return value
  const out: Array<string> = []
  let run: { readonly charset: string; readonly bytes: Array<Buffer> } | undefined
  const flush = () => {
    if (run === undefined) return
    if (!isKnownCharset(run.charset)) defects.add("unknown-charset")
    out.push(decodeCharset(Buffer.concat(run.bytes), run.charset))
    run = undefined
  }
  let copied = 0
  let count = 0
  while (at !== -1) {
    if (count === limit) {
      defects.add("too-many-encoded-words")
      break
    }
    const word = readWord(value, at)
    if (word === undefined) {
      at = value.indexOf("=?", at + 2)
      continue
    }
    count++
    const between = value.slice(copied, at)
    if (run === undefined || !whitespace.test(between)) {
      flush()
      out.push(between)
    } else if (run.charset !== word.charset) flush()
    if (run === undefined) run = { charset: word.charset, bytes: [word.bytes] }
    else run.bytes.push(word.bytes)
    copied = word.end
    at = value.indexOf("=?", copied)
  }
  flush()
  out.push(value.slice(copied))
  return out.join("")
}
