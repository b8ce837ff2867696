import { Effect } from "effect"
import type { Change, JournalEntry } from "../../domain/Change.ts"
import { type DeviceId, type MailboxId, MessageId, ModSeq, Uid } from "../../domain/ids.ts"
import type { StoredMessage } from "../../domain/Message.ts"
import type { Cursor, Position } from "../../domain/sync/Cursor.ts"
import type { Collection, FolderRead, FolderReading, HierarchyReading } from "../../domain/sync/material.ts"
import { isBefore, positionOf } from "../../domain/sync/position.ts"
import { type Postgres, type PostgresError, statement } from "../postgres.ts"
import { hierarchyChange, type StoredRow, storedColumns, toStored } from "./rows.ts"

const cursors = statement<{ readonly cursor: Cursor }>({
  name: "sync_cursors",
  text: `SELECT CASE WHEN previous IS NULL THEN state ELSE state || jsonb_build_object('former', previous) END AS cursor
    FROM mail_state.cursors WHERE user_id = $1 AND device_id = $2 AND collection = ANY ($3::text[])`
})

const allCursors = statement<{ readonly cursor: Cursor }>({
  name: "sync_all_cursors",
  text: "SELECT state AS cursor FROM mail_state.cursors WHERE user_id = $1 AND device_id = $2"
})

interface EntryRow {
  readonly low_water: number
  readonly modseq: number | null
  readonly change: Change
  readonly origin: string
  readonly at: number
}

// The journal is read in its order, whatever lies between the folder's entries: that costs about a microsecond for each,
// and an index by folder would cost every commit.
export const folderJournal = statement<
  EntryRow & { readonly message: number | null } & Omit<StoredRow, "id">
>({
  name: "sync_folder_journal",
  text: `SELECT head.low_water, entry.modseq, entry.change, entry.origin, entry.at, message.id AS message,
      ${storedColumns.replace(/^id, /, "")}
    FROM mail_state.heads AS head
    LEFT JOIN LATERAL (
      SELECT modseq, change, origin, at FROM mail_state.journal
      WHERE user_id = $1 AND modseq > $2 AND modseq <= $3
        AND ((change ->> 'folderId')::bigint = $4 OR (change ->> 'fromFolderId')::bigint = $4)
      ORDER BY modseq LIMIT $5
    ) AS entry ON true
    LEFT JOIN mail_state.messages AS message
      ON message.user_id = $1 AND message.id = (entry.change ->> 'messageId')::bigint
    WHERE head.user_id = $1 ORDER BY entry.modseq`
})

const hierarchyJournal = statement<EntryRow>({
  name: "sync_hierarchy_journal",
  text: `SELECT head.low_water, entry.modseq, entry.change, entry.origin, entry.at
    FROM mail_state.heads AS head
    LEFT JOIN LATERAL (
      SELECT modseq, change, origin, at FROM mail_state.journal
      WHERE user_id = $1 AND modseq > $2 AND ${hierarchyChange}
    ) AS entry ON true
    WHERE head.user_id = $1 ORDER BY entry.modseq`
})

/** Between two places, the earlier first. */
const onTheWay = `FROM mail_state.messages
    WHERE user_id = $1 AND mailbox_id = $2
      AND (received_at, uid) >= (to_timestamp($3::float8 / 1000), $4::bigint)
      AND (received_at, uid) < (to_timestamp($5::float8 / 1000), $6::bigint)`

export const walkBack = statement<StoredRow>({
  name: "sync_walk_back",
  text: `SELECT ${storedColumns} ${onTheWay} ORDER BY received_at DESC, uid DESC LIMIT $7`
})

export const walkForth = statement<StoredRow>({
  name: "sync_walk_forth",
  text: `SELECT ${storedColumns} ${onTheWay} ORDER BY received_at, uid LIMIT $7`
})

const counted = statement<{ readonly count: number }>({
  name: "sync_walk_count",
  text: `SELECT count(*) ${onTheWay}`
})

/** Older messages of the folder in conversations that reach into the filter, by the index of those that began them or answered. */
const keptMessages = statement<StoredRow & { readonly is_kept: boolean }>({
  name: "sync_kept",
  text: `WITH recent AS (
      SELECT DISTINCT thread_id FROM mail_state.messages
      WHERE user_id = $1 AND mailbox_id = $2 AND (received_at, uid) >= (to_timestamp($3::float8 / 1000), $4::bigint)
    ), kept AS (
      SELECT message.id FROM recent CROSS JOIN LATERAL (
        SELECT id, mailbox_id, received_at, uid FROM mail_state.messages WHERE user_id = $1 AND id = recent.thread_id
        UNION ALL
        SELECT id, mailbox_id, received_at, uid FROM mail_state.messages
          WHERE user_id = $1 AND thread_id = recent.thread_id AND thread_id <> id
      ) AS message
      WHERE message.mailbox_id = $2
        AND (message.received_at, message.uid) < (to_timestamp($3::float8 / 1000), $4::bigint)
      ORDER BY message.received_at DESC, message.uid DESC LIMIT $5
    )
    SELECT ${storedColumns}, id IN (SELECT id FROM kept) AS is_kept FROM mail_state.messages
    WHERE user_id = $1 AND mailbox_id = $2 AND (id IN (SELECT id FROM kept) OR id = ANY ($6::bigint[]))
    ORDER BY received_at DESC, uid DESC`
})

