import type { FolderId, MailboxId } from "../../../domain/ids.ts"
import type { SqlValue } from "../../postgres.ts"
import { fieldMarks } from "../document.ts"
import { rowsOf } from "../match.ts"
import { placesOfRow } from "../pairs.ts"
import type { Filter, Query, Words } from "../query/Query.ts"
import { type Forms, otherForms } from "./forms.ts"

/** A condition of the word index. */
export interface IndexQuery {
  /** A `tsquery`. */
  readonly text: string
  /** Whether it says all of what it stands for; else it lets more through. */
  readonly isExact: boolean
}

/** As in migrations/0006_search_speed.sql, letter for letter: the planner knows the index by it. */
const marked = `(message.flags && '{"\\\\Flagged","\\\\Draft","$Forwarded","$Junk"}' OR message.categories <> '{}')`
const markedFlags: ReadonlySet<string> = new Set(["\\Flagged", "\\Draft", "$Forwarded", "$Junk"])

/** Puts a query into SQL. What somebody typed is only ever bound, or is made of folded words and of marks of ours. */
export class Compiler {
  readonly values: Array<SqlValue>
  /** What every word of the mailbox begins with; see migrations/0004_search.sql. */
  readonly #scope: string
  readonly #forms: Forms

  constructor(mailboxId: MailboxId, forms: Forms) {
    this.values = [mailboxId]
    this.#scope = mailboxId.slice(-6)
    this.#forms = forms
  }

  bind(value: SqlValue): string {
    return `$${this.values.push(value)}`
  }

  /** Null where the index knows nothing of it. */
  indexed(query: Query): IndexQuery | null {
    switch (query._tag) {
      case "Words":
        return {
          text: this.#indexedWords(query),
          isExact: query.words.length === 1
        }
      case "And": {
        const known = query.all.map((part) => this.indexed(part)).filter((part) => part !== null)
        return known.length === 0 ? null : allOf(known, known.length === query.all.length)
      }
      case "Or": {
        const known = query.any.map((part) => this.indexed(part)).filter((part) => part !== null)
        return known.length < query.any.length ? null : anyOf(known)
      }
      case "Not": {
        const inner = this.indexed(query.query)
        return inner?.isExact === true ? { text: `!(${inner.text})`, isExact: true } : null
      }
      default:
        return null
    }
  }

  #indexedWords(leaf: Words): string {
    const last = leaf.words.length - 1
    const marks = leaf.field === null ? [""] : fieldMarks(leaf.field)
    const inRow = marks.map((mark) =>
      leaf.words
        .map((word, n) => this.#lexeme(mark + word) + (leaf.isPrefix && n === last ? ":*" : ""))
        .join(" & ")
    )
    const other = otherForms(leaf, this.#forms).map((one) => this.#lexeme(one))
    return `(${[...inRow, ...other].join(" | ")})`
  }

  #lexeme(word: string): string {
    return `'${this.#scope}${word}'`
  }

  /** A condition on `found` that needs no text, and that what is looked for meets, and of `isTelling` little else. */
  likely(query: Query): string {
    switch (query._tag) {
      case "Words":
        return this.#likelyRow(query)
      case "And":
        return `(${query.all
          .filter(isTelling)
          .map((part) => this.likely(part))
          .join(" AND ")})`
      case "Or":
        return `(${query.any.map((part) => this.likely(part)).join(" OR ")})`
      case "Flagged":
      case "InCategory":
        return this.#isMarked(query)
      default:
        return "true"
    }
  }

