import { Either } from "effect"
import type { Origin } from "../Change.ts"
import type { MessageId } from "../ids.ts"
import type { NewMessage, StoredMessage } from "../Message.ts"
import { append, changeFlags } from "../mailbox/decide/messages.ts"
import { deleteMessages, expungeMessages } from "../mailbox/decide/removal.ts"
import { checkCategories } from "../mailbox/decide/shape.ts"
import type { Decided, Refusal, View } from "../mailbox/decide/View.ts"
import type { FolderReading } from "./material.ts"
import type { ChangeOutcome } from "./outcomes.ts"
import { isFrom } from "./position.ts"
import type { Open } from "./resolve.ts"
import type { DeviceChange } from "./Synchronise.ts"
import { step, type Working } from "./Working.ts"

type NewDeviceChange = DeviceChange<NewMessage>
type Of<Tag extends NewDeviceChange["_tag"]> = Extract<NewDeviceChange, { readonly _tag: Tag }>

/** A folder of which a device changes something. */
export interface Place {
  readonly open: Open
  readonly origin: Origin
  /** Messages that others changed since the device was last told. */
  readonly contested: ReadonlySet<MessageId>
  /** What requests under the same key did already, by what names it. */
  readonly done: ReadonlyMap<string, MessageId>
}

/** Changes of others that the device does not know of yet. */
export const contestedIn = (
  reading: FolderReading | undefined,
  open: Open,
  origin: Origin
): ReadonlySet<MessageId> =>
  open.options.conflict === "client" || reading === undefined
    ? new Set()
    : new Set(
        reading.entries.flatMap(({ change, origin: by }) =>
          change._tag === "FlagsChanged" && change.folderId === open.folder.id && by !== origin
            ? [change.messageId]
            : []
        )
      )

/** Of the origin of a draft's new text: the device is told of it, though it asked for it. */
export const ofReplacement = (origin: Origin): Origin => `${origin}/replace`

/** Applies one change of a device; it succeeds or fails alone. */
export const applyChange = (working: Working, change: NewDeviceChange, place: Place): ChangeOutcome => {
  switch (change._tag) {
    case "Change":
      return changeMarks(working, change, place)
    case "Delete":
      return remove(working, change, place)
    case "Add":
      return add(working, change, place)
    case "Replace":
      return replace(working, change, place)
  }
}

/** The device's own messages that lie beyond its filter, at most: see `FolderView.known`. */
const maxKnown = 256

const changeMarks = (working: Working, change: Of<"Change">, place: Place): ChangeOutcome => {
  const { messageId } = change
  const message = messageIn(working, messageId, place)
  if (message === undefined) return outcome(change, "NotFound", messageId)
  const decide = (view: View): Decided =>
    Either.flatMap(checkCategories(change.categories ?? []), () =>
      changeFlags(view, {
        _tag: "ChangeFlags",
        messageIds: [messageId],
        addFlags: change.addFlags,
        removeFlags: change.removeFlags,
        addCategories: change.categories ?? [],
        removeCategories:
          change.categories === null
            ? []
            : message.categories.filter((category) => !change.categories?.includes(category)),
        ...(change.followUp === undefined ? {} : { followUp: change.followUp }),
        ...(change.lastVerb === undefined ? {} : { lastVerb: change.lastVerb })
      })
    )
  if (place.contested.has(messageId) && wouldChange(working, decide)) {
    return outcome(change, "Conflict", messageId)
  }
  return Either.match(step(working, decide, place), {
    onLeft: (refusal) => outcome(change, statusOf(refusal), messageId),
    onRight: () => outcome(change, "Applied", messageId)
  })
}

const wouldChange = (working: Working, decide: (view: View) => Decided): boolean =>
  Either.match(decide({ ...working.before, state: working.state, messages: working.messages }), {
    onLeft: () => false,
    onRight: ({ changes }) => changes.length > 0
  })

