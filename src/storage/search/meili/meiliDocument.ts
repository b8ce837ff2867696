import { type MailboxId, MessageId } from "../../../domain/ids.ts"
import { stemMark, subjectStemMark } from "../document.ts"
import { meiliWord } from "./words.ts"

/** A message as Meilisearch holds it. */
export interface MeiliDocument {
  readonly id: string
  readonly mailbox: string
  readonly message: number
  readonly at: number
  readonly size: number
  readonly attachment: boolean
  /** True where it has more words than one attribute keeps: then each is there once, and no phrase is. */
  readonly long: boolean
  /** Rows of words; of a long message as many of its words as there is room for. */
  readonly words: ReadonlyArray<string>
  /** Those of a long message for which there was none. */
  readonly more: ReadonlyArray<string>
  /** Other forms of its words. */
  readonly forms: ReadonlyArray<string>
}

export const documentId = (mailboxId: MailboxId, messageId: MessageId): string => `${mailboxId}_${messageId}`

/** What search keeps of a message, and what never changes of it. */
export interface DocumentRow {
  readonly message_id: number
  readonly at: number
  readonly heads: string
  readonly words: string
  readonly size_bytes: number
  readonly has_attachments: boolean
}

/**
 * Meilisearch forgets what comes after 65,536 places of an attribute, and does not say so. A row begins eight places after
 * the one before. A document has at most 110,000 different words (`documentLimits`): two attributes hold them.
 */
const room = { places: 65_000, betweenRows: 8 }

const placesOf = (rows: ReadonlyArray<ReadonlyArray<string>>): number =>
  rows.reduce((sum, row) => sum + row.length + room.betweenRows, 0)

/** Words that stand together; those that are forms of others apart. */
const rowsOf = (words: string): ReadonlyArray<ReadonlyArray<string>> =>
  words
    .split("\n")
    .map((row) => row.split(" ").filter((word) => word !== ""))
    .filter((row) => row.length > 0)

const isForm = (word: string): boolean => word.startsWith(stemMark) || word.startsWith(subjectStemMark)

/** Words of which only matters that they are there: in a row of their own each, as long as there is room for that. */
const apart = (words: ReadonlyArray<string>): ReadonlyArray<string> =>
  words.length * (room.betweenRows + 1) <= room.places ? words : [words.join(" ")]

export const toMeili = (mailboxId: MailboxId, row: DocumentRow): MeiliDocument => {
  const heads = rowsOf(row.heads).map((words) => words.map((word) => word.slice(1)))
  const texts = rowsOf(row.words).map((words) => words.filter((word) => !isForm(word)))
  const rows = [...heads, ...texts].filter((words) => words.length > 0).map((words) => words.map(meiliWord))
  const forms = row.words.split(" ").filter((word) => word.startsWith(stemMark))
  const long = placesOf(rows) > room.places
  const different = long ? [...new Set(rows.flat())] : []
  const part = (n: number) => different.slice(n * room.places, (n + 1) * room.places).join(" ")
  return {
    id: documentId(mailboxId, MessageId(row.message_id)),
    mailbox: mailboxId,
    message: row.message_id,
    at: row.at,
    size: row.size_bytes,
    attachment: row.has_attachments,
    long,
    words: long ? [part(0)] : rows.map((words) => words.join(" ")),
    more: different.length > room.places ? [part(1)] : [],
    forms: apart(forms.map((word) => meiliWord(word.slice(1))))
  }
}
