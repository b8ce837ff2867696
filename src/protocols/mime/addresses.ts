import type { Address, Defect } from "../../domain/Content.ts"
import { decodeWords } from "./encodedWords.ts"
import { cleanText, cut } from "./headers.ts"
import type { MimeLimits } from "./MimeLimits.ts"
import { commentEnd, quotedString } from "./parameters.ts"

interface Piece {
  readonly text: string
  readonly isQuoted: boolean
  /** Whether white space stood before it. */
  readonly isApart: boolean
}

/** One list element while it is read. */
interface Mailbox {
  pieces: Array<Piece>
  comments: Array<string>
  angle: string | undefined
}

interface Bounds {
  readonly limits: MimeLimits
  readonly defects: Set<Defect>
}

const emptyMailbox = (): Mailbox => ({ pieces: [], comments: [], angle: undefined })

/** Characters that end an atom here; `.` and `@` stay inside. */
const specials = (() => {
  const table = new Uint8Array(128)
  for (const char of ' \t\r\n"()<>,;:') table[char.charCodeAt(0)] = 1
  return table
})()

const isSpecial = (code: number): boolean => specials[code] === 1

/** End of the route address that opens at `start`: the `>` outside quotes, or where the list plainly goes on. */
const angleEnd = (text: string, start: number): number => {
  for (let i = start + 1; i < text.length; i++) {
    const char = text[i]
    if (char === ">" || char === "<") return i
    if (char === '"') i = quotedString(text, i).end - 1
  }
  return text.length
}

/** Everything outside comments; quoted strings stay as they are. */
const withoutComments = (text: string): string => {
  if (!text.includes("(")) return text
  const out: Array<string> = []
  let copied = 0
  for (let i = 0; i < text.length; i++) {
    if (text[i] === '"') i = quotedString(text, i).end - 1
    else if (text[i] === "(") {
      out.push(text.slice(copied, i))
      copied = commentEnd(text, i)
      i = copied - 1
    }
  }
  return out.join("") + text.slice(copied)
}

/** Drops an obsolete source route (RFC 5322 4.4), comments and white space. */
const addressSpec = (text: string): string => {
  const trimmed = withoutComments(text).trim()
  const route = trimmed.startsWith("@") ? trimmed.indexOf(":") : -1
  const spec = route === -1 ? trimmed : trimmed.slice(route + 1)
  return spec.startsWith('"') ? spec.replace(/\s+@/, "@") : spec.replace(/\s+/g, "")
}

const joinPieces = (pieces: ReadonlyArray<Piece>): string =>
  pieces.map(({ text, isApart }, index) => (isApart && index > 0 ? ` ${text}` : text)).join("")

/** A name for people: the words decoded, quotes of the whole gone. */
const displayName = (text: string, { limits, defects }: Bounds): string =>
  cut(cleanText(decodeWords(text, limits.encodedWords, defects)).replace(/\s+/g, " "), limits.nameLength)

const quoteAgain = (piece: Piece): string =>
  piece.isQuoted ? `"${piece.text.replace(/["\\]/g, "\\$&")}"` : piece.text

/** `user @ host`, `user@host` and `"a b"@host` without angle brackets: the parts joined without white space. */
const bareAddress = (pieces: ReadonlyArray<Piece>): string => pieces.map(quoteAgain).join("")

const finished = (mailbox: Mailbox, bounds: Bounds): Address | undefined => {
  const cap = (address: string) => cut(cleanText(address), bounds.limits.nameLength)
  if (mailbox.angle !== undefined) {
    return { name: displayName(joinPieces(mailbox.pieces), bounds), address: cap(addressSpec(mailbox.angle)) }
  }
  if (mailbox.pieces.length === 0) return undefined
  // Without brackets and without "@" several words are a name; one word is a local address.
  const text = bareAddress(mailbox.pieces)
  const isName = mailbox.pieces.length > 1 && !text.includes("@")
  return isName
    ? { name: displayName(joinPieces(mailbox.pieces), bounds), address: "" }
    : { name: displayName(mailbox.comments.join(" "), bounds), address: cap(text) }
}

class AddressReader {
  readonly addresses: Array<Address> = []
  readonly #text: string
  readonly #bounds: Bounds
  #mailbox = emptyMailbox()
  #group: string | undefined
  #groupStart = 0
  #at = 0

  constructor(text: string, bounds: Bounds) {
    this.#text = text
    this.#bounds = bounds
  }

  read(): ReadonlyArray<Address> {
    while (this.#at < this.#text.length) {
      if (this.addresses.length >= this.#bounds.limits.addresses) {
        this.#bounds.defects.add("too-many-addresses")
        return this.addresses
      }
      this.#token(this.#text[this.#at] ?? "")
    }
    this.#finish()
    this.#endGroup()
    return this.addresses
  }

  #token(char: string): void {
    const mailbox = this.#mailbox
    switch (char) {
      case '"': {
        const { value, end } = quotedString(this.#text, this.#at)
        this.#push(value, true, end)
        return
      }
      case "(": {
        const end = commentEnd(this.#text, this.#at)
        mailbox.comments.push(
          this.#text.slice(this.#at + 1, this.#text[end - 1] === ")" ? end - 1 : end).trim()
        )
        this.#at = end
        return
      }
      case "<": {
        const end = angleEnd(this.#text, this.#at)
        mailbox.angle ??= this.#text.slice(this.#at + 1, end)
        this.#at = this.#text[end] === ">" ? end + 1 : end
        return
      }
      case ",":
        this.#finish()
        break
      case ";":
        this.#finish()
        this.#endGroup()
        break
      case ":":
        if (mailbox.angle === undefined && this.#group === undefined) this.#startGroup()
        break
      default:
        if (!isSpecial(char.charCodeAt(0))) {
          this.#atom()
          return
        }
    }
    this.#at++
  }

  #atom(): void {
    let end = this.#at + 1
    while (end < this.#text.length && !isSpecial(this.#text.charCodeAt(end))) end++
    this.#push(this.#text.slice(this.#at, end), false, end)
  }

  #push(text: string, isQuoted: boolean, end: number): void {
    const before = this.#text[this.#at - 1]
    if (this.#mailbox.angle === undefined) {
      this.#mailbox.pieces.push({
        text,
        isQuoted,
        isApart: before === " " || before === "\t" || before === ")"
      })
    }
    this.#at = end
  }

  #finish(): void {
    const address = finished(this.#mailbox, this.#bounds)
    this.#mailbox = emptyMailbox()
    if (address === undefined) return
    this.addresses.push(this.#group === undefined ? address : { ...address, group: this.#group })
  }

  #startGroup(): void {
    this.#group = displayName(joinPieces(this.#mailbox.pieces), this.#bounds)
    this.#groupStart = this.addresses.length
    this.#mailbox = emptyMailbox()
  }

  #endGroup(): void {
    if (this.#group !== undefined && this.addresses.length === this.#groupStart) {
      this.addresses.push({ name: "", address: "", group: this.#group })
    }
    this.#group = undefined
  }
}

/** Reads an address list (RFC 5322 3.4 and 4.4), unfolded but not decoded; what is not readable is left out. */
export const parseAddresses = (text: string, bounds: Bounds): ReadonlyArray<Address> =>
  new AddressReader(text, bounds).read()
