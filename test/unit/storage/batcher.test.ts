import { assert, describe, it } from "@effect/vitest"
import { Data, Deferred, Effect, Exit, Fiber, Option, Scope, TestClock } from "effect"
import { makeBatcher } from "../../../src/storage/Batcher.ts"

class Refused extends Data.TaggedError("Refused")<{ readonly item: number }> {}
class Away extends Data.TaggedError("Away") {}

/** A batcher whose first run waits until it is let go, so that the others gather. */
const gathering = ({
  fate = () => Effect.void,
  maxItems = 100,
  maxInFlight = 1
}: {
  readonly fate?: (items: ReadonlyArray<number>) => Effect.Effect<void, Refused | Away>
  readonly maxItems?: number
  readonly maxInFlight?: number
} = {}) =>
  Effect.gen(function* () {
    const runs: Array<ReadonlyArray<number>> = []
    const started = yield* Deferred.make<void>()
    const go = yield* Deferred.make<void>()
    const batch = yield* makeBatcher<number, Refused | Away>({
      run: (items) =>
        Effect.gen(function* () {
          runs.push(items)
          yield* Deferred.succeed(started, undefined)
          yield* Deferred.await(go)
          yield* fate(items)
        }),
      isParticular: (error) => error._tag === "Refused",
      maxItems,
      maxInFlight
    })
    const first = yield* Effect.fork(batch([0]))
    yield* Deferred.await(started)
    const call = (items: ReadonlyArray<number>) =>
      Effect.tap(Effect.fork(batch(items)), () => Effect.yieldNow())
    return { runs, call, first, letGo: Deferred.succeed(go, undefined), batch }
  })

describe("Batcher", () => {
  it.scoped("serves a lone caller at once, and those who come meanwhile together", () =>
    Effect.gen(function* () {
      const { runs, call, letGo } = yield* gathering()
      const calls = yield* Effect.forEach([[1], [2, 3], [4]], call)
      yield* letGo
      yield* Fiber.joinAll(calls)
      assert.deepEqual(runs, [[0], [1, 2, 3, 4]])
    })
  )

  it.scoped("makes no batch larger than allowed, unless one caller alone wants more", () =>
    Effect.gen(function* () {
      const { runs, call, letGo } = yield* gathering({ maxItems: 3 })
      const calls = yield* Effect.forEach([[1, 2], [3], [4], [5, 6, 7, 8, 9]], call)
      yield* letGo
      yield* Fiber.joinAll(calls)
      assert.deepEqual(runs, [[0], [1, 2, 3], [4], [5, 6, 7, 8, 9]])
    })
  )

  it.scoped("has as many runs under way as allowed", () =>
    Effect.gen(function* () {
      const { runs, call, letGo } = yield* gathering({ maxInFlight: 2 })
      const calls = yield* Effect.forEach([[1], [2], [3]], call)
      assert.deepEqual(runs, [[0], [1]])
      yield* letGo
      yield* Fiber.joinAll(calls)
      assert.deepEqual(runs, [[0], [1], [2, 3]])
    })
  )

  it.scoped("does not run for nothing", () =>
    Effect.gen(function* () {
      const { runs, batch, letGo } = yield* gathering()
      yield* letGo
      yield* batch([])
      assert.deepEqual(runs, [[0]])
    })
  )

  it.scoped("fails only the caller whose items are refused", () =>
    Effect.gen(function* () {
      const { call, letGo } = yield* gathering({
        fate: (items) => (items.includes(2) ? new Refused({ item: 2 }) : Effect.void)
      })
      const calls = yield* Effect.forEach([[1], [2], [3]], call)
      yield* letGo
      const exits = yield* Effect.forEach(calls, Fiber.await)
      assert.deepEqual(exits, [Exit.void, Exit.fail(new Refused({ item: 2 })), Exit.void])
    })
  )

  it.scoped("fails only the caller whose items are a defect", () =>
    Effect.gen(function* () {
      const { call, letGo } = yield* gathering({
        fate: (items) => (items.includes(2) ? Effect.die("broken") : Effect.void)
      })
      const calls = yield* Effect.forEach([[1], [2], [3]], call)
      yield* letGo
      const exits = yield* Effect.forEach(calls, Fiber.await)
      assert.deepEqual(exits, [Exit.void, Exit.die("broken"), Exit.void])
    })
  )

  it.scoped("keeps nobody waiting for one of a refused batch that takes long", () =>
    Effect.gen(function* () {
      const held = yield* Deferred.make<void>()
      const { call, letGo } = yield* gathering({
        fate: (items) => {
          if (items.length > 1) return new Refused({ item: 1 })
          return items.includes(1) ? Deferred.await(held) : Effect.void
        }
      })
      const slow = yield* call([1])
      const others = yield* Effect.forEach([[2], [3]], call)
      yield* letGo
      yield* Fiber.joinAll(others)
      yield* Deferred.succeed(held, undefined)
      yield* Fiber.join(slow)
    })
  )

  it.scoped("does not repeat a batch that failed for everybody", () =>
    Effect.gen(function* () {
      const { runs, call, first, letGo } = yield* gathering({ fate: () => new Away() })
      const calls = yield* Effect.forEach([[1], [2]], call)
      yield* letGo
      const exits = yield* Effect.forEach([first, ...calls], Fiber.await)
      assert.deepEqual(exits, [Exit.fail(new Away()), Exit.fail(new Away()), Exit.fail(new Away())])
      assert.deepEqual(runs, [[0], [1, 2]])
    })
  )

  it.scoped("takes out what an interrupted caller wanted, while it waits", () =>
    Effect.gen(function* () {
      const { runs, call, letGo } = yield* gathering()
      const [one, two] = yield* Effect.all([call([1]), call([2])])
      yield* Fiber.interrupt(one)
      yield* letGo
      yield* Fiber.join(two)
      assert.deepEqual(runs, [[0], [2]])
    })
  )

  it.effect("ends though a run does not", () =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const { first } = yield* Scope.extend(gathering(), scope)
      const ending = yield* Effect.fork(Scope.close(scope, Exit.void))
      yield* TestClock.adjust("2 seconds")
      yield* Fiber.join(ending)
      assert.isNull(yield* Effect.map(Fiber.poll(first), Option.getOrNull))
    })
  )

  it.live("answers everybody before it ends", () =>
    Effect.gen(function* () {
      const { first, calls } = yield* Effect.scoped(
        Effect.gen(function* () {
          const batcher = yield* gathering()
          const forked = yield* Effect.forEach([[1], [2]], batcher.call)
          yield* Effect.forkDaemon(batcher.letGo)
          return { first: batcher.first, calls: forked }
        })
      )
      assert.deepEqual(yield* Effect.forEach([first, ...calls], Fiber.await), [
        Exit.void,
        Exit.void,
        Exit.void
      ])
    })
  )
})
