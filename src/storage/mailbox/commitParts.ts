import { foldersOf, type JournalEntry } from "../../domain/Change.ts"
import type { CursorWrite } from "../../domain/Command.ts"
import type { Folder } from "../../domain/Folder.ts"
import type { FolderId, MailboxId } from "../../domain/ids.ts"
import type { StoredMessage } from "../../domain/Message.ts"
import { collectionOf, ofFolder } from "../../domain/sync/material.ts"
import type { AddedMessage, Commit } from "./MailboxStore.ts"
import { leaders, threadKeys } from "./threading.ts"

/** The rows of a part, of the mailboxes whose head fits; `columns` besides `user_id`. */
export type Rows = (columns: string) => string

/** What a commit writes to one table. */
export interface CommitPart {
  /** In the statement's name, of which Postgres sees 63 characters. */
  readonly letter: string
  readonly rows: (commit: Commit) => ReadonlyArray<{ readonly user_id: MailboxId }>
  /** `mailbox` is the mailbox of a row, in the form that finds partitions soonest. */
  readonly text: (rows: Rows, mailbox: string) => string
}

/** Mails of the same subject belong together only when they are not far apart. */
const topicWindow = "90 days"

const folderColumns =
  "id bigint, parent_id bigint, name text, type text, uid_validity bigint, uid_next bigint, total bigint, unread bigint, size_bytes bigint, highest_modseq bigint"

const newColumns = `id bigint, mailbox_id bigint, uid bigint, modseq bigint, subject text, "from" jsonb, to_cc_bcc jsonb, date float8,
     received_at float8, flags text[], categories text[], size_bytes bigint, has_attachments boolean, preview text,
     headers jsonb, internet_message_id text, message_id_hash bigint, root_hash bigint, topic_hash bigint,
     ref_hashes bigint[], is_reply boolean, content_id uuid, blob_key text, checksum text, marks jsonb`

/**
 * Writes messages with the conversation that they belong to, or else `otherwise`. A hash BETWEEN itself and itself: with `=`
 * the planner may walk the whole mailbox by its primary key, which gives the order too, instead of the index on the hash;
 * with ANY it mostly did.
 */
const insertNew = (rows: string, mailbox: string, otherwise: string) => `
  INSERT INTO mail_state.messages
    (user_id, id, mailbox_id, uid, thread_id, modseq, subject, "from", to_cc_bcc, date, received_at, flags, categories,
     size_bytes, has_attachments, preview, headers, internet_message_id, message_id_hash, root_hash, topic_hash,
     content_id, blob_key, checksum, marks)
  SELECT row.user_id, row.id, row.mailbox_id, row.uid,
    COALESCE(
      (SELECT answered.thread_id FROM unnest(row.ref_hashes) AS reference, LATERAL (
          SELECT known.id, known.thread_id FROM mail_state.messages AS known
          WHERE known.user_id = ${mailbox} AND known.message_id_hash BETWEEN reference AND reference
          ORDER BY known.message_id_hash DESC, known.id DESC LIMIT 1) AS answered
        ORDER BY answered.id DESC LIMIT 1),
      (SELECT known.thread_id FROM mail_state.messages AS known
        WHERE known.user_id = ${mailbox} AND known.root_hash BETWEEN row.root_hash AND row.root_hash
        ORDER BY known.root_hash, known.id LIMIT 1),
      (SELECT known.thread_id FROM mail_state.messages AS known
        WHERE row.is_reply AND known.user_id = ${mailbox}
          AND known.topic_hash BETWEEN row.topic_hash AND row.topic_hash
          AND known.received_at > to_timestamp(row.received_at / 1000) - interval '${topicWindow}'
        ORDER BY known.topic_hash DESC, known.id DESC LIMIT 1),
      ${otherwise}),
    row.modseq, row.subject, row."from", row.to_cc_bcc, to_timestamp(row.date / 1000),
    to_timestamp(row.received_at / 1000), row.flags, row.categories, row.size_bytes, row.has_attachments, row.preview,
    row.headers, row.internet_message_id, row.message_id_hash, row.root_hash, row.topic_hash, row.content_id,
    row.blob_key, row.checksum, row.marks
  FROM ${rows}`

