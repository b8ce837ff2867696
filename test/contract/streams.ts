import { randomUUID } from "node:crypto"
import { assert, describe } from "@effect/vitest"
import { Clock, Duration, Effect, type Scope } from "effect"
import type { Unavailable } from "../../src/domain/errors.ts"
import { CorrelationId, TaskId, TenantId } from "../../src/domain/ids.ts"
import type { ClaimedTask, NewTask } from "../../src/storage/streams/Streams.ts"
import { awaited } from "../support/awaited.ts"
import {
  claim,
  claimInVain,
  idsOf,
  type OpenStreams,
  onFresh,
  only,
  payloadsOf,
  type Service,
  statsOf,
  task,
  tasks
} from "../support/streams.ts"

/** What every driver of the streams promises. */
export const streamsContract = (name: string, fresh: Effect.Effect<OpenStreams, never, Scope.Scope>) => {
  const test = onFresh(fresh)

  describe(`${name} as Streams: claims`, () => {
    test("gives a task as it was published, once", (streams) =>
      Effect.gen(function* () {
        const published = task({
          tenantId: TenantId(randomUUID()),
          correlationId: CorrelationId("c-9"),
          payload: { text: "größe \\u0000 \" ' {}", list: [1, null, { deep: true }] }
        })
        yield* streams.publish([published])
        const { claimId, createdAt, ...claimed } = only(yield* claim(streams))
        const { workKey, notBefore, ...expected } = published
        assert.deepEqual(claimed, { ...expected, attempt: 1 })
        assert.isAbove(createdAt, 0)
        assert.isAbove(claimId.length, 0)
        assert.deepEqual(yield* claim(streams), [])
      }))

    test("does not give what is done again, and ignores its id when it is published again", (streams) =>
      Effect.gen(function* () {
        const published = task()
        yield* streams.publish([published, published])
        yield* streams.publish([published])
        const held = only(yield* claim(streams))
        yield* streams.publish([published])
        yield* streams.ack([held])
        yield* streams.publish([published])
        yield* streams.sweep
        assert.deepEqual(yield* claim(streams), [])
      }))

    test("knows what was published, before and after it is done", (streams) =>
      Effect.gen(function* () {
        const published = task()
        assert.isFalse(yield* streams.has(published.taskId))
        yield* streams.publish([published])
        assert.isTrue(yield* streams.has(published.taskId))
        yield* streams.ack(yield* claim(streams))
        assert.isTrue(yield* streams.has(published.taskId))
        assert.isFalse(yield* streams.has(task().taskId))
      }))

    test("gives no more than asked for, and of one stream only, the oldest first", (streams) =>
      Effect.gen(function* () {
        const published = tasks(5)
        yield* Effect.forEach(published, (one) => streams.publish([one]))
        yield* streams.publish(tasks(3, { stream: "send" }))
        const first = yield* claim(streams, { max: 2 })
        assert.deepEqual(idsOf(first), idsOf(published.slice(0, 2)))
        assert.deepEqual(idsOf(yield* claim(streams)), idsOf(published.slice(2)))
        assert.strictEqual((yield* claim(streams, { stream: "send" })).length, 3)
      }))

    test("keeps a task back until its time", (streams) =>
      Effect.gen(function* () {
        const now = yield* Clock.currentTimeMillis
        const due = task({ notBefore: now - 60_000 })
        yield* streams.publish([task({ notBefore: now + 60_000 }), due])
        assert.deepEqual(idsOf(yield* claim(streams)), [due.taskId])
      }))

    test("never lets two of 16 concurrent consumers hold the same task", (streams, open) =>
      Effect.gen(function* () {
        const other = yield* open()
        const published = tasks(600)
        yield* streams.publish(published)
        const consume = (mine: Service): Effect.Effect<ReadonlyArray<ClaimedTask>, Unavailable> =>
          Effect.flatMap(claim(mine, { max: 7 }), (some) =>
            some.length === 0
              ? Effect.succeed([])
              : Effect.zipWith(mine.ack(some), consume(mine), (_, more) => [...some, ...more])
          )
        const taken = yield* Effect.orDie(
          Effect.forEach(Array.from({ length: 16 }), (_, n) => consume(n % 2 === 0 ? streams : other), {
            concurrency: "unbounded"
          })
        )
        assert.deepEqual(idsOf(taken.flat()), idsOf(published))
      }))

    test("takes thousands published by many callers at once, each call whole", (streams) =>
      Effect.gen(function* () {
        const calls = Array.from({ length: 300 }, (_, n) => tasks(n % 7))
        yield* Effect.forEach(calls, streams.publish, { concurrency: "unbounded", discard: true })
        assert.deepEqual(idsOf(yield* claim(streams, { max: 5000 })), idsOf(calls.flat()))
      }))
  })

  describe(`${name} as Streams: consumers that vanish`, () => {
    test("frees a task whose claim ended; its late holder can neither end nor fail it", (streams) =>
      Effect.gen(function* () {
        yield* streams.publish([task()])
        const late = only(yield* claimInVain(streams))
        assert.strictEqual(yield* streams.sweep, 1)
        assert.strictEqual(yield* streams.sweep, 0)
        const held = only(yield* claim(streams))
        assert.strictEqual(held.attempt, 2)
        yield* streams.ack([late])
        assert.strictEqual(yield* streams.fail(late, { error: "late", final: true }), "lost")
        yield* streams.release([late])
        assert.strictEqual((yield* statsOf(streams))?.running, 1)
        yield* streams.ack([held])
        assert.strictEqual((yield* statsOf(streams))?.running, 0)
        assert.deepEqual(yield* streams.deadLetters("mail_ingest", { after: null, limit: 10 }), [])
      }))

    test("leaves a claim alone that has not ended", (streams) =>
      Effect.gen(function* () {
        yield* streams.publish([task()])
        yield* claim(streams)
        assert.strictEqual(yield* streams.sweep, 0)
        assert.deepEqual(yield* claim(streams), [])
      }))

    test(
      "gives a task up when every holder vanished",
      (streams) =>
        Effect.gen(function* () {
          yield* streams.publish([task({ payload: { poison: true } })])
          yield* Effect.repeatN(Effect.zipRight(claimInVain(streams), streams.sweep), 2)
          assert.deepEqual(yield* claim(streams), [])
          const [dead] = yield* streams.deadLetters("mail_ingest", { after: null, limit: 10 })
          assert.deepInclude(dead, { attempt: 3, payload: { poison: true } })
          assert.isAbove(dead?.error.length ?? 0, 0)
        }),
      { maxAttempts: 3 }
    )

    test(
      "has every task done at least once while consumers keep vanishing",
      (streams) =>
        Effect.gen(function* () {
          const published = tasks(200)
          yield* streams.publish(published)
          const done = new Set<TaskId>()
          const work = (some: ReadonlyArray<ClaimedTask>) => {
            for (const { taskId } of some) done.add(taskId)
            return streams.ack(some)
          }
          const vanishing = Effect.flatMap(claim(streams, { max: 40, hold: 0 }), (some) =>
            work(some.slice(0, 10))
          )
          const steady = Effect.flatMap(claim(streams, { max: 20 }), work)
          yield* awaited(
            "every task to be done",
            Effect.all([vanishing, streams.sweep, steady], { discard: true }).pipe(
              Effect.repeat({ until: () => done.size === published.length })
            ),
            statsOf(streams)
          )
          yield* streams.sweep
          assert.deepEqual([...done].sort(), idsOf(published))
          assert.deepInclude(yield* statsOf(streams), { queued: 0, running: 0, dead: 0, lagMillis: 0 })
        }),
      { maxAttempts: 1000 }
    )

    test("takes back each task as late as its consumer wants, without counting the attempt", (streams) =>
      Effect.gen(function* () {
        yield* streams.publish(tasks(2))
        const [now, later] = yield* claim(streams)
        if (now === undefined || later === undefined) throw new Error("no task")
        yield* streams.release([now, later], ({ taskId }) =>
          taskId === now.taskId ? Duration.zero : Duration.hours(1)
        )
        assert.deepInclude(only(yield* claim(streams)), { taskId: now.taskId, attempt: 1 })
        assert.deepInclude(yield* statsOf(streams), { queued: 1, running: 1 })
      }))

    test("takes back what a consumer releases, without counting the attempt", (streams) =>
      Effect.gen(function* () {
        yield* streams.publish(tasks(3))
        const held = yield* claim(streams)
        yield* streams.release(held)
        const again = yield* claim(streams)
        assert.deepEqual(idsOf(again), idsOf(held))
        assert.deepEqual(
          again.map(({ attempt }) => attempt),
          [1, 1, 1]
        )
      }))
  })

  describe(`${name} as Streams: failures`, () => {
    test(
      "tries again up to the last attempt, then keeps payload and cause",
      (streams) =>
        Effect.gen(function* () {
          const published = task({ payload: { keep: "me" } })
          yield* streams.publish([published])
          for (const attempt of [1, 2]) {
            const held = only(yield* claim(streams))
            assert.strictEqual(held.attempt, attempt)
            assert.strictEqual(yield* streams.fail(held, { error: `no ${attempt}`, final: false }), "retry")
          }
          const last = only(yield* claim(streams))
          assert.strictEqual(yield* streams.fail(last, { error: "no\0 3", final: false }), "dead")
          assert.deepEqual(yield* claim(streams), [])
          const [dead] = yield* streams.deadLetters("mail_ingest", { after: null, limit: 10 })
          assert.deepInclude(dead, {
            taskId: published.taskId,
            attempt: 3,
            payload: { keep: "me" },
            error: "no 3"
          })
        }),
      { maxAttempts: 3, retryBase: Duration.zero }
    )

    test(
      "does not try again at once",
      (streams) =>
        Effect.gen(function* () {
          yield* streams.publish(tasks(20))
          yield* Effect.forEach(yield* claim(streams), (held) =>
            streams.fail(held, { error: "no", final: false })
          )
          // Full jitter over a day: that one of twenty is due by now has a chance of one in thousands.
          assert.deepEqual(yield* claim(streams), [])
          assert.strictEqual((yield* statsOf(streams))?.queued, 20)
          assert.strictEqual((yield* statsOf(streams))?.lagMillis, 0)
        }),
      { retryBase: Duration.days(1), retryCap: Duration.days(1) }
    )

    test("gives up at once what can never succeed; replayed, it starts afresh and may succeed", (streams) =>
      Effect.gen(function* () {
        yield* streams.publish(tasks(3))
        yield* Effect.forEach(yield* claim(streams), (held) =>
          Effect.map(streams.fail(held, { error: "never", final: true }), (fate) =>
            assert.strictEqual(fate, "dead")
          )
        )
        const dead = yield* streams.deadLetters("mail_ingest", { after: null, limit: 10 })
        assert.strictEqual(dead.length, 3)
        const [first] = dead
        if (first === undefined) throw new Error("no dead letter")
        assert.strictEqual(yield* streams.replay("index", "all"), 0)
        assert.strictEqual(yield* streams.replay("mail_ingest", [first.taskId, TaskId(randomUUID())]), 1)
        const held = only(yield* claim(streams))
        assert.deepInclude(held, { taskId: first.taskId, attempt: 1 })
        yield* streams.ack([held])
        assert.strictEqual(yield* streams.replay("mail_ingest", "all"), 2)
        assert.strictEqual((yield* claim(streams)).length, 2)
      }))
  })

  describe(`${name} as Streams: work keys`, () => {
    const keyed = (payload: NewTask["payload"], fields: Partial<NewTask> = {}) =>
      task({ stream: "index", workKey: "m-1", payload, ...fields })
    test("merges a task into the one that waits under its key", (streams) =>
      Effect.gen(function* () {
        yield* streams.publish([keyed({ from: 5, to: 7, name: "old", kept: 1 })])
        yield* streams.publish([keyed({ from: 3, to: 6, name: "new" }), keyed({ from: 4, to: 9 })])
        yield* streams.publish([
          keyed({ from: 1, to: 2 }, { workKey: "m-2" }),
          keyed({ from: 0 }, { stream: "notify" })
        ])
        const payloads = yield* payloadsOf(streams)
        assert.sameDeepMembers(
          [...payloads],
          [
            { from: 3, to: 9, name: "new", kept: 1 },
            { from: 1, to: 2 }
          ]
        )
      }))

    test("does not touch a task that somebody holds", (streams) =>
      Effect.gen(function* () {
        yield* streams.publish([keyed({ from: 1, to: 1 })])
        const held = only(yield* claim(streams, { stream: "index" }))
        yield* streams.publish([keyed({ from: 2, to: 2 })])
        yield* streams.ack([held])
        assert.deepEqual(yield* payloadsOf(streams), [{ from: 2, to: 2 }])
      }))

    test("loses nothing when many callers publish under one key at once", (streams, open) =>
      Effect.gen(function* () {
        const other = yield* open()
        const ranges = Array.from({ length: 60 }, (_, n) => keyed({ from: 100 - n, to: 100 + n }))
        yield* Effect.forEach(ranges, (one, n) => (n % 2 === 0 ? streams : other).publish([one, task()]), {
          concurrency: "unbounded"
        })
        assert.deepEqual(yield* payloadsOf(streams), [{ from: 41, to: 159 }])
        assert.strictEqual((yield* claim(streams)).length, 60)
      }))

    for (const [how, giveBack] of [
      ["fails", (streams: Service, held: ClaimedTask) => streams.fail(held, { error: "no", final: false })],
      ["is released", (streams: Service, held: ClaimedTask) => streams.release([held])]
    ] as const) {
      test(
        `widens the waiting task when an older one of its key ${how}`,
        (streams) =>
          Effect.gen(function* () {
            yield* streams.publish([keyed({ from: 1, to: 4, name: "old" })])
            const held = only(yield* claim(streams, { stream: "index" }))
            yield* streams.publish([keyed({ from: 5, to: 6, name: "new" })])
            yield* giveBack(streams, held)
            assert.deepInclude(yield* statsOf(streams, "index"), { queued: 1, running: 0 })
            assert.deepEqual(yield* payloadsOf(streams), [{ from: 1, to: 6, name: "new" }])
          }),
        { retryBase: Duration.zero }
      )
    }

    test("makes one of all that come back under a key at once", (streams) =>
      Effect.gen(function* () {
        for (const n of [1, 2, 3]) {
          yield* streams.publish([keyed({ from: n * 10, to: n * 10 + 1 })])
          yield* claim(streams, { stream: "index", hold: 0 })
        }
        assert.strictEqual(yield* streams.sweep, 3)
        assert.deepEqual(yield* payloadsOf(streams), [{ from: 10, to: 31 }])
      }))

    test("replays a dead task into the one that waits", (streams) =>
      Effect.gen(function* () {
        yield* streams.publish([keyed({ from: 1, to: 2 })])
        yield* streams.fail(only(yield* claim(streams, { stream: "index" })), { error: "no", final: true })
        yield* streams.publish([keyed({ from: 3, to: 4 })])
        assert.strictEqual(yield* streams.replay("index", "all"), 1)
        assert.deepEqual(yield* payloadsOf(streams), [{ from: 1, to: 4 }])
      }))
  })
}