  #likelyRow({ words, isPrefix }: Words): string {
    const areSet = placesOfRow(words, { isOpen: isPrefix }).map(
      (place) => `get_bit(found.pairs, ${this.bind(place)}::integer & (8 * length(found.pairs) - 1)) = 1`
    )
    return `(found.pairs IS NULL OR ${areSet.join(" AND ")})`
  }

  #isMarked(filter: Filter): string {
    return `(found.message_id = ANY (ARRAY(SELECT message.id FROM mail_state.messages AS message
      WHERE message.user_id = $1 AND ${this.#passes(filter)})))`
  }

  /** A condition on `found`, what the index has of a message, and `message`, its row in `mail_state.messages`. */
  condition(query: Query): string {
    switch (query._tag) {
      case "Words":
        return query.words.length === 1 ? this.#holdsWord(query) : this.#holdsRow(query)
      case "And":
        return `(${query.all.map((part) => this.condition(part)).join(" AND ")})`
      case "Or":
        return `(${query.any.map((part) => this.condition(part)).join(" OR ")})`
      case "Not":
        return `NOT ${this.condition(query.query)}`
      default:
        return this.#passes(query)
    }
  }

  #holdsWord(leaf: Words): string {
    return `(found.message_id IN (SELECT other.message_id FROM search.documents AS other
      WHERE other.user_id = $1
        AND search.lexemes(other.user_id, other.heads, other.words) @@ ${this.bind(this.#indexedWords(leaf))}::tsquery))`
  }

  #holdsRow(leaf: Words): string {
    const rows = rowsOf(leaf)
    const inWords = rows.words === null ? [] : [`strpos(own.words, ${this.bind(rows.words)}) > 0`]
    const inHeads = rows.heads.map((row) => `strpos(own.heads, ${this.bind(row)}) > 0`)
    // Read again, and only of those that are looked at: texts are too large to be put in order with the rows. What is
    // added to the heads fetches them once for all the places where they are looked through.
    return `COALESCE((SELECT ${[...inWords, ...inHeads].join(" OR ")} FROM (
        SELECT words, heads || '' AS heads FROM search.documents
        WHERE user_id = $1 AND message_id = found.message_id OFFSET 0
      ) AS own), false)`
  }

  #passes(filter: Filter): string {
    switch (filter._tag) {
      case "InFolder":
        return this.inFolders(filter.folderIds)
      case "Flagged": {
        const isFlagged = `${this.bind(filter.flag)} = ANY (message.flags)`
        return markedFlags.has(filter.flag) ? `(${isFlagged} AND ${marked})` : `(${isFlagged})`
      }
      case "InCategory":
        return `(${marked} AND EXISTS (SELECT FROM unnest(message.categories) AS category
          WHERE lower(category) = ${this.bind(filter.category)}))`
      case "WithAttachment":
        return "message.has_attachments"
      case "Received":
        return this.received(filter)
      case "Larger":
        return `(message.size_bytes > ${this.bind(filter.bytes)}::bigint)`
      case "Smaller":
        return `(message.size_bytes < ${this.bind(filter.bytes)}::bigint)`
    }
  }

  inFolders(folderIds: ReadonlyArray<FolderId>): string {
    return `(message.mailbox_id = ANY (${this.bind(folderIds)}::bigint[]))`
  }

  received({ from, until }: Extract<Filter, { _tag: "Received" }>): string {
    const lower = from === null ? "true" : `found.at >= ${this.bind(from)}::bigint`
    const upper = until === null ? "true" : `found.at < ${this.bind(until)}::bigint`
    return `(${lower} AND ${upper})`
  }
}

/** Whether `likely` says more of it than the word index does. */
export const isTelling = (query: Query): boolean => {
  switch (query._tag) {
    case "Words":
      return query.words.length > (query.isPrefix ? 2 : 1)
    case "And":
      return query.all.some(isTelling)
    case "Or":
      return query.any.every(isTelling)
    case "Flagged":
      return markedFlags.has(query.flag)
    default:
      return query._tag === "InCategory"
  }
}

const allOf = (parts: ReadonlyArray<IndexQuery>, isAll: boolean): IndexQuery => ({
  text: `(${parts.map(({ text }) => text).join(" & ")})`,
  isExact: isAll && parts.every(({ isExact }) => isExact)
})

const anyOf = (parts: ReadonlyArray<IndexQuery>): IndexQuery => ({
  text: `(${parts.map(({ text }) => text).join(" | ")})`,
  isExact: parts.every(({ isExact }) => isExact)
})
