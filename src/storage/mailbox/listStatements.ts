import type { ListFilter, ListStart } from "../../domain/MessageList.ts"
import { type SqlValue, type Statement, statement } from "../postgres.ts"
import { type SummaryRow, summaryColumns } from "./rows.ts"

/** In the words of the indexes (0017): they answer nothing that is asked by a value. */
const conditions: Readonly<Record<ListFilter, string>> = {
  all: "true",
  unread: "NOT flags @> '{\"\\\\Seen\"}'",
  flagged: "flags @> '{\"\\\\Flagged\"}'",
  attachments: "has_attachments"
}

const statementsOf = (filter: ListFilter) => {
  const listed = `FROM mail_state.messages WHERE user_id = $1 AND mailbox_id = $2 AND ${conditions[filter]}`
  // The numbers come from an index alone, however far down they stand; then the rows of these.
  const rows = (name: string, numbers: string) =>
    statement<SummaryRow>({
      name: `list_${filter}_${name}`,
      text: `SELECT ${summaryColumns} FROM mail_state.messages
        WHERE user_id = $1 AND id = ANY (ARRAY(SELECT id ${listed} ${numbers}))
        ORDER BY received_at DESC, id DESC`
    })
  const at = "to_timestamp($4::float8 / 1000)"
  return {
    skip: rows("skip", "ORDER BY received_at DESC, id DESC LIMIT $3 OFFSET $4"),
    // The date stands for itself, too: the index of the whole folder has the number beside its order, not in it.
    older: rows(
      "older",
      `AND received_at <= ${at} AND (received_at, id) < (${at}, $5::bigint) ORDER BY received_at DESC, id DESC LIMIT $3`
    ),
    newer: rows(
      "newer",
      `AND received_at >= ${at} AND (received_at, id) > (${at}, $5::bigint) ORDER BY received_at, id LIMIT $3`
    ),
    count: statement<{ readonly count: number }>({
      name: `list_${filter}_count`,
      text: `SELECT count(*) ${listed} AND received_at >= to_timestamp($3::float8 / 1000)`
    })
  }
}

/** By what is listed. Values: mailbox, folder, then what `pageOf` says; of `count` the moment, epoch milliseconds. */
export const listStatements = {
  all: statementsOf("all"),
  unread: statementsOf("unread"),
  flagged: statementsOf("flagged"),
  attachments: statementsOf("attachments")
} satisfies Readonly<Record<ListFilter, unknown>>

/** The statement for a page, and its values behind mailbox and folder. */
export const pageOf = (
  filter: ListFilter,
  from: Exclude<ListStart, { _tag: "Before" }>,
  limit: number
): readonly [Statement<SummaryRow>, ReadonlyArray<SqlValue>] => {
  const { skip, older, newer } = listStatements[filter]
  if (from._tag === "Skip") return [skip, [limit, from.count]]
  return [from._tag === "OlderThan" ? older : newer, [limit, from.place.receivedAt, from.place.id]]
}
