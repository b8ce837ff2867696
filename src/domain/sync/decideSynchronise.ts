import type { JournalEntry } from "../Change.ts"
import type { CursorWrite, Synchronise } from "../Command.ts"
import type { MessageId, ModSeq } from "../ids.ts"
import type { NewMessage } from "../Message.ts"
import { type Decided, decided } from "../mailbox/decide/View.ts"
import { keptWrite } from "./device.ts"
import { applyChange, contestedIn, doneBy, type Place } from "./deviceChanges.ts"
import { isHierarchyStale } from "./hierarchyCursor.ts"
import type { KnownView } from "./KnownView.ts"
import type { FolderReading } from "./material.ts"
import { nextCursor } from "./nextCursor.ts"
import type { ChangeOutcome } from "./outcomes.ts"
import { type Open, type Resolved, resolve } from "./resolve.ts"
import type { Room } from "./room.ts"
import type { CollectionWish, SyncedCollection } from "./Synchronise.ts"
import { begin, closed, replayed } from "./shortAnswers.ts"
import { type Question, tell, unchanged } from "./tell.ts"
import { newEntries, startWorking, type Working } from "./Working.ts"

type Wish = CollectionWish<NewMessage>

/** One folder on its way through the command. */
interface Leg {
  readonly wish: Wish
  readonly digest: string
  readonly resolved: Resolved
  readonly reading: FolderReading | undefined
}

/** Of messages that the device may not know about, at most. */
const maxUnsure = 1_000

interface ChangedLeg extends Leg {
  readonly outcomes: ReadonlyArray<ChangeOutcome>
  readonly done: ReadonlyMap<string, MessageId>
  /** Messages that requests under the same key concerned, whose answers were lost. */
  readonly doneBefore: ReadonlyArray<MessageId>
}

/** First all that the device did, folder after folder; then what it is told, on the mailbox as that left it. */
export const synchronise = (view: KnownView, command: Synchronise): Decided => {
  const { sync, state } = view
  const { wish } = command
  const working = startWorking(
    view,
    [...sync.folders.values()].flatMap(({ messages }) => messages)
  )
  const legs = wish.collections.map((collection, index): Leg => {
    const digest = command.digests[index] ?? ""
    const reading = sync.folders.get(collection.folderId)
    const resolved = resolve({ ...collection, digest }, { state, cursors: sync.cursors, now: sync.now })
    return { wish: collection, digest, reading, resolved }
  })
  const changed = legs.map((leg) => applyLeg(working, leg, view))
  const own = newEntries(working, sync.now)
  let room: Room = {
    items: wish.maxItems,
    bytes: wish.maxBytes,
    maxItemBytes: 0,
    isUntouched: true
  }
  const collections: Array<SyncedCollection> = []
  const cursors: Array<CursorWrite> = []
  for (const leg of changed) {
    const answered = answer(working, leg, { view, own, room, command })
    room = answered.room
    collections.push(answered.collection)
    if (answered.write !== undefined) cursors.push(answered.write)
  }
  if (wish.keep !== null) cursors.push(...keptWrite(sync.cursors, wish.deviceId, wish.keep))
  return decided(working.changes, {
    sync: {
      answer: {
        _tag: "Collections",
        collections,
        isHierarchyStale: isHierarchyStale(sync.cursors, working.state)
      },
      cursors,
      reset: null,
      contents: working.contents,
      origins: working.origins
    }
  })
}

const isExpired = ({ reading, resolved }: Leg): boolean =>
  resolved._tag === "Open" && reading !== undefined && resolved.view.cursor < reading.lowWater

const applyLeg = (working: Working, leg: Leg, { sync }: KnownView): ChangedLeg => {
  const { resolved, reading, wish } = leg
  if (resolved._tag !== "Open" || isExpired(leg))
    return { ...leg, outcomes: [], done: new Map(), doneBefore: [] }
  const done = new Map(resolved.isAgain ? Object.entries(resolved.cursor.former?.done ?? {}) : [])
  const place: Place = {
    open: resolved,
    origin: sync.origin,
    contested: contestedIn(reading, resolved, sync.origin),
    done
  }
  const outcomes = wish.changes.map((change) => applyChange(working, change, place))
  return {
    ...leg,
    outcomes,
    done: new Map([...done, ...doneBy(wish.changes, outcomes)]),
    doneBefore: [...done.values()]
  }
}

/** What the device was not sure of before, and what requests under this key did whose answers were lost. */
const unsureOf = (
  { resolved: { view }, doneBefore }: ChangedLeg & { readonly resolved: Open },
  { made, removed }: Pick<Question, "made" | "removed">
): ReadonlyMap<MessageId, ModSeq> => {
  const unsure = new Map(view.unsure.map(({ id, after }) => [id, after]))
  for (const id of doneBefore) if (!unsure.has(id)) unsure.set(id, view.ownUntil)
  return new Map([...unsure].filter(([id]) => !made.has(id) && !removed.has(id)).slice(-maxUnsure))
}

interface Answered {
  readonly collection: SyncedCollection
  readonly room: Room
  readonly write?: CursorWrite
}

const answer = (
  working: Working,
  leg: ChangedLeg,
  around: {
    readonly view: KnownView
    readonly own: ReadonlyArray<JournalEntry>
    readonly room: Room
    readonly command: Synchronise
  }
): Answered => {
  const { resolved, wish } = leg
  const { room, command, view } = around
  switch (resolved._tag) {
    case "NoFolder":
    case "UnknownKey":
      return { collection: closed(wish.folderId, resolved._tag), room }
    case "Replay":
      return { collection: replayed(resolved.cursor), room }
    case "Begin":
      return { ...begin(wish, resolved.cursor, { command, modSeq: view.state.modSeq }), room }
    case "Open":
      return isExpired(leg)
        ? { collection: closed(wish.folderId, "Expired"), room }
        : answerOpen(working, { ...leg, resolved }, around)
  }
}

const answerOpen = (
  working: Working,
  leg: ChangedLeg & { readonly resolved: Open },
  { view, own, room, command }: Parameters<typeof answer>[2]
): Answered => {
  const { resolved: open, wish, outcomes } = leg
  const applied = (...tags: ReadonlyArray<ChangeOutcome["_tag"]>) =>
    new Set(
      outcomes.flatMap(({ _tag, status, messageId }) =>
        tags.includes(_tag) && status === "Applied" && messageId !== null ? [messageId] : []
      )
    )
  const done = { made: applied("Add", "Replace"), removed: applied("Delete") }
  const question = {
    open,
    reading: leg.reading,
    own,
    before: view.state,
    after: working.state,
    messages: working.messages,
    origin: view.sync.origin,
    ...done,
    unsure: unsureOf(leg, done)
  }
  const told = wish.tell
    ? tell(question, {
        ...room,
        items: Math.min(room.items, wish.maxItems),
        maxItemBytes: open.options.maxItemBytes
      })
    : { ...unchanged(question), room }
  const write = nextCursor(
    { open, told, outcomes, done: leg.done, digest: leg.digest },
    { nonce: command.nonce, deviceId: command.wish.deviceId, before: view.state }
  )
  return {
    collection: {
      _tag: "Synced",
      folderId: wish.folderId,
      key: write?.cursor.key ?? open.cursor.key,
      options: open.options,
      isReplay: false,
      outcomes,
      told: told.told,
      more: told.more,
      modSeq: told.view.cursor
    },
    room: { ...told.room, items: room.items - told.told.length },
    ...(write === undefined ? {} : { write })
  }
}
