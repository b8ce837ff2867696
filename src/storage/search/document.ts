import type { Address } from "../../domain/Content.ts"
import { type Pairs, PairsWriter } from "./pairs.ts"
import { foldedWords, hiddenRows } from "./words.ts"

/** A part of a message's header that words can be looked for in. */
export type Field = "subject" | "from" | "to" | "cc" | "bcc" | "file"

/** What stands before a word of the header, in `Document.heads`. No word begins so. */
const mark = {
  subject: "#",
  from: "<",
  sender: "^",
  replyTo: "=",
  to: ">",
  cc: "+",
  bcc: "-",
  file: "%"
} as const

/** What stands before a stem, and before a stem of the subject, in the index. */
export const stemMark = "~"
export const subjectStemMark = "$"
export const subjectMark = mark.subject

const marksOf: Readonly<Record<Field, ReadonlyArray<string>>> = {
  subject: [mark.subject],
  from: [mark.from, mark.sender],
  to: [mark.to, mark.cc, mark.bcc],
  cc: [mark.cc],
  bcc: [mark.bcc],
  file: [mark.file]
}

/** The marks under which a field's words stand; null = of every field. */
export const fieldMarks = (field: Field | null): ReadonlyArray<string> =>
  field === null ? Object.values(mark) : marksOf[field]

/** Ends a run of words that belong together: no phrase reaches across it. */
const end = " \n"

/** Words in a row, as they stand in a document. */
export const inRow = (words: ReadonlyArray<string>, before = ""): string =>
  words.map((word) => ` ${before}${word}`).join("")

/** What search keeps of a message. Each word has a space before it and behind it. */
export interface Document {
  /** The words of the header, each behind the mark of its field. */
  readonly heads: string
  /** The words of the text in order, then those of the header and other forms, each for itself. */
  readonly words: string
  /** Which words stand beside each other; null = any may. */
  readonly pairs: Pairs | null
  /** Octets of its different words in the index. */
  readonly bytes: number
  /** True where the message has more words than are indexed. */
  readonly isCut: boolean
}

export interface Head {
  readonly subject: string
  readonly from: ReadonlyArray<Address>
  readonly sender: ReadonlyArray<Address>
  readonly replyTo: ReadonlyArray<Address>
  readonly to: ReadonlyArray<Address>
  readonly cc: ReadonlyArray<Address>
  readonly bcc: ReadonlyArray<Address>
  readonly fileNames: ReadonlyArray<string>
}

/**
 * What one document may hold: UTF-16 units of words in a row, and octets of different words. A tsvector ends at 1 MiB, and
 * `array_to_tsvector` does not say when it comes to that.
 */
export interface DocumentLimits {
  readonly length: number
  readonly bytes: number
}

export const documentLimits: DocumentLimits = { length: 2 * 1024 * 1024, bytes: 960 * 1024 }

/** Octets that the index puts before each word. */
const scopeBytes = 6

/** Builds the document of one message: the header first, then its texts, piece by piece. */
export class DocumentWriter {
  readonly #limits: DocumentLimits
  readonly #known = new Set<string>()
  readonly #rows: Array<string> = []
  /** Rows that only have to be there, apart from the text. */
  readonly #single = new Set<string>()
  readonly #pairs = new PairsWriter()
  #heads = ""
  #length = 0
  #bytes = 0
  #isCut = false

  constructor(head: Head, limits: DocumentLimits = documentLimits) {
    this.#limits = limits
    const people = [mark.from, mark.sender, mark.replyTo, mark.to, mark.cc, mark.bcc]
    const lists = [head.from, head.sender, head.replyTo, head.to, head.cc, head.bcc]
    this.#head(mark.subject, head.subject)
    lists.forEach((list, n) => {
      for (const { name, address } of list) this.#head(people[n] ?? "", `${name} ${address}`)
    })
    for (const name of head.fileNames) this.#head(mark.file, name)
  }

  get isFull(): boolean {
    return this.#isCut
  }

  /** Takes the next text, as far as there is room. */
  add(text: string): void {
    const words = foldedWords(text)
    const taken = this.#take(words)
    if (taken.length === 0) return
    this.#rows.push(inRow(taken))
    this.#pairs.add(taken)
    this.#hide(text)
  }

  /** What was added before and what comes next do not touch. */
  gap(): void {
    this.#rows.push(end)
    this.#pairs.gap()
  }

  finish(): Document {
    const single = [...this.#single].map((row) => row + end)
    return {
      heads: this.#heads,
      words: `${this.#rows.join("")}${end}${single.join("")}`,
      pairs: this.#pairs.finish(),
      bytes: this.#bytes,
      isCut: this.#isCut
    }
  }

  #head(before: string, text: string): void {
    const row = this.#take(foldedWords(text))
    if (row.length === 0) return
    this.#heads += `${inRow(row, before)}${end}`
    this.#pairs.row(row)
    // With their marks they are in the index once more.
    this.#bytes += sizeOf(row)
    for (const word of row) this.#single.add(inRow([word]))
    this.#hide(text)
  }

  #hide(text: string): void {
    for (const row of hiddenRows(text)) {
      const taken = this.#take(row)
      this.#single.add(inRow(taken))
      this.#pairs.row(taken)
    }
  }

  /** The first of the words for which there is room. */
  #take(words: ReadonlyArray<string>): ReadonlyArray<string> {
    for (const [n, word] of words.entries()) {
      if (!this.#known.has(word)) {
        this.#known.add(word)
        this.#bytes += Buffer.byteLength(word) + scopeBytes
      }
      this.#length += word.length + 1
      if (this.#length > this.#limits.length || this.#bytes > this.#limits.bytes) {
        this.#isCut = true
        return words.slice(0, n)
      }
    }
    return words
  }
}

const sizeOf = (words: ReadonlyArray<string>): number =>
  words.reduce((bytes, word) => bytes + Buffer.byteLength(word) + scopeBytes + 1, 0)
