import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Layer, TestClock } from "effect"
import { Router, type Wake } from "../../../src/actors/mailbox/MailboxProtocol.ts"
import { ModSeq } from "../../../src/domain/ids.ts"
import { StoreUnavailable } from "../../../src/storage/mailbox/MailboxStore.ts"
import { ask, mailboxNumber, routerOn, withStore } from "../../support/actors.ts"
import { deliver } from "../../support/domain.ts"
import { layerMemory } from "../../support/mailboxStoreMemory.ts"

/** Storage that commits a delivery, loses the answer, and then is away until it is told to come back. */
const losing = () => {
  const seen = { isAway: false, activations: 0 }
  const whileHere = <A, E>(effect: Effect.Effect<A, E>): Effect.Effect<A, E | StoreUnavailable> =>
    Effect.suspend(
      (): Effect.Effect<A, E | StoreUnavailable> =>
        seen.isAway ? new StoreUnavailable({ commitUnknown: false }) : effect
    )
  const layer = routerOn(
    Layer.provide(
      withStore((store) => ({
        activate: (id, epoch) => {
          seen.activations++
          return whileHere(store.activate(id, epoch))
        },
        head: (id) => whileHere(store.head(id)),
        commit: (commit) => {
          if (commit.deliveries.length === 0) return store.commit(commit)
          seen.isAway = true
          return Effect.zipRight(store.commit(commit), new StoreUnavailable({ commitUnknown: true }))
        }
      })),
      layerMemory([mailboxNumber(1)])
    )
  )
  return { seen, layer }
}

const untilGivenUp = Effect.gen(function* () {
  const asked = yield* Effect.fork(Effect.flip(ask(deliver())))
  yield* TestClock.adjust("1 minute")
  assert.equal((yield* Fiber.join(asked))._tag, "Unavailable")
})

describe("a commit whose outcome stays open", () => {
  it.effect("wakes watchers once storage is back, though nobody asks again", () => {
    const { seen, layer } = losing()
    return Effect.gen(function* () {
      const router = yield* Router
      const wakes: Array<Wake> = []
      yield* router.watch(mailboxNumber(1), ModSeq(7), (wake) => wakes.push(wake))
      yield* untilGivenUp
      yield* TestClock.adjust("5 minutes")
      assert.deepEqual(wakes, [])
      assert.isBelow(seen.activations, 30)
      seen.isAway = false
      yield* TestClock.adjust("1 minute")
      assert.deepEqual(wakes, [{ modSeq: ModSeq(8), folders: null, isOfHierarchy: true, spans: [] }])
    }).pipe(Effect.scoped, Effect.provide(layer))
  })

  it.effect("is left alone until the next command where nobody watches", () => {
    const { seen, layer } = losing()
    return Effect.gen(function* () {
      yield* untilGivenUp
      seen.isAway = false
      yield* TestClock.adjust("5 minutes")
      assert.equal(seen.activations, 1)
      assert.equal((yield* Effect.flatMap(Router, ({ state }) => state(mailboxNumber(1)))).modSeq, 8)
    }).pipe(Effect.provide(layer))
  })
})
