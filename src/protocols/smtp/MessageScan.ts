import { Data } from "effect"

/** Bounds of a message's header section and of what may stand in DATA; checked before any parser sees the bytes. */
export interface ScanLimits {
  /** Octets of the whole message, dots un-stuffed (RFC 1870 3). */
  readonly messageBytes: number
  /** Octets from the start to the empty line. */
  readonly headerBytes: number
  /** Lines of the header section, folded ones counted singly. */
  readonly headerLines: number
  /** Octets of one header line without its line break. */
  readonly headerLineBytes: number
  /** Received fields: a message with more goes in circles (RFC 5321 6.3). */
  readonly hops: number
  /** A CR or LF that is not part of CRLF (RFC 5321 2.3.8): the means of SMTP smuggling. */
  readonly bareLineBreaks: "refuse" | "accept"
  readonly nulBytes: "refuse" | "accept"
}

export type ScanFinding =
  | "messageTooLarge"
  | "headerTooLarge"
  | "tooManyHeaderLines"
  | "headerLineTooLong"
  | "tooManyHops"
  | "bareLineBreak"
  | "nulByte"

/** The content of a message breaks a rule; the same message will be refused again. */
export class ContentRefused extends Data.TaggedError("ContentRefused")<{ readonly finding: ScanFinding }> {}

const LF = 10
const CR = 13
const received = "received:"

/** Reads a message once, in whatever pieces it comes, and says what is wrong with it. Keeps no bytes. */
export class MessageScan {
  readonly #limits: ScanLimits
  #sizeBytes = 0
  #finding: ScanFinding | null = null
  #endsWithCr = false
  #isInHeader = true
  #headerBytes = 0
  #headerLines = 0
  #hops = 0
  /** Of the header line that has not ended: its octets so far, whether they end in CR, and the first of them. */
  #lineBytes = 0
  #lineEndsWithCr = false
  #lineStart = ""

  constructor(limits: ScanLimits) {
    this.#limits = limits
  }

  /** The first thing found wrong so far. */
  push(chunk: Buffer): ScanFinding | null {
    this.#sizeBytes += chunk.length
    if (this.#finding === null && chunk.length > 0) this.#finding = this.#look(chunk)
    return this.#finding
  }

  /** To be asked when all bytes have come. */
  end(): ScanFinding | null {
    const isCutOff = this.#endsWithCr && this.#limits.bareLineBreaks === "refuse"
    return this.#finding ?? (isCutOff ? "bareLineBreak" : null)
  }

  #look(chunk: Buffer): ScanFinding | null {
    if (this.#sizeBytes > this.#limits.messageBytes) return "messageTooLarge"
    if (this.#limits.nulBytes === "refuse" && chunk.includes(0)) return "nulByte"
    if (this.#limits.bareLineBreaks === "refuse" && hasBareLineBreak(chunk, this.#endsWithCr))
      return "bareLineBreak"
    this.#endsWithCr = chunk.at(-1) === CR
    return this.#isInHeader ? this.#header(chunk) : null
  }

  #header(chunk: Buffer): ScanFinding | null {
    let at = 0
    while (at < chunk.length && this.#isInHeader) {
      const lf = chunk.indexOf(LF, at)
      const end = lf === -1 ? chunk.length : lf
      this.#headerBytes += end - at + 1
      this.#lineBytes += end - at
      if (end > at) this.#lineEndsWithCr = chunk[end - 1] === CR
      if (this.#lineStart.length < received.length) {
        const wanted = received.length - this.#lineStart.length
        this.#lineStart += chunk.toString("latin1", at, Math.min(end, at + wanted))
      }
      if (lf !== -1) this.#endLine()
      const finding = this.#overLimit()
      if (finding !== null) return finding
      at = end + 1
    }
    return null
  }

  #endLine(): void {
    if (this.#lineLength() === 0) {
      this.#isInHeader = false
      return
    }
    this.#headerLines += 1
    if (this.#lineStart.toLowerCase() === received) this.#hops += 1
    if (this.#lineLength() > this.#limits.headerLineBytes) return
    this.#lineBytes = 0
    this.#lineEndsWithCr = false
    this.#lineStart = ""
  }

  #lineLength(): number {
    return this.#lineEndsWithCr ? this.#lineBytes - 1 : this.#lineBytes
  }

  #overLimit(): ScanFinding | null {
    if (this.#headerBytes > this.#limits.headerBytes) return "headerTooLarge"
    if (this.#lineLength() > this.#limits.headerLineBytes) return "headerLineTooLong"
    if (this.#headerLines > this.#limits.headerLines) return "tooManyHeaderLines"
    return this.#hops > this.#limits.hops ? "tooManyHops" : null
  }
}

/** True where a CR has no LF behind it or an LF no CR before it; a CR at the very end is left to the next chunk. */
const hasBareLineBreak = (chunk: Buffer, beginsAfterCr: boolean): boolean => {
  if (beginsAfterCr && chunk[0] !== LF) return true
  let at = beginsAfterCr ? 1 : 0
  while (true) {
    const cr = chunk.indexOf(CR, at)
    const lf = chunk.indexOf(LF, at)
    if (cr === -1) return lf !== -1
    if (lf === -1) return cr !== chunk.length - 1
    if (lf !== cr + 1) return true
    at = lf + 1
  }
}
