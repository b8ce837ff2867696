import { foldersOf, type JournalEntry } from "../../domain/Change.ts"
import type { Folder } from "../../domain/Folder.ts"
import type { FolderId } from "../../domain/ids.ts"
import type { SqlValue } from "../postgres.ts"
import type { AddedMessage, Commit } from "./MailboxStore.ts"
import { threadKeys } from "./threading.ts"

/** Mails of the same subject belong together only when they are not far apart. */
const topicWindow = "90 days"

/**
 * Commits of different mailboxes as one SQL statement. Only the parts that they need stand in the text, so there are few
 * different texts, each prepared once per connection. Every part hangs on `head`: of a mailbox whose epoch or modseq does
 * not fit nothing at all is written, and the statement answers no row for it.
 */
export const commitStatement = (
  commits: ReadonlyArray<Commit>
): { readonly name: string; readonly text: string; readonly values: ReadonlyArray<SqlValue> } => {
  const [first] = commits
  const values: Array<SqlValue> = [JSON.stringify(commits.map(headRow))]
  // Of one mailbox alone the partition is known before the statement runs.
  const isSingle = commits.length === 1 && first !== undefined
  if (isSingle) values.push(first.before.mailboxId)
  const mailbox = isSingle ? "$2::uuid" : "row.user_id"
  const texts = [head, outbox]
  let name = isSingle ? "commit_" : "commits_"
  for (const part of parts) {
    const rows = commits.flatMap((commit) =>
      part.rows(commit).map((row) => ({ user_id: commit.before.mailboxId, ...row }))
    )
    if (rows.length === 0) continue
    values.push(JSON.stringify(rows))
    texts.push(part.text(rowsOf(values.length), mailbox))
    name += part.letter
  }
  // Of a single commit it says nothing new, but a parameter must stand somewhere.
  const answer = isSingle ? "SELECT user_id FROM head WHERE user_id = $2::uuid" : "SELECT user_id FROM head"
  return { name, text: `WITH ${texts.join(",\n")}\n${answer}`, values }
}

const headRow = (commit: Commit) => ({
  user_id: commit.before.mailboxId,
  epoch: commit.epoch,
  expected: commit.before.modSeq,
  modseq: commit.after.modSeq,
  next_message: commit.after.nextMessageId,
  next_folder: commit.after.nextFolderId,
  used_bytes: commit.after.usedBytes,
  at: commit.at,
  correlation_id: commit.correlationId
})

const head = `head AS (
  UPDATE mail_state.heads AS known
  SET modseq = row.modseq, next_message = row.next_message, next_folder = row.next_folder, used_bytes = row.used_bytes
  FROM jsonb_to_recordset($1::jsonb) AS row
    (user_id uuid, epoch bigint, expected bigint, modseq bigint, next_message bigint, next_folder bigint,
     used_bytes bigint, at float8, correlation_id text)
  WHERE known.user_id = row.user_id AND known.epoch = row.epoch AND known.modseq = row.expected
  RETURNING row.user_id, row.expected, row.modseq, row.at, row.correlation_id
)`

const outbox = `outbox AS (
  INSERT INTO mail_state.outbox (user_id, from_modseq, to_modseq, correlation_id)
  SELECT user_id, expected + 1, modseq, correlation_id FROM head
)`

/** The rows of a part, of the mailboxes whose head fits; `columns` besides `user_id`. */
type Rows = (columns: string) => string

const rowsOf =
  (parameter: number): Rows =>
  (columns) =>
    `head JOIN jsonb_to_recordset($${parameter}::jsonb) AS row (user_id uuid, ${columns}) ON row.user_id = head.user_id`

interface StatementPart {
  /** In the statement's name, of which Postgres sees 63 characters. */
  readonly letter: string
  readonly rows: (commit: Commit) => ReadonlyArray<object>
  /** `mailbox` is the mailbox of a row, in the form that finds partitions soonest. */
  readonly text: (rows: Rows, mailbox: string) => string
}

const folderColumns =
  "id bigint, parent_id bigint, name text, type text, uid_validity bigint, uid_next bigint, total bigint, unread bigint, size_bytes bigint, highest_modseq bigint"