/** Entries of one folder that one look takes at most. */
const maxEntries = 2_000

/** What the store reads for commands about devices. */
export const makeSyncReads = (postgres: Postgres["Type"]) => ({
  cursors: (mailboxId: MailboxId, deviceId: DeviceId, collections: ReadonlyArray<Collection> | null) =>
    Effect.map(
      collections === null
        ? postgres.query(allCursors, [mailboxId, deviceId])
        : postgres.query(cursors, [mailboxId, deviceId, collections]),
      (rows) => rows.map(({ cursor }) => cursor)
    ),

  readFolder: (mailboxId: MailboxId, read: FolderRead): Effect.Effect<FolderReading, PostgresError> =>
    Effect.map(
      Effect.all(
        [
          readJournal(postgres, mailboxId, read),
          readWalk(postgres, mailboxId, read),
          readKept(postgres, mailboxId, read)
        ],
        { concurrency: "unbounded" }
      ),
      ([journal, walk, { kept, messages }]) => ({
        ...journal,
        ...walk,
        kept,
        messages: [...journal.messages, ...walk.messages, ...messages]
      })
    ),

  readHierarchy: (mailboxId: MailboxId, after: ModSeq): Effect.Effect<HierarchyReading, PostgresError> =>
    Effect.map(postgres.query(hierarchyJournal, [mailboxId, after]), (rows) => ({
      lowWater: ModSeq(rows[0]?.low_water ?? 0),
      entries: rows.flatMap(toEntry)
    }))
})

const readJournal = Effect.fnUntraced(function* (
  postgres: Postgres["Type"],
  mailboxId: MailboxId,
  { journal, folderId }: FolderRead
) {
  if (journal === null) return { lowWater: ModSeq(0), entries: [], messages: [], readTo: null }
  const { after, until } = journal
  const rows = yield* postgres.query(folderJournal, [mailboxId, after, until, folderId, maxEntries])
  const entries = rows.flatMap(toEntry)
  const last = entries.at(-1)
  const isCut = entries.length === maxEntries && last !== undefined
  return {
    lowWater: ModSeq(rows[0]?.low_water ?? 0),
    entries,
    readTo: isCut ? last.modSeq : until,
    messages: rows.flatMap(({ message, ...row }) =>
      message === null ? [] : [toStored({ ...row, id: message })]
    )
  }
})

const readWalk = Effect.fnUntraced(function* (
  postgres: Postgres["Type"],
  mailboxId: MailboxId,
  { folderId, walk }: FolderRead
) {
  const nothing: ReadonlyArray<StoredMessage> = []
  if (walk === null) return { messages: nothing, walkedTo: null, count: 0 }
  const isBack = isBefore(walk.to, walk.from)
  const [low, high] = isBack ? [walk.to, walk.from] : [walk.from, walk.to]
  const part = [mailboxId, folderId, low.at, low.uid, high.at, high.uid]
  if (walk.limit === null) {
    const [row] = yield* postgres.query(counted, part)
    return { messages: nothing, walkedTo: walk.to, count: row?.count ?? 0 }
  }
  const rows = yield* postgres.query(isBack ? walkBack : walkForth, [...part, walk.limit + 1])
  const messages = rows.map(toStored)
  const last = messages.at(-1)
  const isCut = messages.length > walk.limit && last !== undefined
  return { messages, walkedTo: isCut ? justPast(positionOf(last), isBack) : walk.to, count: 0 }
})

const readKept = Effect.fnUntraced(function* (
  postgres: Postgres["Type"],
  mailboxId: MailboxId,
  { folderId, kept }: FolderRead
) {
  if (kept === null) return { messages: [], kept: null }
  const { from, known, limit } = kept
  const rows = yield* postgres.query(keptMessages, [mailboxId, folderId, from.at, from.uid, limit, known])
  return {
    messages: rows.map(toStored),
    kept: new Set(rows.flatMap(({ id, is_kept }) => (is_kept ? [MessageId(id)] : [])))
  }
})

/** On the way back the last message is the place itself, on the way forth the place comes after it. */
const justPast = (last: Position, isBack: boolean): Position =>
  isBack ? last : { at: last.at, uid: Uid(last.uid + 1) }

const toEntry = ({ modseq, change, origin, at }: EntryRow): ReadonlyArray<JournalEntry> =>
  modseq === null ? [] : [{ modSeq: ModSeq(modseq), change, origin, at }]
