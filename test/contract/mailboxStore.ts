import { assert, describe, it } from "@effect/vitest"
import { Effect, type Layer } from "effect"
import { decideBatch } from "../../src/actors/mailbox/batch.ts"
import type { Command } from "../../src/domain/Command.ts"
import { Epoch, FolderId, type MailboxId, MessageId } from "../../src/domain/ids.ts"
import { select } from "../../src/domain/mailbox/decide/decide.ts"
import { defaultMailboxLimits } from "../../src/domain/mailbox/State.ts"
import { MailboxStore } from "../../src/storage/mailbox/MailboxStore.ts"
import { asking, mailboxNumber, operation } from "../support/actors.ts"
import { deliver } from "../support/domain.ts"

/** What every driver of `MailboxStore` must do. `newMailbox` makes a mailbox that nobody has opened. */
export const mailboxStoreSuite = <E, R>(
  name: string,
  driver: {
    readonly layer: Layer.Layer<MailboxStore | R, E>
    readonly newMailbox: Effect.Effect<MailboxId, never, R>
  }
) => {
  /** Activates, decides one batch, and gives the commit without committing it. */
  const decided = (id: MailboxId, epoch: number, commands: ReadonlyArray<Command>, operationName?: string) =>
    Effect.gen(function* () {
      const store = yield* MailboxStore
      const { claim, ...state } = yield* store.activate(id, Epoch(epoch))
      const messages = yield* Effect.forEach(commands, (command) =>
        store.select(id, select(state, command), 100)
      )
      const asks = commands.map((command) =>
        asking(command, { mailboxId: id, ...(operationName === undefined ? {} : operation(operationName)) })
      )
      const { commit } = decideBatch(state, asks, {
        messages: messages.flat(),
        limits: defaultMailboxLimits,
        sync: null,
        now: 1_700_000_000_000,
        epoch: Epoch(epoch),
        claim
      })
      if (commit === null) return yield* Effect.dieMessage("nothing to commit")
      return commit
    })

  const commit = (id: MailboxId, ...commands: ReadonlyArray<Command>) =>
    Effect.gen(function* () {
      const store = yield* MailboxStore
      yield* store.commit(yield* decided(id, 1, commands))
      return yield* store.activate(id, Epoch(1))
    })

  const created: Command = { _tag: "CreateMailbox" }

  describe(`MailboxStore on ${name}`, () => {
    it.scoped("begins empty and is not there for strangers", () =>
      Effect.gen(function* () {
        const store = yield* MailboxStore
        const id = yield* driver.newMailbox
        const state = yield* store.activate(id, Epoch(1))
        assert.deepEqual([state.modSeq, state.folders.size], [0, 0])
        const error = yield* Effect.flip(store.activate(mailboxNumber(404), Epoch(1)))
        assert.equal(error._tag, "NotFound")
      }).pipe(Effect.provide(driver.layer))
    )

    it.scoped("reads back what a commit wrote: state, messages, moves, copies and removals", () =>
      Effect.gen(function* () {
        const store = yield* MailboxStore
        const id = yield* driver.newMailbox
        yield* commit(id, created)
        const wanted = yield* decided(id, 1, [deliver({ sizeBytes: 10 }), deliver(), deliver()])
        yield* store.commit(wanted)
        const { claim: _, ...found } = yield* store.activate(id, Epoch(1))
        assert.deepEqual(found, wanted.after)
        const after = yield* commit(
          id,
          { _tag: "CopyMessages", messageIds: [MessageId(1)], toFolderId: FolderId(6) },
          { _tag: "MoveMessages", messageIds: [MessageId(2)], toFolderId: FolderId(6) },
          {
            _tag: "ChangeFlags",
            messageIds: [MessageId(1), MessageId(2)],
            addFlags: ["\\Seen", "\\Flagged"],
            removeFlags: [],
            addCategories: ["red"],
            removeCategories: []
          },
          { _tag: "ExpungeMessages", messageIds: [MessageId(3)] }
        )
        const stored = yield* store.select(
          id,
          { _tag: "Ids", ids: [1, 2, 3, 4].map((n) => MessageId(n)) },
          10
        )
        assert.deepEqual(
          [...stored]
            .sort((a, b) => a.id - b.id)
            .map(({ id: messageId, folderId, uid, flags, categories }) => [
              Number(messageId),
              Number(folderId),
              Number(uid),
              flags,
              categories
            ]),
          [
            [1, 1, 1, ["\\Flagged", "\\Seen"], ["red"]],
            [2, 6, 2, ["\\Flagged", "\\Seen"], ["red"]],
            [4, 6, 1, [], []]
          ]
        )
        assert.deepEqual(
          [1, 6].map((n) => {
            const folder = after.folders.get(FolderId(n))
            return [folder?.total, folder?.unread, folder?.uidNext]
          }),
          [
            [1, 0, 4],
            [2, 1, 3]
          ]
        )
      }).pipe(Effect.provide(driver.layer))
    )

    it.scoped("a copy has what is planned with its message, also where that is of the same commit", () =>
      Effect.gen(function* () {
        const store = yield* MailboxStore
        const id = yield* driver.newMailbox
        yield* commit(id, created)
        yield* commit(id, deliver())
        const copy = { _tag: "CopyMessages", messageIds: [MessageId(1)], toFolderId: FolderId(6) } as const
        const planned = (type: string): Command => ({
          _tag: "ChangeFlags",
          messageIds: [MessageId(1)],
          addFlags: [],
          removeFlags: [],
          addCategories: [],
          removeCategories: [],
          followUp: { status: 2, type },
          lastVerb: { verb: 1, at: 5 }
        })
        yield* commit(id, copy, planned("to be called back"), copy, planned("to be visited"))
        yield* commit(id, copy)
        const ids = [2, 3, 4].map((n) => MessageId(n))
        const stored = yield* store.select(id, { _tag: "Ids", ids }, 10)
        assert.deepEqual(
          [...stored]
            .sort((a, b) => a.id - b.id)
            .map(({ followUp, lastVerb }) => [followUp?.type, lastVerb?.verb]),
          [
            [undefined, undefined],
            ["to be called back", 1],
            ["to be visited", 1]
          ]
        )
      }).pipe(Effect.provide(driver.layer))
    )

    it.scoped("selects the messages of folders oldest first, unseen only where asked, cut at the limit", () =>
      Effect.gen(function* () {
        const store = yield* MailboxStore
        const id = yield* driver.newMailbox
        yield* commit(id, created)
        yield* commit(id, deliver(), deliver(), deliver())
        yield* commit(
          id,
          { _tag: "MoveMessages", messageIds: [MessageId(1)], toFolderId: FolderId(1) },
          deliver()
        )
        yield* commit(id, {
          _tag: "ChangeFlags",
          messageIds: [MessageId(1)],
          addFlags: ["\\Seen"],
          removeFlags: [],
          addCategories: [],
          removeCategories: []
        })
        const found = (unseenOnly: boolean, limit: number) =>
          Effect.map(
            store.select(id, { _tag: "Folders", folderIds: [FolderId(1), FolderId(6)], unseenOnly }, limit),
            (messages) => messages.map((message) => Number(message.id))
          )
        assert.deepEqual(yield* found(false, 10), [1, 2, 3, 4])
        assert.deepEqual(yield* found(true, 2), [2, 3])
      }).pipe(Effect.provide(driver.layer))
    )

    it.scoped("a stale epoch can neither commit nor activate, from the claim on", () =>
      Effect.gen(function* () {
        const store = yield* MailboxStore
        const id = yield* driver.newMailbox
        yield* commit(id, created)
        const late = yield* decided(id, 1, [deliver()])
        yield* store.activate(id, Epoch(2))
        assert.equal((yield* Effect.flip(store.commit(late)))._tag, "StaleEpoch")
        assert.equal((yield* Effect.flip(store.activate(id, Epoch(1))))._tag, "StaleEpoch")
        const state = yield* store.activate(id, Epoch(2))
        assert.equal(state.modSeq, 7)
        assert.deepEqual(yield* store.head(id), { epoch: Epoch(2), modSeq: state.modSeq })
      }).pipe(Effect.provide(driver.layer))
    )

    it.scoped(
      "a commit that comes after its mailbox was claimed again writes nothing, under the same epoch too",
      () =>
        Effect.gen(function* () {
          const store = yield* MailboxStore
          const id = yield* driver.newMailbox
          yield* commit(id, created)
          const late = yield* decided(id, 1, [deliver()])
          const again = yield* decided(id, 1, [deliver()])
          assert.equal((yield* Effect.flip(store.commit(late)))._tag, "HeadMoved")
          yield* store.commit(again)
          assert.equal((yield* store.activate(id, Epoch(1))).folders.get(FolderId(1))?.total, 1)
        }).pipe(Effect.provide(driver.layer))
    )

    it.scoped("a commit on an old modseq writes nothing", () =>
      Effect.gen(function* () {
        const store = yield* MailboxStore
        const id = yield* driver.newMailbox
        yield* commit(id, created)
        const late = yield* decided(id, 1, [deliver()])
        yield* commit(id, deliver())
        assert.equal((yield* Effect.flip(store.commit(late)))._tag, "HeadMoved")
        assert.equal((yield* store.activate(id, Epoch(1))).folders.get(FolderId(1))?.total, 1)
      }).pipe(Effect.provide(driver.layer))
    )

    it.scoped("a task or operation that was applied fails the whole commit, and tells which it was", () =>
      Effect.gen(function* () {
        const store = yield* MailboxStore
        const id = yield* driver.newMailbox
        yield* commit(id, created)
        const first = deliver()
        yield* commit(id, first)
        const again = yield* decided(id, 1, [deliver(), first])
        assert.equal((yield* Effect.flip(store.commit(again)))._tag, "AlreadyApplied")
        const folder = (folderName: string): Command => ({
          _tag: "CreateFolder",
          name: folderName,
          parentId: null
        })
        const named = yield* decided(id, 1, [folder("a")], "op")
        yield* store.commit(named)
        const repeated = yield* decided(id, 1, [folder("b")], "op")
        assert.equal((yield* Effect.flip(store.commit(repeated)))._tag, "AlreadyApplied")
        const applied = yield* store.applied(id, {
          taskIds: [first.taskId],
          operationIds: [operation("op").operationId, operation("other").operationId]
        })
        assert.deepEqual([...applied.deliveries.values()], [MessageId(1)])
        assert.deepEqual(
          [...applied.operations.values()],
          named.operations.map(({ result }) => result)
        )
        assert.equal((yield* store.activate(id, Epoch(1))).modSeq, 9)
      }).pipe(Effect.provide(driver.layer))
    )

    it.scoped("keeps a quarantined mailbox shut until it is released", () =>
      Effect.gen(function* () {
        const store = yield* MailboxStore
        const id = yield* driver.newMailbox
        yield* commit(id, created)
        const late = yield* decided(id, 1, [deliver()])
        yield* store.quarantine(id)
        assert.equal((yield* Effect.flip(store.commit(late)))._tag, "HeadMoved")
        assert.equal((yield* Effect.flip(store.activate(id, Epoch(1))))._tag, "MailboxQuarantined")
        yield* store.release(id)
        assert.equal((yield* store.activate(id, Epoch(1))).modSeq, 7)
      }).pipe(Effect.provide(driver.layer))
    )
  })
}
