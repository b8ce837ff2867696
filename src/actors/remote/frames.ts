import { Either } from "effect"

/** Grows with every change of what runners say to each other that one of before would misread. */
const wireVersion = 2

const greetingOf = (version: number) => `postroom-runner ${String(version).padStart(4, "0")}\n`

/** The first that either side says. */
export const greeting = Buffer.from(greetingOf(wireVersion), "latin1")

/** Says nothing, but that its sender lives. */
export const signOfLife = Buffer.alloc(4)

const headerBytes = 4

/** A text with its length in octets before it (32 bits, big-endian). */
export const frameOf = (text: string): Buffer => {
  const size = Buffer.byteLength(text)
  const frame = Buffer.allocUnsafe(headerBytes + size)
  frame.writeUInt32BE(size, 0)
  frame.write(text, headerBytes, "utf8")
  return frame
}

/** Cuts what a peer says, in whatever pieces it comes, into the texts of its frames. */
export class FrameReader {
  readonly #maxBytes: number
  #pieces: Array<Buffer> = []
  #heldBytes = 0
  /** Below so many octets there is nothing to cut. */
  #neededBytes = headerBytes
  #isGreeted = false

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  get isGreeted(): boolean {
    return this.#isGreeted
  }

  /** Left: why there is no sense in reading on. */
  take(bytes: Buffer): Either.Either<ReadonlyArray<string>, string> {
    this.#pieces.push(bytes)
    this.#heldBytes += bytes.length
    if (this.#isGreeted && this.#heldBytes < this.#neededBytes) return Either.right([])
    const held = this.#pieces.length === 1 ? bytes : Buffer.concat(this.#pieces, this.#heldBytes)
    if (this.#isGreeted) return this.#cut(held, 0)
    const problem = problemOfGreeting(held.toString("latin1", 0, greeting.length))
    if (problem !== null) return Either.left(problem)
    if (held.length < greeting.length) return Either.right([])
    this.#isGreeted = true
    return this.#cut(held, greeting.length)
  }

  #cut(held: Buffer, from: number): Either.Either<ReadonlyArray<string>, string> {
    const texts: Array<string> = []
    let at = from
    let needed = headerBytes
    while (held.length - at >= headerBytes) {
      const size = held.readUInt32BE(at)
      if (size > this.#maxBytes)
        return Either.left(`sends a frame of ${size} bytes; ${this.#maxBytes} are the most`)
      needed = headerBytes + size
      if (held.length - at < needed) break
      if (size > 0) texts.push(held.toString("utf8", at + headerBytes, at + needed))
      at += needed
      needed = headerBytes
    }
    this.#pieces = at === held.length ? [] : [held.subarray(at)]
    this.#heldBytes = held.length - at
    this.#neededBytes = needed
    return Either.right(texts)
  }
}

/** Of its beginning, too. */
const problemOfGreeting = (text: string): string | null => {
  if (greetingOf(wireVersion).startsWith(text)) return null
  const [, version] = /^postroom-runner (\d{4})\n$/.exec(text) ?? []
  if (version !== undefined)
    return `speaks version ${Number(version)} of what runners say to each other, and this one version ${wireVersion}`
  return "is no runner of ours"
}
