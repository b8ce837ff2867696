import { Either } from "effect"
import fc from "fast-check"
import { assert, it } from "vitest"
import type { Change } from "../../../src/domain/Change.ts"
import type { Command } from "../../../src/domain/Command.ts"
import type { FolderId, MessageId } from "../../../src/domain/ids.ts"
import type { StoredMessage } from "../../../src/domain/Message.ts"
import { folderByRole } from "../../../src/domain/mailbox/State.ts"
import { anyCommand } from "../../support/commands.ts"
import { createMailbox, emptyModel, type Model, run } from "../../support/domain.ts"
import { undo } from "../../support/undo.ts"

// What an undo must come to, said without the journal: from the mailbox before the operation, after it, now and then.

const nothing: ReadonlyArray<Change> = []

const attempt = (model: Model, command: Command) =>
  Either.getOrElse(run(model, command), () => ({ ...model, changes: nothing }))

const after = (model: Model, commands: ReadonlyArray<Command>): Model =>
  commands.reduce<Model>((at, command) => {
    const { state, messages, journal } = attempt(at, command)
    return { state, messages, journal }
  }, model)

interface Story {
  readonly before: Model
  readonly done: Model
  readonly now: Model
  readonly undone: Model
}

const undoOf = (model: Model, changes: ReadonlyArray<Change>) => Either.getOrThrow(undo(model, changes))

type Read<A> = (message: StoredMessage) => A

const flags = ["\\Seen", "\\Flagged", "\\Answered"] as const
const facets: ReadonlyArray<Read<boolean>> = [
  ...flags.map((flag) => (message: StoredMessage) => message.flags.includes(flag)),
  (message) => message.categories.includes("x")
]
const place: Read<string> = ({ folderId, uid }) => `${folderId}/${uid}`

/** What the mark must be: as before where the operation changed it and nobody else since, or else as it is. */
const expectedMark = (
  read: Read<boolean>,
  at: { readonly before: StoredMessage; readonly done: StoredMessage; readonly now: StoredMessage }
): boolean => {
  const wasChanged = read(at.before) !== read(at.done)
  return wasChanged && read(at.now) === read(at.done) ? read(at.before) : read(at.now)
}

const expectedFolder = (
  { before, now }: Story,
  at: {
    readonly before: StoredMessage | undefined
    readonly done: StoredMessage
    readonly now: StoredMessage
  }
): FolderId => {
  const wasChanged = at.before === undefined || place(at.before) !== place(at.done)
  if (!wasChanged || place(at.now) !== place(at.done)) return at.now.folderId
  const former = at.before?.folderId ?? folderByRole(before.state, "deleted")?.id
  return former !== undefined && now.state.folders.has(former) ? former : at.now.folderId
}

const checkMessage = (story: Story, id: MessageId): void => {
  const [before, done, now, undone] = [story.before, story.done, story.now, story.undone].map(
    ({ messages }) => messages.get(id)
  )
  if (now === undefined || undone === undefined || done === undefined) {
    // Gone, or came since.
    assert.deepEqual(undone, now)
    return
  }
  assert.equal(undone.folderId, expectedFolder(story, { before, done, now }))
  if (undone.folderId === now.folderId) assert.equal(undone.uid, now.uid)
  for (const read of facets) {
    assert.equal(read(undone), before === undefined ? read(now) : expectedMark(read, { before, done, now }))
  }
}

/** Names and places, each as before, as now, or where the folder cannot be so, both as now. */
const checkFolder = (story: Story, id: FolderId, mayBeBlocked: boolean): void => {
  const [before, done, now, undone] = [story.before, story.done, story.now, story.undone].map(({ state }) =>
    state.folders.get(id)
  )
  assert.equal(now === undefined, undone === undefined)
  if (before === undefined || done === undefined || now === undefined || undone === undefined) return
  const [nameNow, parentNow] = [now.name, now.parentId]
  const name = before.name !== done.name && now.name === done.name ? before.name : nameNow
  const parentId =
    before.parentId !== done.parentId && now.parentId === done.parentId ? before.parentId : parentNow
  if (mayBeBlocked && undone.name === nameNow && undone.parentId === parentNow) return
  assert.deepEqual([undone.name, undone.parentId], [name, parentId])
}

const check = (story: Story, mayBeBlocked: boolean): void => {
  const messages = new Set([story.now, story.undone].flatMap((model) => [...model.messages.keys()]))
  for (const id of messages) checkMessage(story, id)
  const folders = new Set([story.now, story.undone].flatMap(({ state }) => [...state.folders.keys()]))
  for (const id of folders) checkFolder(story, id, mayBeBlocked)
}

const items = (changes: ReadonlyArray<Change>): number =>
  new Set(
    changes.map((change) =>
      "messageId" in change ? `message ${change.messageId}` : `folder ${change.folderId}`
    )
  ).size

const commands = (minLength: number, maxLength: number) => fc.array(anyCommand, { minLength, maxLength })

it("whatever two clients did, an undo puts back what is untouched since and leaves the rest; a redo returns it", () => {
  let restored = 0
  let left = 0
  fc.assert(
    fc.property(
      commands(20, 60),
      anyCommand,
      commands(0, 12),
      commands(0, 8),
      (earlier, operation, others, later) => {
        const before = after(emptyModel, [createMailbox, ...earlier])
        const { changes, state, messages, journal } = attempt(before, operation)
        const done = { state, messages, journal }
        const now = after(done, others)
        const { model, changes: back, undone } = undoOf(now, changes)
        check({ before, done, now, undone: model }, (undone?.noPlace ?? 0) > 0)
        restored += undone?.restored ?? 0
        left += (undone?.changedSince ?? 0) + (undone?.gone ?? 0) + (undone?.noPlace ?? 0)
        assert.equal(
          (undone?.restored ?? 0) +
            (undone?.changedSince ?? 0) +
            (undone?.gone ?? 0) +
            (undone?.noPlace ?? 0),
          items(changes)
        )
        // An undo is an operation like any other: it is undone by the same rule.
        const then = after(model, later)
        const redo = undoOf(then, back)
        check({ before: now, done: model, now: then, undone: redo.model }, (redo.undone?.noPlace ?? 0) > 0)
      }
    ),
    { numRuns: 1_000 }
  )
  // Else nothing was tried.
  assert.isAbove(restored, 300)
  assert.isAbove(left, 100)
})
