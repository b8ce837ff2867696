/** The first piece is small: most documents are. */
const firstBytes = 4 * 1024
const pieceBytes = 64 * 1024
/** Byte arrays from this size on are their own piece. */
const ownPieceBytes = 16 * 1024
/** Characters written at once; each may take three bytes. */
const partLength = 4 * 1024

/** Bytes in pieces: what is finished may be sent while the rest is being made. */
export class Output {
  /** Finished pieces; whoever takes them empties this. */
  readonly full: Array<Uint8Array> = []
  #piece: Buffer
  /** Bytes written into this piece, and those before it. */
  #at = 0
  #before = 0

  constructor(begin: Uint8Array) {
    this.#piece = Buffer.allocUnsafe(firstBytes)
    this.bytes(begin)
  }

  /** Bytes written in all. */
  get position(): number {
    return this.#before + this.#at
  }

  byte(byte: number): void {
    this.#reserve(1)
    this.#piece[this.#at++] = byte
  }

  /** In UTF-8. */
  text(text: string): void {
    for (let from = 0; from < text.length; ) {
      const to = partEnd(text, from)
      const part = to - from === text.length ? text : text.slice(from, to)
      this.#reserve(part.length * 3)
      this.#at += this.#piece.write(part, this.#at)
      from = to
    }
  }

  bytes(bytes: Uint8Array): void {
    if (bytes.length < ownPieceBytes) {
      this.#reserve(bytes.length)
      this.#piece.set(bytes, this.#at)
      this.#at += bytes.length
    } else {
      this.#finish(pieceBytes)
      this.full.push(bytes)
      this.#before += bytes.length
    }
  }

  /** Clears a flag in the byte written last, by `byte`. */
  clearLast(flag: number): void {
    this.#piece[this.#at - 1] = (this.#piece[this.#at - 1] ?? 0) & ~flag
  }

  /** What is in no finished piece. */
  rest(): Uint8Array {
    return this.#piece.subarray(0, this.#at)
  }

  #reserve(bytes: number): void {
    if (this.#at + bytes > this.#piece.length) this.#finish(pieceBytes)
  }

  #finish(nextBytes: number): void {
    if (this.#at > 0) this.full.push(this.rest())
    this.#before += this.#at
    this.#piece = Buffer.allocUnsafe(nextBytes)
    this.#at = 0
  }
}

/** Where a part of the text ends that begins at `from`: never inside a surrogate pair. */
const partEnd = (text: string, from: number): number => {
  const to = Math.min(from + partLength, text.length)
  const isInsidePair = to < text.length && (text.charCodeAt(to) & 0xfc00) === 0xdc00
  return isInsidePair ? to - 1 : to
}
