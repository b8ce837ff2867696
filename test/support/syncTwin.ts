import type { JournalEntry } from "../../src/domain/Change.ts"
import { foldersOf, isOfHierarchy } from "../../src/domain/Change.ts"
import type { CursorWrite } from "../../src/domain/Command.ts"
import { type DeviceId, type FolderId, type MessageId, type ModSeq, Uid } from "../../src/domain/ids.ts"
import type { StoredMessage } from "../../src/domain/Message.ts"
import type { Cursor } from "../../src/domain/sync/Cursor.ts"
import {
  type Collection,
  collectionOf,
  type FolderRead,
  type FolderReading,
  type HierarchyReading,
  ofFolder
} from "../../src/domain/sync/material.ts"
import { compareAge, isBefore, isFrom, positionOf } from "../../src/domain/sync/position.ts"

/** A mailbox's rows in memory, as far as devices are told of them. */
export interface Rows {
  readonly journal: ReadonlyArray<JournalEntry>
  readonly messages: ReadonlyMap<MessageId, StoredMessage>
  readonly lowWater: ModSeq
  /** Which conversation a message is part of. */
  readonly threads: ReadonlyMap<MessageId, string>
}

/** What `syncReads.ts` reads, of rows in memory. */
export const readFolderTwin = (rows: Rows, read: FolderRead, maxEntries = 2_000): FolderReading => {
  const journal = journalPart(rows, read, maxEntries)
  const walk = walkPart(rows, read)
  const { kept, messages } = keptPart(rows, read)
  return {
    lowWater: rows.lowWater,
    ...journal,
    ...walk,
    kept,
    messages: [...journal.messages, ...walk.messages, ...messages]
  }
}

const journalPart = (
  { journal, messages }: Rows,
  { journal: wanted, folderId }: FolderRead,
  maxEntries: number
) => {
  if (wanted === null) return { entries: [], readTo: null, messages: [] }
  const all = journal.filter(
    ({ modSeq, change }) =>
      modSeq > wanted.after && modSeq <= wanted.until && foldersOf(change).includes(folderId)
  )
  const entries = all.slice(0, maxEntries)
  const last = entries.at(-1)
  return {
    entries,
    readTo: all.length > maxEntries && last !== undefined ? last.modSeq : wanted.until,
    messages: entries.flatMap(({ change }) =>
      "messageId" in change ? (messages.get(change.messageId) ?? []) : []
    )
  }
}

const walkPart = ({ messages }: Rows, { walk, folderId }: FolderRead) => {
  const nothing: ReadonlyArray<StoredMessage> = []
  if (walk === null) return { messages: nothing, walkedTo: null, count: 0 }
  const isBack = isBefore(walk.to, walk.from)
  const [low, high] = isBack ? [walk.to, walk.from] : [walk.from, walk.to]
  const part = [...messages.values()]
    .filter((message) => message.folderId === folderId)
    .filter((message) => isFrom(positionOf(message), low) && isBefore(positionOf(message), high))
    .sort((a, b) => (isBack ? -1 : 1) * compareAge(positionOf(a), positionOf(b)))
  if (walk.limit === null) return { messages: nothing, walkedTo: walk.to, count: part.length }
  const found = part.slice(0, walk.limit + 1)
  const last = found.at(-1)
  const isCut = part.length > walk.limit && last !== undefined
  const justPast = last && (isBack ? positionOf(last) : { at: last.receivedAt, uid: Uid(last.uid + 1) })
  return { messages: found, walkedTo: isCut && justPast ? justPast : walk.to, count: 0 }
}

const keptPart = ({ messages, threads }: Rows, { kept, folderId }: FolderRead) => {
  if (kept === null) return { kept: null, messages: [] }
  const here = [...messages.values()].filter((message) => message.folderId === folderId)
  const recent = new Set(
    here.filter((message) => isFrom(positionOf(message), kept.from)).map(({ id }) => threads.get(id))
  )
  const older = here
    .filter((message) => isBefore(positionOf(message), kept.from) && recent.has(threads.get(message.id)))
    .sort((a, b) => compareAge(positionOf(b), positionOf(a)))
    .slice(0, kept.limit)
  return {
    kept: new Set(older.map(({ id }) => id)),
    messages: [...older, ...here.filter(({ id }) => kept.known.includes(id))]
  }
}

export const readHierarchyTwin = ({ journal, lowWater }: Rows, after: ModSeq): HierarchyReading => ({
  lowWater,
  entries: journal.filter(({ modSeq, change }) => modSeq > after && isOfHierarchy(change))
})

/** The table `cursors` in memory. */
export class CursorTable {
  readonly rows = new Map<string, Cursor>()

  find(deviceId: DeviceId, collections: ReadonlyArray<Collection> | null): ReadonlyArray<Cursor> {
    return [...this.rows.values()].filter(
      (cursor) =>
        cursor.deviceId === deviceId && (collections === null || collections.includes(collectionOf(cursor)))
    )
  }

  write({ cursor, replaces }: CursorWrite): void {
    const name = `${cursor.deviceId} ${collectionOf(cursor)}`
    const before = this.rows.get(name)
    if (before !== undefined && keyOf(before) !== (replaces ?? "")) return
    const keeps = before !== undefined && keyOf(before) === keyOf(cursor)
    const former = keeps && before._tag !== "Kept" ? before.former : undefined
    this.rows.set(name, keeps && former !== undefined ? withFormer(cursor, before) : cursor)
  }

  forget(deviceId: DeviceId, folderId: FolderId | null): void {
    for (const [name, cursor] of this.rows) {
      if (cursor.deviceId !== deviceId) continue
      if (folderId === null || collectionOf(cursor) === ofFolder(folderId)) this.rows.delete(name)
    }
  }
}

const keyOf = (cursor: Cursor): string => (cursor._tag === "Kept" ? "" : cursor.key)

const withFormer = (cursor: Cursor, before: Cursor): Cursor => {
  if (cursor._tag === "Folder" && before._tag === "Folder" && before.former !== undefined) {
    return { ...cursor, former: before.former }
  }
  if (cursor._tag === "Hierarchy" && before._tag === "Hierarchy" && before.former !== undefined) {
    return { ...cursor, former: before.former }
  }
  return cursor
}
