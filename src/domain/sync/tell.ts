import type { JournalEntry, Origin } from "../Change.ts"
import { foldersOf } from "../Change.ts"
import type { MessageId, ModSeq } from "../ids.ts"
import type { StoredMessage } from "../Message.ts"
import type { MailboxState } from "../mailbox/State.ts"
import type { FolderView, Told } from "./Cursor.ts"
import { isKeptDue, keptOf, tellKept } from "./conversations.ts"
import {
  foldJournal,
  knownAfter,
  type Lens,
  type Op,
  removedAfter,
  skippedAfter,
  type Track
} from "./journalFold.ts"
import type { FolderReading } from "./material.ts"
import { isSame } from "./position.ts"
import { isBehind, type Open } from "./resolve.ts"
import type { Room } from "./room.ts"
import { walk } from "./walk.ts"

export interface Question {
  readonly open: Open
  readonly reading: FolderReading | undefined
  /** Changes of this very request, in every folder; they follow what was read. */
  readonly own: ReadonlyArray<JournalEntry>
  readonly before: MailboxState
  readonly after: MailboxState
  readonly messages: ReadonlyMap<MessageId, StoredMessage>
  readonly origin: Origin
  /** Messages that the device made and removed, by this request or the same one before. */
  readonly made: ReadonlySet<MessageId>
  readonly removed: ReadonlySet<MessageId>
  readonly unsure: ReadonlyMap<MessageId, ModSeq>
}

export interface Telling {
  readonly told: ReadonlyArray<Told>
  /** What the device knows once it has the answer. */
  readonly view: FolderView
  readonly more: boolean
  readonly room: Room
}

/** What is new for a device, as far as there is room: first the journal to its end, then the way back or forth in time. */
export const tell = (question: Question, room: Room): Telling => {
  const { open, reading, after } = question
  const lens = lensOf(question)
  const folded = foldJournal(entriesOf(question), lens, room)
  const isAtEnd = folded.upTo === after.modSeq
  const known = knownAfter(folded, lens)
  const skipped = skippedAfter(folded, lens)
  const removed = removedAfter(folded.upTo, lens)
  const kept = keptOf(open, reading)
  const way = isAtEnd
    ? walk(reading?.walkedTo ?? open.view.reached, lens, {
        folded: { ...folded, known },
        kept: kept ?? new Set()
      })
    : { ops: folded.ops, reached: open.view.reached, known, room: folded.room }
  const isThere = isAtEnd && isSame(way.reached, open.wanted)
  const walked =
    isThere && kept !== null ? tellKept(way, kept, lens) : { ...way, isDue: kept !== null || isKeptDue(open) }
  return {
    told: [...walked.ops].flatMap(([id, op]) =>
      toTold(id, {
        op,
        changed: folded.tracks.get(id)?.changed,
        messages: question.messages,
        isKept: kept?.has(id) === true
      })
    ),
    view: {
      cursor: folded.upTo,
      reached: walked.reached,
      known: walked.known,
      ...(skipped.length === 0 ? {} : { skipped }),
      ...(removed.length === 0 ? {} : { removed }),
      ownUntil: after.modSeq,
      unsure: isAtEnd ? [] : unsureIn(question),
      options: open.options,
      ...(walked.isDue ? { isKeptDue: true } : {})
    },
    more: !isThere || walked.isDue,
    room: walked.room
  }
}

/**
 * The device wishes to be told nothing. Its own changes count as told all the same, where nothing else waits to be: or its
 * next Ping would wake for them.
 */
export const unchanged = (question: Question): Omit<Telling, "room"> => {
  const { open, after } = question
  const lens = lensOf(question)
  const isCurrent = !isBehind({ ...open, wanted: open.view.reached })
  const noRoom = { items: 0, bytes: 0, maxItemBytes: 0, isUntouched: false }
  const folded = foldJournal({ entries: question.own, upTo: after.modSeq }, lens, noRoom)
  const isKnown = isCurrent && folded.upTo === after.modSeq
  const { removed: _, ...view } = open.view
  const removed = removedAfter(isKnown ? after.modSeq : view.cursor, lens)
  return {
    told: [],
    view: {
      ...view,
      ...(removed.length === 0 ? {} : { removed }),
      ...(isKnown ? { cursor: after.modSeq, known: knownAfter(folded, lens) } : {}),
      ownUntil: after.modSeq,
      unsure: isKnown ? [] : unsureIn(question),
      options: open.options,
      ...(isKeptDue(open) ? { isKeptDue: true } : {})
    },
    more: false
  }
}

const unsureIn = ({ unsure }: Question): FolderView["unsure"] =>
  [...unsure].map(([id, after]) => ({ id, after }))

const lensOf = ({ open, before, after, origin, made, removed, unsure, messages }: Question): Lens => ({
  folderId: open.folder.id,
  view: open.view,
  origin,
  since: before.modSeq,
  made,
  unsure,
  removedAt: new Map([
    ...(open.view.removed ?? []).map(({ id, at }) => [id, at] as const),
    ...[...removed].map((id) => [id, after.modSeq] as const)
  ]),
  messages
})

/** The request's own changes come after what was read, unless that ended before the journal did. */
const entriesOf = ({
  open,
  reading,
  own,
  before,
  after
}: Question): { readonly entries: ReadonlyArray<JournalEntry>; readonly upTo: ModSeq } => {
  const readTo = reading?.readTo ?? before.modSeq
  if (readTo < before.modSeq) return { entries: reading?.entries ?? [], upTo: readTo }
  const here = own.filter(({ change }) => foldersOf(change).includes(open.folder.id))
  return { entries: [...(reading?.entries ?? []), ...here], upTo: after.modSeq }
}

const toTold = (
  id: MessageId,
  {
    op,
    changed,
    messages,
    isKept
  }: {
    readonly op: Op
    readonly changed: Track["changed"]
    readonly messages: ReadonlyMap<MessageId, StoredMessage>
    readonly isKept: boolean
  }
): ReadonlyArray<Told> => {
  if (op === "Delete" || op === "SoftDelete") return [{ op, id }]
  const message = messages.get(id)
  if (message === undefined) return []
  const { flags, categories, followUp, lastVerb } = message
  return [
    {
      op,
      id,
      flags,
      categories,
      ...(followUp === undefined ? {} : { followUp }),
      ...(lastVerb === undefined ? {} : { lastVerb }),
      ...(op === "Add" && isKept ? { isKept } : {}),
      ...(op === "Change" && changed !== "all" && changed !== undefined ? { changed: [...changed] } : {})
    }
  ]
}
