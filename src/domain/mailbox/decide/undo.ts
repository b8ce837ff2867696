import { Either } from "effect"
import type { Change } from "../../Change.ts"
import type { Undo } from "../../Command.ts"
import { LimitExceeded, NotAllowed, NotFound } from "../../errors.ts"
import type { FolderId, MessageId } from "../../ids.ts"
import type { StoredMessage } from "../../Message.ts"
import type { DoneOperation, UndoOutcome } from "../../Operation.ts"
import { evolveAll, evolveMessage } from "../evolve.ts"
import { moves } from "./messages.ts"
import { undoFolder } from "./undoFolder.ts"
import { type OfMessage, undoMessage } from "./undoMessage.ts"
import { type Decided, decided, type Refusal, type View } from "./View.ts"

/**
 * Puts back what an operation changed, as far as it is still as the operation left it; all else stays as it is. Nothing is
 * removed for good by it: what the operation added goes to Deleted Items. So an undo is itself an operation to undo.
 */
export const undo = (view: View, { undoes }: Undo): Decided =>
  Either.flatMap(changesToUndo(view), (changes) => {
    const folders = undoFolders(view, changes)
    const messages = undoMessages(view, changes)
    const outcomes = [...folders.outcomes, ...messages.outcomes]
    const count = (wanted: UndoOutcome) => outcomes.filter((outcome) => outcome === wanted).length
    return decided([...folders.changes, ...messages.changes], {
      undone: {
        undoes,
        restored: count("restored"),
        changedSince: count("changedSince"),
        gone: count("gone"),
        noPlace: count("noPlace")
      }
    })
  })

/** The messages that must be in the view before the operation can be undone. */
export const messagesOf = ({ changes }: DoneOperation): ReadonlyArray<MessageId> => [
  ...new Set(changes.flatMap((change) => (isOfMessage(change) ? [change.messageId] : [])))
]

const changesToUndo = ({
  undoing,
  limits: { maxBatch, undoWindowMillis }
}: View): Either.Either<ReadonlyArray<Change>, Refusal> => {
  if (undoing === undefined) throw new Error("an undo was decided without what it needs")
  const { operation, now } = undoing
  if (operation === null) return Either.left(new NotFound({ what: "operation" }))
  if (now - operation.at > undoWindowMillis) {
    return Either.left(new NotAllowed({ message: "This was done too long ago to be undone." }))
  }
  if (messagesOf(operation).length > maxBatch) {
    return Either.left(new LimitExceeded({ limit: "batch", max: maxBatch }))
  }
  return Either.right(operation.changes)
}

interface PutBack {
  readonly changes: ReadonlyArray<Change>
  readonly outcomes: ReadonlyArray<UndoOutcome>
}

const undoFolders = (view: View, done: ReadonlyArray<Change>): PutBack => {
  const changes: Array<Change> = []
  const outcomes: Array<UndoOutcome> = []
  let { state } = view
  const ofFolders = done.flatMap((change) => (isOfMessage(change) ? [] : [change]))
  for (const [folderId, own] of grouped(ofFolders, (change) => change.folderId)) {
    const back = undoFolder({ ...view, state }, folderId, own)
    state = evolveAll(state, back.changes)
    changes.push(...back.changes)
    outcomes.push(back.outcome)
  }
  return { changes, outcomes }
}

const undoMessages = (view: View, done: ReadonlyArray<Change>): PutBack => {
  const marks: Array<Change> = []
  const outcomes: Array<UndoOutcome> = []
  const movers: Array<{ readonly message: StoredMessage; readonly toFolderId: FolderId }> = []
  for (const [messageId, own] of grouped(done.filter(isOfMessage), (change) => change.messageId)) {
    const message = view.messages.get(messageId)
    const { change, toFolderId, outcome } = undoMessage(view, message, own)
    outcomes.push(outcome)
    if (change !== null) marks.push(change)
    const marked = message && change !== null ? evolveMessage(message, change) : message
    if (marked !== undefined && toFolderId !== null) movers.push({ message: marked, toFolderId })
  }
  const moved = [...grouped(movers, (mover) => mover.toFolderId)].flatMap(([folderId, own]) => {
    const folder = view.state.folders.get(folderId)
    const messages = own.map(({ message }) => message)
    return folder === undefined ? [] : moves(messages, folder)
  })
  return { changes: [...marks, ...moved], outcomes }
}

/** In the order of their first ones. */
const grouped = <A, K>(all: ReadonlyArray<A>, keyOf: (one: A) => K): ReadonlyMap<K, ReadonlyArray<A>> => {
  const groups = new Map<K, Array<A>>()
  for (const one of all) {
    const group = groups.get(keyOf(one))
    if (group === undefined) groups.set(keyOf(one), [one])
    else group.push(one)
  }
  return groups
}

const isOfMessage = (change: Change): change is OfMessage => "messageId" in change
