import { Either } from "effect"
import fc from "fast-check"
import { assert, it } from "vitest"
import type { Change } from "../../../src/domain/Change.ts"
import type { ChangeFlags, Command } from "../../../src/domain/Command.ts"
import type { Flag } from "../../../src/domain/Flags.ts"
import { FolderId, MessageId } from "../../../src/domain/ids.ts"
import type { StoredMessage } from "../../../src/domain/Message.ts"
import { folderByRole } from "../../../src/domain/mailbox/State.ts"
import type { Undone } from "../../../src/domain/Operation.ts"
import { anyCommand } from "../../support/commands.ts"
import { createMailbox, deliver, emptyModel, type Model, run } from "../../support/domain.ts"
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

const facets: ReadonlyArray<Read<string>> = [
  ({ flags }) => String(flags.includes("\\Seen")),
  // What is planned and its flag are one.
  ({ flags, followUp }) => `${flags.includes("\\Flagged")} ${followUp?.type}`,
  ({ flags, lastVerb }) => `${flags.includes("\\Answered")} ${lastVerb?.verb}`,
  ...["x", "y"].map(
    (name) =>
      ({ categories }: StoredMessage) =>
        String(categories.includes(name))
  )
]
const place: Read<string> = ({ folderId, uid }) => `${folderId}/${uid}`

/** What the mark must be: as before where the operation changed it and nobody else since, or else as it is. */
const expectedMark = (
  read: Read<string>,
  at: { readonly before: StoredMessage; readonly done: StoredMessage; readonly now: StoredMessage }
): string => {
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

/** Messages of which somebody changed since what the operation had changed. */
const changedSince = ({ before, done, now }: Story): number =>
  [...done.messages.values()].filter((left) => {
    const [was, is] = [before.messages.get(left.id), now.messages.get(left.id)]
    if (is === undefined) return false
    const reads = was === undefined ? [place] : [place, ...facets]
    return reads.some((read) => (was === undefined || read(was) !== read(left)) && read(is) !== read(left))
  }).length

const check = (
  story: Story,
  { changes, undone }: { readonly changes: ReadonlyArray<Change>; readonly undone: Undone | undefined }
) => {
  const { restored = 0, changedSince: left = 0, gone = 0, noPlace = 0 } = undone ?? {}
  assert.equal(restored + left + gone + noPlace, items(changes))
  if (changes.every((change) => "messageId" in change)) assert.equal(left, changedSince(story))
  const mayBeBlocked = noPlace > 0
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

// A small world, in which two clients meet often.
const messageIds = fc.subarray(
  [1, 2, 3, 4].map((n) => MessageId(n)),
  { minLength: 1 }
)
const anyFolder = fc.constantFrom(...[1, 4, 6, 8, 9].map((n) => FolderId(n)))
const ownFolder = fc.constantFrom(...[8, 9, 10].map((n) => FolderId(n)))
const someFlags = fc.subarray<Flag>(["\\Seen", "\\Flagged", "\\Answered"])
const someCategories = fc.subarray(["x", "y"])
const someFollowUp = fc.constantFrom<Pick<ChangeFlags, "followUp">>(
  {},
  {},
  { followUp: null },
  { followUp: { status: 2, type: "call" } },
  { followUp: { status: 2, type: "visit" } }
)
const someVerb = fc.constantFrom<Pick<ChangeFlags, "lastVerb">>(
  {},
  {},
  { lastVerb: { verb: 1, at: 1 } },
  { lastVerb: { verb: 3, at: 1 } }
)

const anyAction: fc.Arbitrary<Command> = fc.oneof(
  {
    weight: 30,
    arbitrary: fc
      .tuple(
        messageIds,
        someFlags,
        someFlags,
        fc.tuple(someCategories, someCategories),
        someFollowUp,
        someVerb
      )
      .map(
        ([ids, addFlags, removeFlags, [addCategories, removeCategories], followUp, lastVerb]): Command => ({
          _tag: "ChangeFlags",
          messageIds: ids,
          addFlags,
          removeFlags,
          addCategories,
          removeCategories,
          ...followUp,
          ...lastVerb
        })
      )
  },
  {
    weight: 20,
    arbitrary: fc
      .tuple(messageIds, anyFolder)
      .map(([ids, toFolderId]): Command => ({ _tag: "MoveMessages", messageIds: ids, toFolderId }))
  },
  {
    weight: 15,
    arbitrary: fc
      .tuple(ownFolder, fc.constantFrom("a", "b", "c"))
      .map(([folderId, name]): Command => ({ _tag: "RenameFolder", folderId, name }))
  },
  {
    weight: 15,
    arbitrary: fc
      .tuple(ownFolder, fc.option(ownFolder, { nil: null }))
      .map(([folderId, parentId]): Command => ({ _tag: "MoveFolder", folderId, parentId }))
  },
  { weight: 20, arbitrary: anyCommand }
)

const actions = (maxLength: number) => fc.array(anyAction, { maxLength })

const world = after(emptyModel, [
  createMailbox,
  ...[1, 2, 3, 4].map(() => deliver()),
  ...["a", "b", "c"].map((name): Command => ({ _tag: "CreateFolder", name, parentId: null }))
])

it("whatever two clients did, an undo puts back what is untouched since and leaves the rest; a redo returns it", () => {
  const all = { restored: 0, changedSince: 0, gone: 0, noPlace: 0 }
  fc.assert(
    fc.property(actions(8), anyAction, actions(6), actions(6), (earlier, operation, others, later) => {
      const before = after(world, earlier)
      const { changes, state, messages, journal } = attempt(before, operation)
      const done = { state, messages, journal }
      const now = after(done, others)
      const back = undoOf(now, changes)
      check({ before, done, now, undone: back.model }, { changes, undone: back.undone })
      // An undo is an operation like any other: it is undone by the same rule.
      const then = after(back.model, later)
      const again = undoOf(then, back.changes)
      check(
        { before: now, done: back.model, now: then, undone: again.model },
        { changes: back.changes, undone: again.undone }
      )
      for (const { undone } of [back, again]) {
        all.restored += undone?.restored ?? 0
        all.changedSince += undone?.changedSince ?? 0
        all.gone += undone?.gone ?? 0
        all.noPlace += undone?.noPlace ?? 0
      }
    }),
    { numRuns: 2_000 }
  )
  // Else little was tried.
  for (const count of Object.values(all)) assert.isAbove(count, 20)
})
