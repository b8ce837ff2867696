import { assert, describe, it } from "@effect/vitest"
import { Context, Deferred, Effect, Fiber, Layer, TestClock } from "effect"
import * as MailboxesLocal from "../../../src/actors/mailbox/MailboxesLocal.ts"
import { Mailboxes, Moved } from "../../../src/actors/mailbox/MailboxProtocol.ts"
import * as HeldShards from "../../../src/actors/sharding/HeldShards.ts"
import { ShardCosts } from "../../../src/actors/sharding/ShardCosts.ts"
import { Epoch, ModSeq, ShardId } from "../../../src/domain/ids.ts"
import { OutboxBell } from "../../../src/storage/outbox/OutboxBell.ts"
import { mailboxNumber, withStore } from "../../support/actors.ts"
import { layerMemory } from "../../support/mailboxStoreMemory.ts"

describe("who listens to a mailbox", () => {
  it.scoped("is sent on where the shard has left while its mailbox is read", () =>
    Effect.gen(function* () {
      const reading = yield* Deferred.make<void>()
      const goOn = yield* Deferred.make<void>()
      const store = withStore(({ activate }) => ({
        activate: (id, epoch) =>
          epoch === Epoch(1)
            ? activate(id, epoch)
            : Deferred.succeed(reading, undefined).pipe(
                Effect.zipRight(Deferred.await(goOn)),
                Effect.zipRight(activate(id, epoch))
              )
      }))
      const context = yield* Layer.build(
        MailboxesLocal.layer.pipe(
          Layer.provideMerge(HeldShards.layer(1)),
          Layer.provide([
            Layer.provide(store, layerMemory([mailboxNumber(1)])),
            OutboxBell.layer,
            ShardCosts.layer
          ])
        )
      )
      const held = Context.get(context, HeldShards.Held)
      const { listen, state } = Context.get(context, Mailboxes)
      held.take(ShardId(0), Epoch(1))
      yield* state(mailboxNumber(1))
      held.take(ShardId(0), Epoch(2))
      const before = yield* Effect.fork(Effect.flip(state(mailboxNumber(1))))
      yield* Deferred.await(reading)
      held.release(ShardId(0))
      assert.instanceOf(yield* Fiber.join(before), Moved)
      const listener = { wake: () => undefined, lost: () => undefined }
      const listening = yield* Effect.fork(Effect.flip(listen(mailboxNumber(1), ModSeq(0), listener)))
      yield* TestClock.adjust(0)
      yield* Deferred.succeed(goOn, undefined)
      yield* TestClock.adjust(0)
      assert.instanceOf(yield* Fiber.join(listening), Moved)
    })
  )
})
