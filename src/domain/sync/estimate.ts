import type { Estimate } from "../Command.ts"
import type { MessageId } from "../ids.ts"
import type { StoredMessage } from "../Message.ts"
import type { Decided } from "../mailbox/decide/View.ts"
import { keptOf } from "./conversations.ts"
import { justAnswer } from "./device.ts"
import { type Folded, foldJournal, knownAfter, type Lens } from "./journalFold.ts"
import type { KnownView } from "./KnownView.ts"
import { isBefore, isFrom, positionOf } from "./position.ts"
import { type Open, resolve } from "./resolve.ts"
import type { Room } from "./room.ts"

/** How many items a Sync would tell in the end: the journal folded, the messages on the way to the filter's begin counted. */
export const estimate = (view: KnownView, command: Estimate): Decided => {
  const { state, sync } = view
  const open = resolve({ ...command, digest: "" }, { state, cursors: sync.cursors, now: sync.now })
  const reading = sync.folders.get(command.folderId)
  const isExpired = open._tag === "Open" && reading !== undefined && open.view.cursor < reading.lowWater
  const items = open._tag !== "Open" || isExpired ? null : count(view, open)
  return justAnswer({ _tag: "Estimate", items })
}

const everything: Room = {
  items: Number.MAX_SAFE_INTEGER,
  bytes: Number.MAX_SAFE_INTEGER,
  maxItemBytes: 0,
  isUntouched: true
}

const count = ({ state, sync }: KnownView, open: Open): number => {
  const reading = sync.folders.get(open.folder.id)
  if (reading === undefined) return 0
  const messages = new Map(reading.messages.map((message) => [message.id, message]))
  const lens: Lens = {
    folderId: open.folder.id,
    view: open.view,
    origin: sync.origin,
    since: state.modSeq,
    made: new Set(),
    unsure: new Map(open.view.unsure.map(({ id, after }) => [id, after])),
    removedAt: new Map(open.view.removed?.map(({ id, at }) => [id, at])),
    messages
  }
  const folded = foldJournal({ entries: reading.entries, upTo: state.modSeq }, lens, everything)
  const known = knownAfter(folded, lens)
  const kept = keptOf(open, reading)
  const items =
    folded.ops.size + reading.count + (kept === null ? 0 : besides({ folded, known, kept }, open, lens))
  // The walk back passes over what the device has already.
  return isBefore(open.wanted, open.view.reached)
    ? items - known.filter((id) => !isOlder(messages.get(id), open)).length
    : items - leftTwice(folded, open, { messages, kept })
}

/** Changed and out of the filter since: both times counted, told once; or, of an Add, not at all. */
const leftTwice = (
  { ops }: Folded,
  open: Open,
  { messages, kept }: Pick<Lens, "messages"> & { readonly kept: ReadonlySet<MessageId> | null }
): number => {
  let items = 0
  for (const [id, op] of ops) {
    const message = messages.get(id)
    const isLeft =
      message !== undefined &&
      op !== "Delete" &&
      kept?.has(id) !== true &&
      isLeaving(positionOf(message), open)
    if (isLeft) items += op === "Add" ? 2 : 1
  }
  return items
}

interface Besides {
  readonly folded: Folded
  readonly known: ReadonlyArray<MessageId>
  readonly kept: ReadonlySet<MessageId>
}

/** What conversations add: older messages that are told or taken back, less those that leave the range and stay. */
const besides = ({ folded, known, kept }: Besides, open: Open, { messages }: Lens): number => {
  const has = new Set(known)
  let items = 0
  for (const id of kept) {
    const message = messages.get(id)
    if (message === undefined || has.has(id)) continue
    items += isFrom(positionOf(message), open.view.reached) ? -1 : 1
  }
  const isTakenBack = (id: MessageId) =>
    !kept.has(id) && !folded.ops.has(id) && isOlder(messages.get(id), open)
  return items + known.filter(isTakenBack).length
}

/** One without a row is of a conversation, and there is no filter for them any more. */
const isOlder = (message: StoredMessage | undefined, { wanted }: Open): boolean =>
  message === undefined || isBefore(positionOf(message), wanted)

const isLeaving = (at: ReturnType<typeof positionOf>, { view, wanted }: Open): boolean =>
  isFrom(at, view.reached) && isBefore(at, wanted)
