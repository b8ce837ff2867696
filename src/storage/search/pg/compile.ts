import type { FolderId, MailboxId } from "../../../domain/ids.ts"
import type { SqlValue } from "../../postgres.ts"
import { fieldMarks, stemMark, subjectStemMark } from "../document.ts"
import { rowsOf } from "../match.ts"
import type { Filter, Query, Words } from "../query/Query.ts"
import type { SearchRequest } from "../Search.ts"
import { type Forms, hasForms } from "./forms.ts"

/** A condition of the word index. */
interface IndexQuery {
  /** A `tsquery`. */
  readonly text: string
  /** Whether it says all of what it stands for; else it lets more through. */
  readonly isExact: boolean
  /** Whether what it lets through holds any of its words. */
  readonly isPositive: boolean
}

/** Puts a query into SQL. What somebody typed is only ever bound, or is made of folded words and of marks of ours. */
class Compiler {
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
          isExact: query.words.length === 1,
          isPositive: true
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
        return inner?.isExact === true ? { text: `!(${inner.text})`, isExact: true, isPositive: false } : null
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
    return `(${[...inRow, ...this.#otherForms(leaf)].join(" | ")})`
  }

  #otherForms(leaf: Words): ReadonlyArray<string> {
    if (!hasForms(leaf)) return []
    const [before, mark] = leaf.field === null ? ["", stemMark] : ["#", subjectStemMark]
    const [word = ""] = leaf.words
    // The word itself may be what others are forms of.
    const forms = this.#forms.get(word) ?? []
    return [mark + word, ...forms.flatMap((form) => [before + form, mark + form])].map((one) =>
      this.#lexeme(one)
    )
  }

  #lexeme(word: string): string {
    return `'${this.#scope}${word}'`
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
    const inHeads = rows.heads.map((row) => `strpos(own.heads, ${this.bind(row)}) > 0`)
    const inWords = rows.words === null ? [] : [`strpos(own.words, ${this.bind(rows.words)}) > 0`]
    // Read again, and only of those that are looked at: texts are too large to be put in order with the rows.
    return `COALESCE((SELECT ${[...inHeads, ...inWords].join(" OR ")} FROM search.documents AS own
      WHERE own.user_id = $1 AND own.message_id = found.message_id), false)`
  }

  #passes(filter: Filter): string {
    switch (filter._tag) {
      case "InFolder":
        return this.inFolders(filter.folderIds)
      case "Flagged":
        return `(${this.bind(filter.flag)} = ANY (message.flags))`
      case "InCategory":
        return `EXISTS (SELECT FROM unnest(message.categories) AS category WHERE lower(category) = ${this.bind(filter.category)})`
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

const allOf = (parts: ReadonlyArray<IndexQuery>, isAll: boolean): IndexQuery => ({
  text: `(${parts.map(({ text }) => text).join(" & ")})`,
  isExact: isAll && parts.every(({ isExact }) => isExact),
  isPositive: parts.some(({ isPositive }) => isPositive)
})

const anyOf = (parts: ReadonlyArray<IndexQuery>): IndexQuery => ({
  text: `(${parts.map(({ text }) => text).join(" | ")})`,
  isExact: parts.every(({ isExact }) => isExact),
  isPositive: parts.every(({ isPositive }) => isPositive)
})

export interface CompileInput extends SearchRequest {
  readonly mailboxId: MailboxId
  readonly forms: Forms
}

/**
 * The statement that finds a page. Where the index can narrow it down, all that it lets through is put in order first and
 * looked at one by one after, until there are enough; else the mailbox is walked through by time. Either way a row of
 * the index counts only with the message that it is of.
 */
export const compile = (
  input: CompileInput
): { readonly text: string; readonly values: ReadonlyArray<SqlValue> } => {
  const compiler = new Compiler(input.mailboxId, input.forms)
  const parts = input.query._tag === "And" ? input.query.all : [input.query]
  const known = parts.map((part) => ({ part, index: compiler.indexed(part) }))
  const isIndexed = known.some(({ index }) => index?.isPositive === true)
  const indexQuery = known.flatMap(({ index }) => index?.text ?? []).join(" & ")
  const isTime = (part: Query) => part._tag === "Received"
  const open = known
    .filter(({ part, index }) => !isTime(part) && !(isIndexed && index?.isExact === true))
    .map(({ part }) => compiler.condition(part))
  const times = known.filter(({ part }) => isTime(part)).map(({ part }) => compiler.condition(part))
  const { after, beyond, folderIds } = input
  if (beyond !== undefined) times.push(`found.message_id > ${compiler.bind(beyond)}::bigint`)
  if (after !== null) {
    const at = compiler.bind(after.receivedAt)
    times.push(`(found.at, found.message_id) < (${at}::bigint, ${compiler.bind(after.messageId)}::bigint)`)
  }
  if (folderIds !== null) open.push(compiler.inFolders(folderIds))
  const conditions = ["message.user_id = $1", "message.id = found.message_id", ...open].join("\n      AND ")
  // A value and not EXISTS: that could become a join with the whole mailbox.
  const page = `WHERE (SELECT true FROM mail_state.messages AS message WHERE ${conditions})`
  const order = "found.at DESC, found.message_id DESC"
  const limit = compiler.bind(input.limit)
  const narrowed = () => `WITH hits AS MATERIALIZED (
    SELECT found.message_id, found.at FROM search.documents AS found
    WHERE found.user_id = $1
      AND search.lexemes(found.user_id, found.heads, found.words) @@ ${compiler.bind(indexQuery)}::tsquery
      ${times.map((time) => `AND ${time}`).join(" ")}
    ORDER BY ${order}
  ) SELECT found.message_id, found.at FROM hits AS found ${page} ORDER BY ${order} LIMIT ${limit}`
  const walked = () => `SELECT found.message_id, found.at FROM search.documents AS found ${page}
    AND found.user_id = $1 ${times.map((time) => `AND ${time}`).join(" ")} ORDER BY ${order} LIMIT ${limit}`
  return { text: isIndexed ? narrowed() : walked(), values: compiler.values }
}
