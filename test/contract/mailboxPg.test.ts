import { assert, describe, layer } from "@effect/vitest"
import { Effect, Either, Layer } from "effect"
import fc from "fast-check"
import { Router } from "../../src/actors/mailbox/MailboxProtocol.ts"
import type { JournalEntry } from "../../src/domain/Change.ts"
import type { Command } from "../../src/domain/Command.ts"
import { FolderId, type MailboxId, MessageId, ModSeq, Uid } from "../../src/domain/ids.ts"
import { evolve } from "../../src/domain/mailbox/evolve.ts"
import { emptyState } from "../../src/domain/mailbox/State.ts"
import { MailboxReader } from "../../src/storage/mailbox/MailboxReader.ts"
import type { MailboxStore } from "../../src/storage/mailbox/MailboxStore.ts"
import { Postgres, statement } from "../../src/storage/postgres.ts"
import { asking, routerOn } from "../support/actors.ts"
import { anyCommand } from "../support/commands.ts"
import { deliver, newMessage } from "../support/domain.ts"
import { layerMailboxesPg, newMailbox } from "../support/mailboxesPg.ts"

const router = (epoch: number) =>
  Layer.unwrapEffect(
    Effect.map(Effect.context<MailboxStore>(), (context) => routerOn(Layer.succeedContext(context), epoch))
  )

const journal = (id: MailboxId) =>
  Effect.gen(function* () {
    const reader = yield* MailboxReader
    const entries: Array<JournalEntry> = []
    for (;;) {
      const page = yield* reader.journal(id, { after: ModSeq(entries.length), limit: 50 })
      entries.push(...page)
      if (page.length < 50) return entries
    }
  })

const counted = statement<{ readonly folder: number; readonly total: number; readonly unread: number }>({
  text: `SELECT mailbox_id AS folder, count(*) AS total,
      count(*) FILTER (WHERE NOT '\\Seen' = ANY (flags)) AS unread
    FROM mail_state.messages WHERE user_id = $1 GROUP BY mailbox_id ORDER BY mailbox_id`
})

layer(layerMailboxesPg, { timeout: "60 seconds" })("a mailbox in Postgres", (it) => {
  it.effect(
    "is the same loaded, replayed from its gapless journal, and counted, after any interleaving",
    () =>
      Effect.gen(function* () {
        const rounds = fc.sample(fc.array(anyCommand, { minLength: 30, maxLength: 80 }), {
          numRuns: 12,
          seed: 7
        })
        yield* Effect.forEach(
          rounds,
          (commands) =>
            Effect.gen(function* () {
              const id = yield* newMailbox
              yield* Effect.gen(function* () {
                const { ask } = yield* Router
                yield* Effect.forEach(
                  commands,
                  (command) => Effect.either(ask(asking(command, { mailboxId: id }))),
                  {
                    concurrency: 8
                  }
                )
              }).pipe(Effect.provide(router(1)))

              const entries = yield* journal(id)
              assert.deepEqual(
                entries.map(({ modSeq }) => Number(modSeq)),
                entries.map((_, index) => index + 1)
              )
              const replayed = entries.reduce((state, { change }) => evolve(state, change), emptyState(id))
              const loaded = yield* Effect.flatMap(Router, ({ state }) => state(id)).pipe(
                Effect.provide(router(2))
              )
              assert.deepEqual(loaded, replayed)
              const { query } = yield* Postgres
              assert.deepEqual(
                (yield* query(counted, [id])).map(({ folder, total, unread }) => [folder, total, unread]),
                [...loaded.folders.values()]
                  .filter(({ total }) => total > 0)
                  .map((folder) => [Number(folder.id), folder.total, folder.unread])
              )
            }),
          { concurrency: 4 }
        )
      })
  )

  it.effect("lists newest first, page after page, and finds messages by number", () =>
    Effect.gen(function* () {
      const id = yield* newMailbox
      const reader = yield* MailboxReader
      yield* Effect.gen(function* () {
        const { ask } = yield* Router
        yield* Effect.forEach(Array.from({ length: 5 }), () => ask(asking(deliver(), { mailboxId: id })))
      }).pipe(Effect.provide(router(1)))
      const page = (belowUid: number | null) =>
        Effect.map(
          reader.page(id, {
            folderId: FolderId(1),
            belowUid: belowUid === null ? null : Uid(belowUid),
            limit: 2
          }),
          (messages) => messages.map(({ uid }) => Number(uid))
        )
      assert.deepEqual([yield* page(null), yield* page(4), yield* page(2)], [[5, 4], [3, 2], [1]])
      assert.equal((yield* Effect.flip(reader.message(id, MessageId(9))))._tag, "NotFound")
      assert.equal((yield* reader.message(id, MessageId(3))).uid, 3)
    })
  )

  it.effect("refuses a journal cursor from the future or below the low-water mark", () =>
    Effect.gen(function* () {
      const id = yield* newMailbox
      const reader = yield* MailboxReader
      const { query } = yield* Postgres
      yield* Effect.gen(function* () {
        const { ask } = yield* Router
        yield* ask(asking(deliver(), { mailboxId: id }))
      }).pipe(Effect.provide(router(1)))
      const after = (modSeq: number) =>
        Effect.either(reader.journal(id, { after: ModSeq(modSeq), limit: 10 }))
      assert.deepEqual(yield* after(8), Either.right([]))
      assert.isTrue(Either.isLeft(yield* after(9)))
      yield* query(statement({ text: "UPDATE mail_state.heads SET low_water = 3 WHERE user_id = $1" }), [id])
      assert.isTrue(Either.isLeft(yield* after(2)))
      assert.isTrue(Either.isRight(yield* after(3)))
    })
  )

  describe("threads", () => {
    const said = (own: string, subject: string, references: ReadonlyArray<string> = []): Command =>
      deliver({
        topic: subject.replace(/^Re: /, "").toLowerCase(),
        envelope: {
          ...newMessage().envelope,
          subject,
          internetMessageId: own,
          references,
          inReplyTo: references.slice(-1)
        }
      })

    const threads = (commands: ReadonlyArray<Command>, concurrency: number) =>
      Effect.gen(function* () {
        const id = yield* newMailbox
        const reader = yield* MailboxReader
        yield* Effect.gen(function* () {
          const { ask } = yield* Router
          yield* Effect.forEach(commands, (command) => ask(asking(command, { mailboxId: id })), {
            concurrency
          })
        }).pipe(Effect.provide(router(1)))
        const messages = yield* reader.messages(
          id,
          commands.map((_, index) => MessageId(index + 1))
        )
        return [...messages].sort((a, b) => a.id - b.id).map(({ threadId }) => Number(threadId))
      })

    for (const concurrency of [1, 10]) {
      it.effect(`join by references, by parent, by root and by subject, ${concurrency} at once`, () =>
        Effect.gen(function* () {
          const found = yield* threads(
            [
              said("a@x", "Plan"),
              said("b@x", "Re: Plan", ["a@x"]),
              said("c@x", "Re: Plan", ["a@x", "b@x"]),
              said("d@x", "Other"),
              // The answer came before what it answers.
              said("f@x", "Re: Late", ["e@x"]),
              said("e@x", "Late"),
              // No references, but the subject says so.
              said("g@x", "Re: Plan"),
              // The same subject alone is no conversation.
              said("h@x", "Plan")
            ],
            concurrency
          )
          assert.deepEqual(found, [1, 1, 1, 4, 5, 5, 1, 8])
        })
      )
    }
  })
})
