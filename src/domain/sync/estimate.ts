import type { Estimate } from "../Command.ts"
import type { Decided } from "../mailbox/decide/View.ts"
import { justAnswer } from "./device.ts"
import { foldJournal, knownAfter, type Lens } from "./journalFold.ts"
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
    confirmed: new Set(),
    unsure: new Map(open.view.unsure.map(({ id, after }) => [id, after])),
    messages
  }
  const folded = foldJournal({ entries: reading.entries, upTo: state.modSeq }, lens, everything)
  if (isBefore(open.wanted, open.view.reached)) {
    // The walk passes over what the device has already.
    return folded.ops.size + reading.count - knownAfter(folded, lens).length
  }
  let items = folded.ops.size + reading.count
  for (const [id, op] of folded.ops) {
    const message = messages.get(id)
    const isLeft = message !== undefined && op !== "Delete" && isLeaving(positionOf(message), open)
    // Both times counted, told once; or, of an Add, not at all.
    if (isLeft) items -= op === "Add" ? 2 : 1
  }
  return items
}

const isLeaving = (at: ReturnType<typeof positionOf>, { view, wanted }: Open): boolean =>
  isFrom(at, view.reached) && isBefore(at, wanted)
