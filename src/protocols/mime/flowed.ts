import type { Part } from "../../domain/Content.ts"
import { decodeText } from "./decode.ts"

/** The content of a text part as people read it: as `decodeText`, its lines joined where they were broken for the way only. */
export const shownText = (body: Uint8Array, part: Part): string => {
  const text = decodeText(body, part)
  const { format, delsp } = part.parameters
  return part.type === "text/plain" && format?.toLowerCase() === "flowed"
    ? unfolded(text, delsp?.toLowerCase() === "yes")
    : text
}

interface Line {
  /** How often it is quoted: `>` before the text. */
  readonly depth: number
  readonly text: string
}

/** RFC 3676 4.3: a line that only divides the signature from the text above it. */
const isSignature = (text: string): boolean => text === "-- "

/** RFC 3676 4.4: a space before the text is no part of it. */
const readLine = (line: string): Line => {
  const depth = /^>*/.exec(line)?.[0].length ?? 0
  return { depth, text: line.slice(line[depth] === " " ? depth + 1 : depth) }
}

const writeLine = ({ depth, text }: Line): string =>
  depth === 0 ? text : `${">".repeat(depth)}${text === "" ? "" : " "}${text}`

/**
 * Joins lines that end with a space to the next one of the same depth (RFC 3676 4.1, 4.2); with `delSp` that space goes, as
 * in scripts that have none (4.6).
 */
const unfolded = (text: string, delSp: boolean): string => {
  const paragraphs: Array<string> = []
  let open: { depth: number; readonly pieces: Array<string> } | null = null
  const close = () => {
    if (open !== null) paragraphs.push(writeLine({ depth: open.depth, text: open.pieces.join("") }))
    open = null
  }
  for (const line of text.split(/\r\n|\r|\n/).map(readLine)) {
    const isApart = isSignature(line.text)
    if (open !== null && (open.depth !== line.depth || isApart)) close()
    const flows = line.text.endsWith(" ") && !isApart
    open ??= { depth: line.depth, pieces: [] }
    open.pieces.push(flows && delSp ? line.text.slice(0, -1) : line.text)
    if (!flows) close()
  }
  close()
  return paragraphs.join("\r\n")
}