const remove = (working: Working, change: Of<"Delete">, place: Place): ChangeOutcome => {
  const { messageId } = change
  if (messageIn(working, messageId, place) === undefined) {
    return outcome(change, place.done.has(nameOf(change)) ? "Applied" : "NotFound", messageId)
  }
  const messageIds = [messageId]
  const isForGood = change.permanently || place.open.folder.role === "deleted"
  const decide = (view: View): Decided =>
    isForGood
      ? expungeMessages(view, { _tag: "ExpungeMessages", messageIds })
      : deleteMessages(view, { _tag: "DeleteMessages", messageIds })
  return Either.match(step(working, decide, place), {
    onLeft: (refusal) => outcome(change, statusOf(refusal), messageId),
    onRight: () => outcome(change, "Applied", messageId)
  })
}

const add = (working: Working, change: Of<"Add">, place: Place): ChangeOutcome => {
  const before = place.done.get(nameOf(change))
  if (before !== undefined) return outcome(change, "Applied", before)
  const { content } = change
  const { view, folder } = place.open
  const isBeyond = !isFrom({ at: content.receivedAt, uid: folder.uidNext }, view.reached)
  if (isBeyond && view.known.length >= maxKnown) return outcome(change, "Retry", null)
  return Either.match(appended(working, change, place), {
    onLeft: (refusal) => outcome(change, statusOf(refusal), null),
    onRight: (id) => outcome(change, "Applied", id)
  })
}

const replace = (working: Working, change: Of<"Replace">, place: Place): ChangeOutcome => {
  const before = place.done.get(nameOf(change))
  if (before !== undefined) return outcome(change, "Applied", before)
  const draft = messageIn(working, change.messageId, place)
  if (draft === undefined) return outcome(change, "NotFound", null)
  if (place.open.folder.role !== "drafts" && !draft.flags.includes("\\Draft")) {
    return outcome(change, "Invalid", null)
  }
  const origin = ofReplacement(place.origin)
  return Either.match(appended(working, change, { ...place, origin }), {
    onLeft: (refusal) => outcome(change, statusOf(refusal), null),
    onRight: (id) => {
      step(working, (view) => expungeMessages(view, { _tag: "ExpungeMessages", messageIds: [draft.id] }), {
        origin
      })
      return outcome(change, "Applied", id)
    }
  })
}

const appended = (
  working: Working,
  { content, flags, categories, followUp }: Of<"Add" | "Replace">,
  { open, origin }: Place
): Either.Either<MessageId | null, Refusal> =>
  step(
    working,
    (view) =>
      Either.flatMap(checkCategories(categories), () =>
        append(view, {
          _tag: "Append",
          folderId: open.folder.id,
          flags,
          categories,
          message: content,
          ...(followUp === undefined ? {} : { followUp })
        })
      ),
    { origin, content }
  ).pipe(
    Either.map(({ changes }) => changes.find((change) => change._tag === "MessageAdded")?.messageId ?? null)
  )

/** One that this very request makes is not there yet: one statement sees none of its own rows. */
const messageIn = (
  { messages, contents }: Working,
  id: MessageId,
  { open }: Place
): StoredMessage | undefined => {
  const message = contents.has(id) ? undefined : messages.get(id)
  return message?.folderId === open.folder.id ? message : undefined
}

const statusOf = (refusal: Refusal): ChangeOutcome["status"] => {
  if (refusal._tag === "LimitExceeded") return refusal.limit === "quota" ? "Quota" : "Invalid"
  return refusal._tag === "NotFound" ? "NotFound" : "Invalid"
}

const outcome = (
  change: NewDeviceChange,
  status: ChangeOutcome["status"],
  messageId: MessageId | null
): ChangeOutcome => ({
  _tag: change._tag,
  status,
  messageId,
  clientId: change._tag === "Add" ? change.clientId : null
})

/** Names what must not be done twice. */
const nameOf = (change: NewDeviceChange): string =>
  change._tag === "Add" ? `add ${change.clientId}` : `${change._tag.toLowerCase()} ${change.messageId}`

/** What must be remembered of the changes, so that a repeated request does none of them twice, and one given up is told. */
export const doneBy = (
  changes: ReadonlyArray<NewDeviceChange>,
  outcomes: ReadonlyArray<ChangeOutcome>
): ReadonlyMap<string, MessageId> =>
  new Map(
    changes.flatMap((change, index) => {
      const after = outcomes[index]
      return after?.status !== "Applied" || after.messageId === null
        ? []
        : [[nameOf(change), after.messageId] as const]
    })
  )
