const LF = 10
const CR = 13
const dot = 46

/** Where in a line the next byte stands. The dots and CRs named here are held back: they may not be content. */
type Place = "lineStart" | "text" | "afterCr" | "afterDot" | "afterDotCr" | "ended"

const crOnly = Buffer.from("\r")
const nothing = Buffer.alloc(0)

/**
 * Reads what follows DATA (RFC 5321 4.5.2): lines end in CRLF and in nothing else, a line that is a single dot ends the
 * message, of any other line that begins with a dot that dot is taken away. A CR or LF alone is content, whatever
 * stands around it. One decoder per message.
 */
export class DotDecoder {
  #place: Place = "lineStart"

  /** The content in this chunk; `rest` is what follows the end of the message, null = it has not ended. */
  push(chunk: Buffer): { readonly content: Buffer; readonly rest: Buffer | null } {
    const pieces: Array<Buffer> = []
    /** Where content begins that is not in `pieces` yet; -1 = nothing but what is held back. */
    let from = isHeldBack(this.#place) ? -1 : 0
    for (let at = 0; at < chunk.length; at++) {
      if (this.#place === "text") at = skipText(chunk, at)
      const before = this.#place
      const place = placeAfter(before, chunk[at])
      this.#place = place
      if (place === "ended") return { content: join(pieces), rest: chunk.subarray(at + 1) }
      if (place === "afterDot") {
        pieces.push(chunk.subarray(from, at))
        from = -1
      } else if (place !== "afterDotCr" && from === -1) {
        // What was held back is content after all: nothing of a dot, the CR behind it.
        if (before === "afterDotCr") pieces.push(crOnly)
        from = at
      }
    }
    if (from !== -1) pieces.push(chunk.subarray(from))
    return { content: join(pieces), rest: null }
  }
}

const isHeldBack = (place: Place): boolean => place === "afterDot" || place === "afterDotCr"

/** To the next CR, or the end. */
const skipText = (chunk: Buffer, from: number): number => {
  const cr = chunk.indexOf(CR, from)
  return cr === -1 ? chunk.length : cr
}

/** Undefined is the end of the chunk, where the place stays what it is. */
const placeAfter = (place: Place, byte: number | undefined): Place => {
  if (byte === undefined) return place
  if (byte === LF && place === "afterCr") return "lineStart"
  if (byte === LF && place === "afterDotCr") return "ended"
  if (byte === CR) return place === "afterDot" ? "afterDotCr" : "afterCr"
  return byte === dot && place === "lineStart" ? "afterDot" : "text"
}

const join = (pieces: ReadonlyArray<Buffer>): Buffer =>
  pieces.length > 1 ? Buffer.concat(pieces) : (pieces[0] ?? nothing)
