import type { Defect } from "../../domain/Content.ts"
import { decodeCharset } from "./charset.ts"
import { decodeWords } from "./encodedWords.ts"
import type { MimeLimits } from "./MimeLimits.ts"

/** A structured field such as Content-Type: what stands before the first `;`, lower case, and the parameters. */
export interface Parameterized {
  readonly value: string
  readonly parameters: Readonly<Record<string, string>>
}

interface Segment {
  readonly index: number
  readonly isEncoded: boolean
  readonly text: string
}

/** End of the comment that opens at `start` (RFC 5322 3.2.2), nesting counted; the end of the text if it never closes. */
export const commentEnd = (text: string, start: number): number => {
  let depth = 0
  for (let i = start; i < text.length; i++) {
    const char = text[i]
    if (char === "\\") i++
    else if (char === "(") depth++
    else if (char === ")" && --depth === 0) return i + 1
  }
  return text.length
}

/** The quoted string that opens at `start`, and where it ends (after the closing quote). */
export const quotedString = (
  text: string,
  start: number
): { readonly value: string; readonly end: number } => {
  const pieces: Array<string> = []
  let copied = start + 1
  for (let i = start + 1; i < text.length; i++) {
    const char = text[i]
    if (char === '"') return { value: pieces.join("") + text.slice(copied, i), end: i + 1 }
    if (char === "\\") {
      pieces.push(text.slice(copied, i))
      copied = ++i
    }
  }
  return { value: pieces.join("") + text.slice(copied), end: text.length }
}

/** Splits at `;` outside quotes and comments; quotes are undone, comments dropped. */
const splitParameters = (
  text: string,
  limit: number
): ReadonlyArray<readonly [name: string, value: string]> => {
  const out: Array<readonly [string, string]> = []
  let name: string | undefined
  let word = ""
  /** White space counts up to here: it stood in quotes. */
  let quotedLength = 0
  let i = 0
  const flush = () => {
    const isHead = out.length === 0
    const value = word.slice(0, quotedLength) + word.slice(quotedLength).trim()
    if (isHead || name !== undefined || value !== "") out.push([(name ?? "").trim().toLowerCase(), value])
    name = undefined
    word = ""
    quotedLength = 0
  }
  while (i < text.length && out.length <= limit) {
    const char = text[i]
    if (char === ";") flush()
    else if (char === "=" && name === undefined && out.length > 0) {
      name = word
      word = ""
    } else if (char === '"' && word.trim() === "") {
      const quoted = quotedString(text, i)
      word = quoted.value
      quotedLength = word.length
      i = quoted.end
      continue
    } else if (char === "(" && name === undefined) {
      i = commentEnd(text, i)
      continue
    } else word += char
    i++
  }
  flush()
  return out
}

const percentDecoded = (text: string): Buffer =>
  Buffer.from(
    text.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
    "latin1"
  )

/** Joins the segments of one parameter (RFC 2231 3 and 4); the charset of the first encoded one holds for all. */
const joinSegments = (segments: Array<Segment>): string => {
  segments.sort((a, b) => a.index - b.index)
  const first = segments[0]?.isEncoded === true ? /^([^']*)'[^']*'/.exec(segments[0].text) : null
  const bytes = segments.map(({ isEncoded, text }, position) => {
    if (!isEncoded) return Buffer.from(text, "utf8")
    return percentDecoded(position === 0 && first !== null ? text.slice(first[0].length) : text)
  })
  return decodeCharset(Buffer.concat(bytes), first?.[1] ?? "")
}

const segmentName = /^([^*]+)\*(?:(\d{1,6})(\*)?)?$/

interface Bounds {
  readonly limits: MimeLimits
  readonly defects: Set<Defect>
}

/** Whole parameters as they are, segments joined; a segmented form wins over a plain one of the same name. */
const collect = (
  pairs: ReadonlyArray<readonly [name: string, value: string]>,
  { limits, defects }: Bounds
): Readonly<Record<string, string>> => {
  const parameters = new Map<string, string>()
  const segmented = new Map<string, Array<Segment>>()
  for (const [name, value] of pairs) {
    const match = segmentName.exec(name)
    const whole = match?.[1] ?? name
    if (whole === "" || whole === "__proto__") continue
    if (match !== null) {
      const isEncoded = match[2] === undefined || match[3] !== undefined
      const segments = segmented.get(whole) ?? []
      segments.push({ index: Number(match[2] ?? 0), isEncoded, text: value })
      segmented.set(whole, segments)
    } else if (!parameters.has(name)) parameters.set(name, decodeWords(value, limits.encodedWords, defects))
  }
  for (const [name, segments] of segmented) parameters.set(name, joinSegments(segments))
  return Object.fromEntries(parameters)
}

/** Reads a Content-Type or Content-Disposition value; parameter names in lower case, values decoded. */
export const parseParameterized = (text: string, bounds: Bounds): Parameterized => {
  const [head, ...rest] = splitParameters(text, bounds.limits.parameters)
  if (rest.length >= bounds.limits.parameters) bounds.defects.add("too-many-parameters")
  return { value: (head?.[1] ?? "").toLowerCase(), parameters: collect(rest, bounds) }
}
