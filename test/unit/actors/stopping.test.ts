import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Exit, Fiber, Layer, Scope, TestClock } from "effect"
import { Router } from "../../../src/actors/mailbox/MailboxProtocol.ts"
import { StoreUnavailable } from "../../../src/storage/mailbox/MailboxStore.ts"
import { ask, mailboxNumber, routerOn, type Store, withStore } from "../../support/actors.ts"
import { deliver } from "../../support/domain.ts"
import { layerMemory } from "../../support/mailboxStoreMemory.ts"

const twin = layerMemory([mailboxNumber(1)])

/** A router in a scope of its own, and the way to stop it. */
const started = (change: (store: Store) => Partial<Store>) =>
  Effect.gen(function* () {
    const scope = yield* Scope.make()
    const layer = routerOn(Layer.provide(withStore(change), twin))
    const context = yield* Scope.extend(Layer.build(layer), scope)
    return {
      asked: Effect.fork(Effect.flip(Effect.provide(ask(deliver()), context))),
      state: Effect.provide(
        Effect.flatMap(Router, (router) => router.state(mailboxNumber(1))),
        context
      ),
      router: context,
      stop: Scope.close(scope, Exit.void)
    }
  })

describe("a stop", () => {
  it.effect("lets the commit under way end, and tells those who wait to come again", () =>
    Effect.gen(function* () {
      const reached = yield* Deferred.make<void>()
      const gate = yield* Deferred.make<void>()
      const { router, asked, stop } = yield* started((store) => ({
        commit: (commit) =>
          commit.deliveries.length === 0
            ? store.commit(commit)
            : Effect.all([Deferred.succeed(reached, undefined), Deferred.await(gate), store.commit(commit)])
      }))
      const first = yield* Effect.fork(Effect.provide(ask(deliver()), router))
      yield* Deferred.await(reached)
      const waiting = yield* asked
      const stopping = yield* Effect.fork(stop)
      assert.equal((yield* Fiber.join(waiting))._tag, "Unavailable")
      yield* Deferred.succeed(gate, undefined)
      assert.equal((yield* Fiber.join(first)).modSeq, 8)
      yield* Fiber.join(stopping)
    })
  )

  it.effect("waits a few seconds for a commit that does not end, and answers that it is unavailable", () =>
    Effect.gen(function* () {
      const reached = yield* Deferred.make<void>()
      const { asked, stop } = yield* started((store) => ({
        commit: (commit) =>
          commit.deliveries.length === 0
            ? store.commit(commit)
            : Effect.zipRight(Deferred.succeed(reached, undefined), Effect.never)
      }))
      const first = yield* asked
      yield* Deferred.await(reached)
      const stopping = yield* Effect.fork(stop)
      yield* TestClock.adjust("5 seconds")
      assert.equal((yield* Fiber.join(first))._tag, "Unavailable")
      yield* Fiber.join(stopping)
    })
  )

  it.effect("does not wait until a lost answer is settled while storage is away", () =>
    Effect.gen(function* () {
      const lost = new StoreUnavailable({ commitUnknown: true })
      const reached = yield* Deferred.make<void>()
      const { asked, stop } = yield* started(() => ({
        commit: () => lost,
        head: () => Effect.zipRight(Deferred.succeed(reached, undefined), lost)
      }))
      const first = yield* asked
      yield* Deferred.await(reached)
      const stopping = yield* Effect.fork(stop)
      yield* TestClock.adjust("5 seconds")
      assert.equal((yield* Fiber.join(first))._tag, "Unavailable")
      yield* Fiber.join(stopping)
    })
  )

  it.effect("answers who comes after it", () =>
    Effect.gen(function* () {
      const { asked, state, stop } = yield* started(() => ({}))
      yield* stop
      assert.equal((yield* Fiber.join(yield* asked))._tag, "Unavailable")
      assert.equal((yield* Effect.flip(state))._tag, "Unavailable")
    })
  )
})