const parts: ReadonlyArray<StatementPart> = [
  {
    letter: "j",
    rows: (commit) => commit.entries.map(journalRow),
    text: (rows) => `journal AS (
  INSERT INTO mail_state.journal (user_id, modseq, change, origin, at)
  SELECT row.user_id, row.modseq, row.change, row.origin, to_timestamp(head.at / 1000)
  FROM ${rows("modseq bigint, change jsonb, origin text")}
)`
  },
  {
    letter: "m",
    rows: (commit) => touchedFolders(commit, (id) => !commit.before.folders.has(id)).map(folderRow),
    text: (rows) => `made AS (
  INSERT INTO mail_state.mailboxes
    (user_id, id, parent_id, name, type, uid_validity, uid_next, total, unread, size_bytes, highest_modseq)
  SELECT row.* FROM ${rows(folderColumns)}
)`
  },
  {
    letter: "f",
    rows: (commit) => touchedFolders(commit, (id) => commit.before.folders.has(id)).map(folderRow),
    text: (rows) => `folders AS (
  UPDATE mail_state.mailboxes AS folder
  SET parent_id = row.parent_id, name = row.name, uid_next = row.uid_next, total = row.total, unread = row.unread,
    size_bytes = row.size_bytes, highest_modseq = row.highest_modseq
  FROM ${rows(folderColumns)}
  WHERE folder.user_id = row.user_id AND folder.id = row.id
)`
  },
  {
    letter: "g",
    rows: (commit) =>
      [...commit.before.folders.keys()].filter((id) => !commit.after.folders.has(id)).map((id) => ({ id })),
    text: (rows) => `gone AS (
  DELETE FROM mail_state.mailboxes AS folder USING ${rows("id bigint")}
  WHERE folder.user_id = row.user_id AND folder.id = row.id
)`
  },
  {
    letter: "a",
    rows: (commit) => commit.added.flatMap((added) => (added._tag === "New" ? [newRow(added)] : [])),
    text: (rows, mailbox) => `added AS (
  INSERT INTO mail_state.messages
    (user_id, id, mailbox_id, uid, thread_id, modseq, subject, "from", to_cc_bcc, date, received_at, flags, categories,
     size_bytes, has_attachments, preview, headers, internet_message_id, message_id_hash, root_hash, topic_hash,
     content_id, blob_key, checksum)
  SELECT row.user_id, row.id, row.mailbox_id, row.uid,
    COALESCE(
      (SELECT known.thread_id FROM mail_state.messages AS known
        WHERE known.user_id = ${mailbox} AND known.message_id_hash = ANY (row.ref_hashes) ORDER BY known.id DESC LIMIT 1),
      (SELECT known.thread_id FROM mail_state.messages AS known
        WHERE known.user_id = ${mailbox} AND known.root_hash = row.root_hash ORDER BY known.id LIMIT 1),
      (SELECT known.thread_id FROM mail_state.messages AS known
        WHERE row.is_reply AND known.user_id = ${mailbox} AND known.topic_hash = row.topic_hash
          AND known.received_at > to_timestamp(row.received_at / 1000) - interval '${topicWindow}'
        ORDER BY known.id DESC LIMIT 1),
      row.id),
    row.modseq, row.subject, row."from", row.to_cc_bcc, to_timestamp(row.date / 1000),
    to_timestamp(row.received_at / 1000), row.flags, row.categories, row.size_bytes, row.has_attachments, row.preview,
    row.headers, row.internet_message_id, row.message_id_hash, row.root_hash, row.topic_hash, row.content_id,
    row.blob_key, row.checksum
  FROM ${rows(`id bigint, mailbox_id bigint, uid bigint, modseq bigint, subject text, "from" jsonb, to_cc_bcc jsonb, date float8,
     received_at float8, flags text[], categories text[], size_bytes bigint, has_attachments boolean, preview text,
     headers jsonb, internet_message_id text, message_id_hash bigint, root_hash bigint, topic_hash bigint,
     ref_hashes bigint[], is_reply boolean, content_id uuid, blob_key text, checksum text`)}
)`
  },
  {
    letter: "c",
    rows: (commit) => commit.added.flatMap((added) => (added._tag === "Copy" ? [copyRow(added)] : [])),
    text: (rows, mailbox) => `copied AS (
  INSERT INTO mail_state.messages
    (user_id, id, mailbox_id, uid, thread_id, modseq, subject, "from", to_cc_bcc, date, received_at, flags, categories,
     size_bytes, has_attachments, preview, headers, internet_message_id, message_id_hash, root_hash, topic_hash,
     content_id, blob_key, checksum)
  SELECT row.user_id, row.id, row.mailbox_id, row.uid, source.thread_id, row.modseq, source.subject, source."from",
    source.to_cc_bcc, source.date, source.received_at, row.flags, row.categories, source.size_bytes,
    source.has_attachments, source.preview, source.headers, source.internet_message_id, source.message_id_hash,
    source.root_hash, source.topic_hash, source.content_id, source.blob_key, source.checksum
  FROM ${rows(
    "id bigint, mailbox_id bigint, uid bigint, modseq bigint, flags text[], categories text[], source_id bigint"
  )}
    JOIN mail_state.messages AS source ON source.user_id = ${mailbox} AND source.id = row.source_id
)`
  },
  {
    letter: "u",
    rows: (commit) =>
      commit.updated.map((message) => ({
        id: message.id,
        mailbox_id: message.folderId,
        uid: message.uid,
        flags: message.flags,
        categories: message.categories,
        modseq: message.modSeq
      })),
    text: (rows, mailbox) => `updated AS (
  UPDATE mail_state.messages AS message
  SET mailbox_id = row.mailbox_id, uid = row.uid, flags = row.flags, categories = row.categories, modseq = row.modseq
  FROM ${rows("id bigint, mailbox_id bigint, uid bigint, flags text[], categories text[], modseq bigint")}
  WHERE message.user_id = ${mailbox} AND message.id = row.id
)`
  },
  {
    letter: "e",
    rows: (commit) => commit.expunged.map((id) => ({ id })),
    text: (rows, mailbox) => `expunged AS (
  DELETE FROM mail_state.messages AS message USING ${rows("id bigint")}
  WHERE message.user_id = ${mailbox} AND message.id = row.id
)`
  },
  {
    letter: "d",
    rows: (commit) =>
      commit.deliveries.map(({ taskId, messageId }) => ({ task_id: taskId, message_id: messageId })),
    text: (rows) => `delivered AS (
  INSERT INTO mail_state.deliveries (user_id, task_id, message_id)
  SELECT row.user_id, row.task_id, row.message_id FROM ${rows("task_id uuid, message_id bigint")}
)`
  },
  {
    letter: "o",
    rows: (commit) =>
      commit.operations.map(({ operationId, result }) => ({ operation_id: operationId, result })),
    text: (rows) => `operated AS (
  INSERT INTO mail_state.operations (user_id, operation_id, result)
  SELECT row.user_id, row.operation_id, row.result FROM ${rows("operation_id text, result jsonb")}
)`
  }
]