export const commitParts: ReadonlyArray<CommitPart> = [
  {
    letter: "j",
    rows: ({ before, entries }) => entries.map((entry) => journalRow(before.mailboxId, entry)),
    text: (rows) => `journal AS (
  INSERT INTO mail_state.journal (user_id, modseq, change, origin, at)
  SELECT row.user_id, row.modseq, row.change, row.origin, to_timestamp(head.at / 1000)
  FROM ${rows("modseq bigint, change jsonb, origin text")}
)`
  },
  {
    letter: "m",
    rows: (commit) =>
      commit.after.nextFolderId === commit.before.nextFolderId
        ? []
        : folderRows(commit, (id) => !commit.before.folders.has(id)),
    text: (rows) => `made AS (
  INSERT INTO mail_state.mailboxes
    (user_id, id, parent_id, name, type, uid_validity, uid_next, total, unread, size_bytes, highest_modseq)
  SELECT row.* FROM ${rows(folderColumns)}
)`
  },
  {
    letter: "f",
    rows: (commit) => folderRows(commit, (id) => commit.before.folders.has(id)),
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
    rows: ({ before, entries }) =>
      entries.flatMap(({ change }) =>
        change._tag === "FolderDeleted" && before.folders.has(change.folderId)
          ? [{ user_id: before.mailboxId, id: change.folderId }]
          : []
      ),
    text: (rows) => `gone AS (
  DELETE FROM mail_state.mailboxes AS folder USING ${rows("id bigint")}
  WHERE folder.user_id = row.user_id AND folder.id = row.id
)`
  },
  {
    letter: "a",
    rows: (commit) =>
      placed(commit).flatMap(({ added, leader }) =>
        leader === added.messageId ? [newRow(commit.before.mailboxId, added)] : []
      ),
    text: (rows, mailbox) => `added AS (${insertNew(rows(newColumns), mailbox, "row.id")}
  RETURNING user_id, id, thread_id
)`
  },
  {
    letter: "b",
    // One statement sees none of its own rows: those who follow somebody of it are told where he went.
    rows: (commit) =>
      placed(commit).flatMap(({ added, leader }) =>
        leader === added.messageId ? [] : [{ ...newRow(commit.before.mailboxId, added), leader }]
      ),
    text: (rows, mailbox) => `followers AS (${insertNew(
      `${rows(`${newColumns}, leader bigint`)} JOIN added ON added.user_id = row.user_id AND added.id = row.leader`,
      mailbox,
      "added.thread_id"
    )}
)`
  },
  {
    letter: "c",
    rows: ({ before, added }) =>
      added.flatMap((one) => (one._tag === "Copy" ? [copyRow(before.mailboxId, one)] : [])),
    text: (rows, mailbox) => `copied AS (
  INSERT INTO mail_state.messages
    (user_id, id, mailbox_id, uid, thread_id, modseq, subject, "from", to_cc_bcc, date, received_at, flags, categories,
     size_bytes, has_attachments, preview, headers, internet_message_id, message_id_hash, root_hash, topic_hash,
     content_id, blob_key, checksum, marks)
  SELECT row.user_id, row.id, row.mailbox_id, row.uid, source.thread_id, row.modseq, source.subject, source."from",
    source.to_cc_bcc, source.date, source.received_at, row.flags, row.categories, source.size_bytes,
    source.has_attachments, source.preview, source.headers, source.internet_message_id, source.message_id_hash,
    source.root_hash, source.topic_hash, source.content_id, source.blob_key, source.checksum, row.marks
  FROM ${rows(
    "id bigint, mailbox_id bigint, uid bigint, modseq bigint, flags text[], categories text[], marks jsonb, source_id bigint"
  )}
    JOIN mail_state.messages AS source ON source.user_id = ${mailbox} AND source.id = row.source_id
)`
  },
  {
    letter: "u",
    rows: ({ before, updated }) =>
      updated.flatMap((message) => (message.isMarked ? [] : [updatedRow(before.mailboxId, message)])),
    text: (rows, mailbox) => `updated AS (
  UPDATE mail_state.messages AS message
  SET mailbox_id = row.mailbox_id, uid = row.uid, flags = row.flags, categories = row.categories, modseq = row.modseq
  FROM ${rows("id bigint, mailbox_id bigint, uid bigint, flags text[], categories text[], modseq bigint")}
  WHERE message.user_id = ${mailbox} AND message.id = row.id
)`
  },
  {
    letter: "w",
    rows: ({ before, updated }) =>
      updated.flatMap((message) =>
        message.isMarked ? [{ ...updatedRow(before.mailboxId, message), marks: marksOf(message) }] : []
      ),
    text: (rows, mailbox) => `marked AS (
  UPDATE mail_state.messages AS message
  SET mailbox_id = row.mailbox_id, uid = row.uid, flags = row.flags, categories = row.categories, modseq = row.modseq,
    marks = row.marks
  FROM ${rows("id bigint, mailbox_id bigint, uid bigint, flags text[], categories text[], modseq bigint, marks jsonb")}
  WHERE message.user_id = ${mailbox} AND message.id = row.id
)`
  },
  {
    letter: "e",
    rows: ({ before, expunged }) => expunged.map((id) => ({ user_id: before.mailboxId, id })),
    text: (rows, mailbox) => `expunged AS (
  DELETE FROM mail_state.messages AS message USING ${rows("id bigint")}
  WHERE message.user_id = ${mailbox} AND message.id = row.id
  RETURNING message.user_id, message.id, message.mailbox_id, message.content_id, message.blob_key, message.checksum,
    message.size_bytes, message.received_at
),
held AS (
  INSERT INTO mail_state.held_messages
    (user_id, id, mailbox_id, content_id, blob_key, checksum, size_bytes, received_at)
  SELECT * FROM expunged
  WHERE EXISTS (SELECT FROM mail_state.holds AS hold WHERE hold.user_id = expunged.user_id)
)`
  },
  {
    letter: "d",
    rows: ({ before, deliveries }) =>
      deliveries.map(({ taskId, messageId }) => ({
        user_id: before.mailboxId,
        task_id: taskId,
        message_id: messageId
      })),
    text: (rows) => `delivered AS (
  INSERT INTO mail_state.deliveries (user_id, task_id, message_id)
  SELECT row.user_id, row.task_id, row.message_id FROM ${rows("task_id uuid, message_id bigint")}
)`
  },
  {
    letter: "o",
    rows: ({ before, operations }) =>
      operations.map(({ operationId, result }) => ({
        user_id: before.mailboxId,
        operation_id: operationId,
        result
      })),
    text: (rows) => `operated AS (
  INSERT INTO mail_state.operations (user_id, operation_id, result)
  SELECT row.user_id, row.operation_id, row.result FROM ${rows("operation_id text, result jsonb")}
)`
  },
  {
    letter: "k",
    rows: ({ before, cursors }) => cursors.map((write) => cursorRow(before.mailboxId, write)),
    text: (rows) => `cursors AS (
  INSERT INTO mail_state.cursors AS known
    (user_id, device_id, collection, sync_key, replaces, cursor, state, previous)
  SELECT row.* FROM ${rows(
    "device_id text, collection text, sync_key text, replaces text, cursor bigint, state jsonb, previous jsonb"
  )}
  ON CONFLICT (user_id, device_id, collection) DO UPDATE
  SET sync_key = excluded.sync_key, replaces = excluded.replaces, cursor = excluded.cursor, state = excluded.state,
    previous = CASE WHEN excluded.replaces = excluded.sync_key THEN known.previous ELSE excluded.previous END,
    updated_at = now()
  WHERE known.sync_key = excluded.replaces
)`
  },
  {
    letter: "r",
    rows: ({ before, resets }) =>
      resets.map(({ deviceId, folderId }) => ({
        user_id: before.mailboxId,
        device_id: deviceId,
        collection: folderId === null ? null : ofFolder(folderId)
      })),
    text: (rows) => `forgotten AS (
  DELETE FROM mail_state.cursors AS known USING ${rows("device_id text, collection text")}
  WHERE known.user_id = row.user_id AND known.device_id = row.device_id
    AND (row.collection IS NULL OR known.collection = row.collection)
)`
  }
]

