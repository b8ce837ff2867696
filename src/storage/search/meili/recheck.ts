import type { MailboxId, MessageId } from "../../../domain/ids.ts"
import { type SqlValue, type Statement, statement } from "../../postgres.ts"
import { rowsOf } from "../match.ts"
import { type Forms, otherForms } from "../pg/forms.ts"
import type { Words } from "../query/Query.ts"

interface CheckedRow {
  /** Those that are there and hold the words. */
  readonly ids: ReadonlyArray<number>
  /** How far the copy went then; null where there is none. */
  readonly copied: number | null
}

/**
 * Asks the index whether messages that Meilisearch named are there and hold the words: it finds phrases by pairs of words
 * and joins what was typed apart, so that more may come from it than was asked for.
 */
export const recheck = (
  mailboxId: MailboxId,
  {
    ids,
    leaves,
    forms
  }: { readonly ids: ReadonlyArray<MessageId>; readonly leaves: ReadonlyArray<Words>; readonly forms: Forms }
): { readonly statement: Statement<CheckedRow>; readonly values: ReadonlyArray<SqlValue> } => {
  const values: Array<SqlValue> = [mailboxId, ids]
  const holds = (column: "heads" | "words", row: string) => `strpos(own.${column}, $${values.push(row)}) > 0`
  const conditions = leaves.map((leaf) => {
    const rows = rowsOf(leaf)
    const inWords = [
      ...(rows.words === null ? [] : [rows.words]),
      ...otherForms(leaf, forms).map((one) => ` ${one} `)
    ]
    return ` AND (${[...inWords.map((row) => holds("words", row)), ...rows.heads.map((row) => holds("heads", row))].join(" OR ")})`
  })
  // What is added fetches a text once for all the places where it is looked through; and the last form has no space behind it.
  const text = `SELECT ARRAY(
      SELECT own.message_id FROM (
        SELECT document.message_id, document.words || ' ' AS words, document.heads || '' AS heads
        FROM search.documents AS document
        JOIN mail_state.messages AS message ON message.user_id = $1 AND message.id = document.message_id
        WHERE document.user_id = $1 AND document.message_id = ANY ($2::bigint[]) OFFSET 0
      ) AS own WHERE true${conditions.join("")}
    ) AS ids, (SELECT message_id FROM search.mirrors WHERE user_id = $1) AS copied`
  return { statement: statement<CheckedRow>({ text }), values }
}