const journalRow = ({ modSeq, change, origin }: JournalEntry) => ({ modseq: modSeq, change, origin })

const touchedFolders = (commit: Commit, wanted: (id: FolderId) => boolean): ReadonlyArray<Folder> => {
  const ids = new Set(commit.entries.flatMap(({ change }) => foldersOf(change)))
  const folders: Array<Folder> = []
  for (const id of ids) {
    const folder = commit.after.folders.get(id)
    if (folder !== undefined && wanted(id)) folders.push(folder)
  }
  return folders
}

const folderRow = (folder: Folder) => ({
  id: folder.id,
  parent_id: folder.parentId,
  name: folder.name,
  type: folder.role,
  uid_validity: folder.uidValidity,
  uid_next: folder.uidNext,
  total: folder.total,
  unread: folder.unread,
  size_bytes: folder.sizeBytes,
  highest_modseq: folder.highestModSeq
})

const newRow = (added: Extract<AddedMessage, { _tag: "New" }>) => {
  const { message } = added
  const { envelope } = message
  const keys = threadKeys(message)
  return {
    id: added.messageId,
    mailbox_id: added.folderId,
    uid: added.uid,
    modseq: added.modSeq,
    subject: envelope.subject,
    from: envelope.from,
    to_cc_bcc: {
      to: envelope.to,
      cc: envelope.cc,
      bcc: envelope.bcc,
      replyTo: envelope.replyTo,
      sender: envelope.sender
    },
    date: envelope.sentAt,
    received_at: message.receivedAt,
    flags: added.flags,
    categories: added.categories,
    size_bytes: message.sizeBytes,
    has_attachments: message.hasAttachments,
    preview: message.preview,
    headers: message.headers,
    internet_message_id: envelope.internetMessageId,
    message_id_hash: keys.own,
    root_hash: keys.root,
    topic_hash: keys.topic,
    ref_hashes: keys.answered,
    is_reply: keys.isReply,
    content_id: message.contentId,
    blob_key: message.blobKey,
    checksum: message.checksum
  }
}

const copyRow = (added: Extract<AddedMessage, { _tag: "Copy" }>) => ({
  id: added.messageId,
  mailbox_id: added.folderId,
  uid: added.uid,
  modseq: added.modSeq,
  flags: added.flags,
  categories: added.categories,
  source_id: added.sourceId
})
