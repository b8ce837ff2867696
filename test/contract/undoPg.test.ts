import { assert, layer } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { Router } from "../../src/actors/mailbox/MailboxProtocol.ts"
import type { ChangeFlags, Command } from "../../src/domain/Command.ts"
import { FolderId, type MailboxId, MessageId, ModSeq, OperationId } from "../../src/domain/ids.ts"
import { Boundaries, type Boundary } from "../../src/observability/boundaries.ts"
import { MailboxReader } from "../../src/storage/mailbox/MailboxReader.ts"
import type { MailboxStore } from "../../src/storage/mailbox/MailboxStore.ts"
import { asking, operation, routerOn } from "../support/actors.ts"
import { deliver } from "../support/domain.ts"
import { layerMailboxesPg, newMailbox } from "../support/mailboxesPg.ts"

const owner = (epoch: number) =>
  Layer.unwrapEffect(
    Effect.map(Effect.context<MailboxStore>(), (context) => routerOn(Layer.succeedContext(context), epoch))
  )

const ask = (id: MailboxId, command: Command, name?: string) =>
  Effect.flatMap(Router, (router) =>
    router.ask(asking(command, { mailboxId: id, ...(name === undefined ? {} : operation(name)) }))
  )

const ids = (...numbers: ReadonlyArray<number>) => numbers.map((n) => MessageId(n))
const marking = (messages: ReadonlyArray<number>, how: Partial<ChangeFlags>): Command => ({
  _tag: "ChangeFlags",
  messageIds: ids(...messages),
  addFlags: [],
  removeFlags: [],
  addCategories: [],
  removeCategories: [],
  ...how
})
const undo = (undoes: string): Command => ({ _tag: "Undo", undoes: OperationId(undoes) })

const rows = (id: MailboxId) =>
  Effect.gen(function* () {
    const reader = yield* MailboxReader
    const found = yield* reader.messages(id, ids(1, 2, 3, 4))
    return [...found]
      .sort((a, b) => a.id - b.id)
      .map(({ folderId, flags, categories, followUp, lastVerb }) => ({
        folderId: Number(folderId),
        flags,
        categories,
        followUp,
        lastVerb
      }))
  })

const withMail = Effect.gen(function* () {
  const id = yield* newMailbox
  for (const _ of [1, 2, 3]) yield* ask(id, deliver())
  return id
})

const operations = (id: MailboxId, wanted: { readonly since?: number; readonly limit?: number } = {}) =>
  Effect.flatMap(MailboxReader, (reader) => reader.operations(id, { since: 0, limit: 10, ...wanted }))

layer(layerMailboxesPg, { timeout: "60 seconds" })("an undo in Postgres", (it) => {
  it.effect("puts back every row that the operation wrote, and its redo writes it again", () =>
    Effect.gen(function* () {
      const id = yield* withMail
      yield* ask(
        id,
        marking([1], {
          addCategories: ["red"],
          followUp: { status: 2, type: "call", dueDate: 5 },
          lastVerb: { verb: 1, at: 7 }
        })
      )
      const before = yield* rows(id)
      yield* ask(
        id,
        marking([1, 2], { addFlags: ["\\Seen"], removeCategories: ["red"], followUp: null }),
        "mark"
      )
      yield* ask(id, { _tag: "DeleteMessages", messageIds: ids(1, 2, 3) }, "delete")
      const done = yield* rows(id)
      assert.deepEqual(
        done.map(({ folderId }) => folderId),
        [4, 4, 4]
      )
      yield* ask(id, undo("delete"), "undo delete")
      const { undone } = yield* ask(id, undo("mark"), "undo mark")
      assert.deepEqual(undone, {
        undoes: OperationId("mark"),
        restored: 2,
        changedSince: 0,
        gone: 0,
        noPlace: 0
      })
      assert.deepEqual(yield* rows(id), before)
      yield* ask(id, undo("undo mark"))
      yield* ask(id, undo("undo delete"))
      assert.deepEqual(yield* rows(id), done)
    }).pipe(Effect.provide(owner(1)))
  )

  it.effect("is refused of what was never named, and of another mailbox's operation", () =>
    Effect.gen(function* () {
      const [id, other] = [yield* withMail, yield* withMail]
      yield* ask(other, { _tag: "DeleteMessages", messageIds: ids(1) }, "delete")
      assert.equal((yield* Effect.flip(ask(id, undo("delete"), "undo")))._tag, "NotFound")
    }).pipe(Effect.provide(owner(1)))
  )

  it.effect("that waits together with what follows is decided before it", () =>
    Effect.gen(function* () {
      const id = yield* withMail
      yield* ask(id, marking([1, 2], { addFlags: ["\\Seen"] }), "mark")
      const [{ undone }] = yield* Effect.all(
        [ask(id, undo("mark"), "undo"), ask(id, marking([1, 3], { addFlags: ["\\Flagged"] }))],
        { concurrency: "unbounded" }
      )
      assert.equal(undone?.restored, 2)
      assert.deepEqual(
        (yield* rows(id)).map(({ flags }) => flags),
        [["\\Flagged"], [], ["\\Flagged"]]
      )
    }).pipe(Effect.provide(owner(1)))
  )

  it.effect(
    "whose owner died between commit and answer is done once, and the next owner answers the same",
    () =>
      Effect.gen(function* () {
        const id = yield* newMailbox
        let isDying = false
        const dying = Layer.succeed(Boundaries, {
          pass: (boundary: Boundary) =>
            isDying && boundary === "delivery-committed" ? Effect.interrupt : Effect.void
        })
        const error = yield* Effect.gen(function* () {
          for (const _ of [1, 2]) yield* ask(id, deliver())
          yield* ask(id, { _tag: "DeleteMessages", messageIds: ids(1, 2) }, "delete")
          isDying = true
          return yield* Effect.flip(ask(id, undo("delete"), "undo"))
        }).pipe(Effect.provide(Layer.provide(owner(1), dying)))
        assert.equal(error._tag, "Unavailable")
        const journal = Effect.flatMap(MailboxReader, (reader) =>
          reader.journal(id, { after: ModSeq(0), limit: 100 })
        )
        const committed = yield* journal
        const again = yield* ask(id, undo("delete"), "undo").pipe(Effect.provide(owner(2)))
        assert.deepEqual(
          [again.duplicate, again.undone?.restored, again.undone?.changedSince, again.modSeq],
          [true, 2, 0, committed.at(-1)?.modSeq]
        )
        assert.deepEqual(yield* journal, committed)
      })
  )

  it.effect("is listed with what else was named, newest first, by what it did", () =>
    Effect.gen(function* () {
      const id = yield* withMail
      yield* ask(id, { _tag: "CreateFolder", name: "Work", parentId: null }, "folder")
      yield* ask(id, { _tag: "MoveMessages", messageIds: ids(1, 2), toFolderId: FolderId(8) }, "move")
      yield* ask(id, marking([1], { addFlags: ["\\Seen"] }))
      yield* ask(id, undo("move"), "undo")
      const listed = yield* operations(id)
      assert.deepEqual(
        listed.map(({ operationId, undoes, changes, origin }) => [operationId, undoes, changes, origin]),
        [
          ["undo", "move", { MessageMoved: 2 }, "test"],
          ["move", null, { MessageMoved: 2 }, "test"],
          ["folder", null, { FolderCreated: 1 }, "test"]
        ]
      )
      const [newest] = listed
      assert.equal((yield* operations(id, { limit: 1 })).length, 1)
      assert.deepEqual(yield* operations(id, { since: (newest?.at ?? 0) + 1 }), [])
    }).pipe(Effect.provide(owner(1)))
  )
})
