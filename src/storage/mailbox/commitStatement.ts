import type { SqlValue, Statement } from "../postgres.ts"
import { type CommitPart, commitParts, type Rows } from "./commitParts.ts"
import type { Commit } from "./MailboxStore.ts"

/**
 * Commits of different mailboxes as one SQL statement. Only the parts that they need stand in the text, so there are few
 * different texts, each prepared once per connection. Every part hangs on `head`: of a mailbox whose epoch, claim or modseq does
 * not fit nothing at all is written, and the statement answers no row for it.
 */
export const commitStatement = (
  commits: ReadonlyArray<Commit>
): { readonly statement: CommitStatement; readonly values: ReadonlyArray<SqlValue> } => {
  const [first] = commits
  const values: Array<SqlValue> = [JSON.stringify(commits.map(headRow))]
  // Of one mailbox alone the partition is known before the statement runs.
  const isSingle = commits.length === 1 && first !== undefined
  if (isSingle) values.push(first.before.mailboxId)
  const used: Array<CommitPart> = []
  for (const part of commitParts) {
    const rows = commits.flatMap((commit) => part.rows(commit))
    if (rows.length === 0) continue
    values.push(JSON.stringify(rows))
    used.push(part)
  }
  const isQuiet = commits.some(({ entries }) => entries.length === 0)
  return { statement: statementOf(used, { isSingle, isQuiet }), values }
}

type CommitStatement = Statement<{ readonly user_id: string }> & { readonly name: string }

const statements = new Map<string, CommitStatement>()

/** The parts name the text, so it is put together once. Quiet: a commit among them changes no mail. */
const statementOf = (
  used: ReadonlyArray<CommitPart>,
  { isSingle, isQuiet }: { readonly isSingle: boolean; readonly isQuiet: boolean }
): CommitStatement => {
  const letters = used.map(({ letter }) => letter).join("")
  const name = `${isSingle ? "commit_" : "commits_"}${letters}${isQuiet ? "_quiet" : ""}`
  const known = statements.get(name)
  if (known !== undefined) return known
  const mailbox = isSingle ? "$2::uuid" : "row.user_id"
  const texts = [
    ...(isSingle ? [head("$2::uuid", "")] : [patience, head("row.user_id", ", patience")]),
    isQuiet ? outbox("WHERE modseq > expected") : outbox(""),
    ...used.map((part, index) => part.text(rowsOf(index + (isSingle ? 3 : 2)), mailbox))
  ]
  const statement = { name, text: `WITH ${texts.join(",\n")}\nSELECT user_id FROM head` }
  statements.set(name, statement)
  return statement
}

/**
 * How long the mailboxes of a shared statement wait for one whose row somebody holds; then each is tried alone. Joined
 * to `head`, so that it is set before the first row is locked; it ends with the statement.
 */
const patience = "patience AS (SELECT set_config('lock_timeout', '200ms', true))"

const headRow = (commit: Commit) => ({
  user_id: commit.before.mailboxId,
  epoch: commit.epoch,
  claim: commit.claim,
  expected: commit.before.modSeq,
  modseq: commit.after.modSeq,
  next_message: commit.after.nextMessageId,
  next_folder: commit.after.nextFolderId,
  used_bytes: commit.after.usedBytes,
  at: commit.at,
  correlation_id: commit.correlationId,
  traceparent: commit.traceparent
})

const head = (mailbox: string, besides: string) => `head AS (
  UPDATE mail_state.heads AS known
  SET modseq = row.modseq, next_message = row.next_message, next_folder = row.next_folder, used_bytes = row.used_bytes
  FROM jsonb_to_recordset($1::jsonb) AS row
    (user_id uuid, epoch bigint, claim bigint, expected bigint, modseq bigint, next_message bigint, next_folder bigint,
     used_bytes bigint, at float8, correlation_id text, traceparent text)${besides}
  WHERE known.user_id = ${mailbox} AND known.epoch = row.epoch AND known.claim = row.claim AND known.modseq = row.expected
    AND known.quarantined_at IS NULL
  RETURNING row.user_id, row.expected, row.modseq, row.at, row.correlation_id, row.traceparent
)`

const outbox = (condition: string) => `outbox AS (
  INSERT INTO mail_state.outbox (user_id, from_modseq, to_modseq, correlation_id, traceparent)
  SELECT user_id, expected + 1, modseq, correlation_id, traceparent FROM head${condition === "" ? "" : ` ${condition}`}
)`

const rowsOf =
  (parameter: number): Rows =>
  (columns) =>
    `head JOIN jsonb_to_recordset($${parameter}::jsonb) AS row (user_id uuid, ${columns}) ON row.user_id = head.user_id`
