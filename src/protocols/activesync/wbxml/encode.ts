import { legalText } from "./characters.ts"
import type { AnyTag, Child, Element } from "./element.ts"
import { Output } from "./Output.ts"
import { header, isOpaque, placeOf, token } from "./tokens.ts"

/** The whole document. */
export const encode = (document: Element): Uint8Array => {
  const chunks = [...encodeChunks(document)]
  const [only] = chunks
  return chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks)
}

/**
 * The document in pieces of up to 64 KiB (MS-ASWBXML 2.1, WBXML 1.3); large byte arrays are pieces of their own, not
 * copied. Characters that XML does not have are left out, and so are elements from before 12.1.
 */
export function* encodeChunks(document: Element): Generator<Uint8Array, void> {
  const writer = new Writer()
  writer.open(document)
  while (writer.step()) if (writer.output.full.length > 0) yield* writer.output.full.splice(0)
  yield writer.output.rest()
}

/** An element whose children are being written. */
interface Frame {
  readonly tag: AnyTag
  readonly children: ReadonlyArray<Child>
  /** The child to be written next. */
  next: number
  /** Position behind its tag: where nothing follows, the element is empty. */
  readonly begin: number
}

class Writer {
  readonly output = new Output(header)
  readonly #open: Array<Frame> = []
  #page = 0

  open({ tag, children }: Element): void {
    const place = placeOf(tag)
    if (place === undefined) return
    const page = place >> 6
    if (page !== this.#page) {
      this.output.byte(token.SWITCH_PAGE)
      this.output.byte(page)
      this.#page = page
    }
    this.output.byte((place & 0x3f) | token.content)
    this.#open.push({ tag, children, next: 0, begin: this.output.position })
  }

  /** Writes the next child, or the end of its parent; false where nothing is left. */
  step(): boolean {
    const frame = this.#open.at(-1)
    if (frame === undefined) return false
    const child = frame.children[frame.next++]
    if (child === undefined) this.#close(frame)
    else if (typeof child === "string" || child instanceof Uint8Array)
      writeContent(this.output, frame.tag, child)
    else this.open(child)
    return true
  }

  #close({ begin }: Frame): void {
    if (this.output.position === begin) this.output.clearLast(token.content)
    else this.output.byte(token.END)
    this.#open.pop()
  }
}

const writeContent = (output: Output, tag: AnyTag, content: string | Uint8Array): void => {
  if (isOpaque(tag)) writeOpaque(output, content)
  else
    writeText(
      output,
      legalText(typeof content === "string" ? content : Buffer.from(content).toString("utf8"))
    )
}

const writeText = (output: Output, text: string): void => {
  if (text === "") return
  output.byte(token.STR_I)
  output.text(text)
  output.byte(0)
}

const writeOpaque = (output: Output, content: string | Uint8Array): void => {
  const length = typeof content === "string" ? Buffer.byteLength(content) : content.length
  if (length === 0) return
  output.byte(token.OPAQUE)
  writeLength(output, length)
  if (typeof content === "string") output.text(content)
  else output.bytes(content)
}

/** A mb_u_int32 (WBXML 5.1): seven bits a byte, the highest first, and a flag in all but the last. */
const writeLength = (output: Output, length: number): void => {
  for (let bits = 28; bits > 0; bits -= 7) {
    if (length >= 2 ** bits) output.byte(0x80 | ((length >>> bits) & 0x7f))
  }
  output.byte(length & 0x7f)
}
