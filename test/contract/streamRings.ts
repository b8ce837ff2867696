import { assert, describe } from "@effect/vitest"
import { Chunk, Clock, Duration, Effect, Fiber, type Scope, Stream } from "effect"
import type { ClaimedTask } from "../../src/storage/streams/Streams.ts"
import { awaited } from "../support/awaited.ts"
import {
  claim,
  claimInVain,
  idsOf,
  nextClaim,
  type OpenStreams,
  onFresh,
  only,
  ringTimes,
  statsOf,
  task,
  tasks
} from "../support/streams.ts"

/** What every driver of the streams promises of its rings and figures. */
export const streamRingsContract = (name: string, fresh: Effect.Effect<OpenStreams, never, Scope.Scope>) => {
  const test = onFresh(fresh)

  describe(`${name} as Streams: rings and figures`, () => {
    test("rings at the start, and when somebody publishes here or elsewhere", (streams, open) =>
      Effect.gen(function* () {
        const other = yield* open()
        const heard = yield* streams.rings("mail_ingest").pipe(
          Stream.mapEffect(() => claim(streams)),
          Stream.mapConcat((some) => some),
          Stream.take(2),
          Stream.runCollect,
          Effect.fork
        )
        yield* ringTimes(streams, 1)
        const here = task()
        yield* streams.publish([here])
        const there = task()
        yield* other.publish([there])
        assert.deepEqual(
          idsOf(Chunk.toReadonlyArray(yield* awaited("two tasks", Fiber.join(heard), streams.stats))),
          idsOf([here, there])
        )
      }))

    test(
      "rings once per sweep interval though nobody rang, and frees what was lost",
      (streams) =>
        Effect.gen(function* () {
          yield* streams.publish([task()])
          const lost = only(yield* claimInVain(streams))
          assert.strictEqual(only(yield* nextClaim(streams)).taskId, lost.taskId)
          yield* ringTimes(streams, 3)
        }),
      { sweepInterval: Duration.millis(50) }
    )

    test("rings when a task that was put off here is due again, without a sweep", (streams) =>
      Effect.gen(function* () {
        yield* streams.publish([task()])
        const held = only(yield* claim(streams))
        yield* streams.release([held], () => Duration.millis(300))
        assert.deepInclude(only(yield* nextClaim(streams)), { taskId: held.taskId, attempt: 1 })
      }))

    test(
      "rings when a task that failed here is due again, without a sweep",
      (streams) =>
        Effect.gen(function* () {
          yield* streams.publish(tasks(3))
          const held = yield* claim(streams)
          yield* Effect.forEach(held, (one) => streams.fail(one, { error: "no", final: false }))
          const again = yield* Effect.iterate(Array.of<ClaimedTask>(), {
            while: (some) => some.length < held.length,
            body: (some) => Effect.map(nextClaim(streams), (more) => [...some, ...more])
          })
          assert.deepEqual(idsOf(again), idsOf(held))
        }),
      { retryBase: Duration.millis(600) }
    )

    test("rings when a task that was published for later is due, without a sweep", (streams) =>
      Effect.gen(function* () {
        const now = yield* Clock.currentTimeMillis
        const later = task({ notBefore: now + 300 })
        yield* streams.publish([later])
        assert.deepEqual(idsOf(yield* nextClaim(streams)), [later.taskId])
      }))

    test("counts what waits, runs and is dead, and how late the oldest is", (streams) =>
      Effect.gen(function* () {
        const now = yield* Clock.currentTimeMillis
        yield* streams.publish([
          ...tasks(3, { stream: "send", notBefore: now - 5_000 }),
          ...tasks(2, { stream: "send", notBefore: now + 60_000 })
        ])
        const [first, ...others] = yield* claim(streams, { stream: "send", max: 2 })
        if (first === undefined) throw new Error("no task")
        yield* streams.fail(first, { error: "no", final: true })
        assert.strictEqual(others.length, 1)
        const stats = yield* statsOf(streams, "send")
        assert.deepInclude(stats, { queued: 3, running: 1, dead: 1 })
        assert.isAtLeast(stats?.lagMillis ?? 0, 5_000)
        assert.deepInclude(yield* statsOf(streams), { queued: 0, running: 0, dead: 0, lagMillis: 0 })
      }))
  })
}
