import type { Address } from "../../src/domain/Content.ts"
import { readMessage } from "../../src/protocols/mime/readMessage.ts"
import { readableText, textParts } from "../../src/protocols/mime/textParts.ts"

// Searching as somebody would who reads every message for every question, and knows nothing of our index: no code of
// src/storage/search is used here.

type Row = ReadonlyArray<string>

/** What is looked at of a message. A row holds words that stand together. */
export interface PlainMail {
  readonly number: number
  readonly rows: Readonly<
    Record<"subject" | "from" | "replyTo" | "to" | "cc" | "filename" | "text", ReadonlyArray<Row>>
  >
  readonly words: ReadonlySet<string>
  readonly sizeBytes: number
  readonly hasAttachments: boolean
  readonly receivedAt: number
  readonly marks: ReadonlySet<string>
}

/** Runs of letters and digits, and characters of scripts that put no space between words. */
const word =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]|(?:(?![\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}])[\p{L}\p{N}])+/gu

const wordsOf = (text: string): Row =>
  text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase().match(word) ?? []

/** `marks`: what somebody did to it, as in `is:read`, `in:archive`, `category:blue`. */
export const plainMail = (
  raw: Buffer,
  how: Pick<PlainMail, "number" | "receivedAt" | "marks">
): PlainMail => {
  const { envelope, parts, hasAttachments } = readMessage(raw)
  const people = (...lists: ReadonlyArray<ReadonlyArray<Address>>) =>
    lists.flat().map(({ name, address }) => wordsOf(`${name} ${address}`))
  const texts = textParts(parts).map((part) =>
    wordsOf(readableText(raw.subarray(part.bodyStart, part.bodyEnd), part, raw.length))
  )
  const rows = {
    subject: [wordsOf(envelope.subject)],
    from: people(envelope.from, envelope.sender),
    replyTo: people(envelope.replyTo),
    to: people(envelope.to, envelope.cc, envelope.bcc),
    cc: people(envelope.cc),
    filename: parts.flatMap(({ fileName }) => (fileName === null ? [] : [wordsOf(fileName)])),
    text: texts
  }
  return {
    ...how,
    rows,
    words: new Set(Object.values(rows).flat(2)),
    sizeBytes: raw.length,
    hasAttachments
  }
}

interface Clause {
  readonly isNegative: boolean
  readonly name: string
  readonly value: string
  readonly isQuoted: boolean
}

const clause = /(?<minus>-?)(?:(?<name>[a-z]+):)?(?:"(?<quoted>[^"]*)"(?<star>\*?)|(?<plain>[^\s"]+))/gu

const clausesOf = (query: string): ReadonlyArray<Clause> =>
  [...query.matchAll(clause)].map(({ groups = {} }) => ({
    isNegative: groups["minus"] === "-",
    name: groups["name"] ?? "",
    value: groups["plain"] ?? `${groups["quoted"]}${groups["star"]}`,
    isQuoted: groups["quoted"] !== undefined
  }))

const holds = (mail: PlainMail, { name, value }: Clause): boolean => {
  const wanted = wordsOf(value)
  const isOpen = value.endsWith("*")
  const last = wanted.length - 1
  if (name === "" && !isOpen && wanted.some((one) => !mail.words.has(one))) return false
  const isAt = (row: Row, at: number) =>
    wanted.every((one, n) =>
      isOpen && n === last ? (row[at + n] ?? "").startsWith(one) : row[at + n] === one
    )
  const searched = Object.entries(mail.rows).filter(([field]) => name === "" || field === name)
  return searched.some(([, rows]) => rows.some((row) => row.some((_, at) => isAt(row, at))))
}

const kilo = 1024
const dayMillis = 24 * 60 * 60 * 1000

const passes = (mail: PlainMail, { name, value }: Clause): boolean => {
  switch (name) {
    case "has":
      return mail.hasAttachments
    case "larger":
      return mail.sizeBytes > Number.parseInt(value, 10) * kilo
    case "smaller":
      return mail.sizeBytes < Number.parseInt(value, 10) * kilo
    case "before":
      return mail.receivedAt < Date.parse(value)
    case "after":
      return mail.receivedAt >= Date.parse(value)
    case "on":
      return mail.receivedAt >= Date.parse(value) && mail.receivedAt < Date.parse(value) + dayMillis
    default:
      return mail.marks.has(`${name}:${value}`)
  }
}

const filterNames: ReadonlySet<string> = new Set([
  "has",
  "larger",
  "smaller",
  "before",
  "after",
  "on",
  "is",
  "in",
  "category"
])

export interface PlainAnswer {
  /** Numbers of those that must be found. */
  readonly numbers: ReadonlyArray<number>
  /** Whether nothing else may be: no other form of a word will do. */
  readonly isExact: boolean
}

/** What a query finds: words, `"phrases"`, beginnings`*`, fields, filters, `-` before these, `OR` between two of them. */
export const plainSearch = (all: ReadonlyArray<PlainMail>, query: string): PlainAnswer => {
  const alternatives = query.split(" OR ").map(clausesOf)
  const isMet = (mail: PlainMail, one: Clause) =>
    (filterNames.has(one.name) ? passes(mail, one) : holds(mail, one)) !== one.isNegative
  const found = all.filter((mail) => alternatives.some((clauses) => clauses.every((one) => isMet(mail, one))))
  const isFlexible = ({ isQuoted, name, value }: Clause) =>
    !isQuoted && !value.endsWith("*") && (name === "" || name === "subject") && wordsOf(value).length === 1
  return { numbers: found.map(({ number }) => number), isExact: !alternatives.flat().some(isFlexible) }
}