const cursorRow = (mailboxId: MailboxId, { cursor, replaces }: CursorWrite) => {
  const { former, ...state } = cursor._tag === "Kept" ? { ...cursor, former: undefined } : cursor
  return {
    user_id: mailboxId,
    device_id: cursor.deviceId,
    collection: collectionOf(cursor),
    sync_key: cursor._tag === "Kept" ? "" : cursor.key,
    replaces: replaces ?? "",
    cursor: cursor._tag === "Kept" ? 0 : cursor.view.cursor,
    state,
    previous: former ?? null
  }
}

/** Null where there are none. */
const marksOf = ({ followUp, lastVerb }: Pick<StoredMessage, "followUp" | "lastVerb">) =>
  followUp === undefined && lastVerb === undefined ? null : { followUp, lastVerb }

const updatedRow = (mailboxId: MailboxId, message: Commit["updated"][number]) => ({
  user_id: mailboxId,
  id: message.id,
  mailbox_id: message.folderId,
  uid: message.uid,
  flags: message.flags,
  categories: message.categories,
  modseq: message.modSeq
})

const journalRow = (mailboxId: MailboxId, { modSeq, change, origin }: JournalEntry) => ({
  user_id: mailboxId,
  modseq: modSeq,
  change,
  origin
})

/** The folders that the commit touched and that are left, as they are after it. */
const folderRows = ({ before, after, entries }: Commit, wanted: (id: FolderId) => boolean) => {
  const ids = new Set(entries.flatMap(({ change }) => foldersOf(change)))
  return [...ids].flatMap((id) => {
    const folder = after.folders.get(id)
    return folder !== undefined && wanted(id) ? [folderRow(before.mailboxId, folder)] : []
  })
}

const folderRow = (mailboxId: MailboxId, folder: Folder) => ({
  user_id: mailboxId,
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

/** New messages, each with the first one of the commit that is of its conversation, which may be itself. */
const placed = (commit: Commit) => {
  const news = commit.added.flatMap((one) => (one._tag === "New" ? [one] : []))
  const places = leaders(news.map(({ message }) => message))
  return news.map((added, index) => ({
    added,
    leader: news[places[index] ?? index]?.messageId ?? added.messageId
  }))
}

const newRow = (mailboxId: MailboxId, added: Extract<AddedMessage, { _tag: "New" }>) => {
  const { message } = added
  const { envelope } = message
  const keys = threadKeys(message)
  return {
    user_id: mailboxId,
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
    checksum: message.checksum,
    marks: marksOf(added)
  }
}

const copyRow = (mailboxId: MailboxId, added: Extract<AddedMessage, { _tag: "Copy" }>) => ({
  user_id: mailboxId,
  id: added.messageId,
  mailbox_id: added.folderId,
  uid: added.uid,
  modseq: added.modSeq,
  flags: added.flags,
  categories: added.categories,
  marks: marksOf(added),
  source_id: added.sourceId
})
