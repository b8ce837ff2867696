import { randomUUID } from "node:crypto"
import { assert, describe } from "@effect/vitest"
import { Effect, type Scope } from "effect"
import { type TaskId, TenantId } from "../../src/domain/ids.ts"
import type { ClaimedTask } from "../../src/storage/streams/Streams.ts"
import { claim, idsOf, type OpenStreams, onFresh, statsOf, task, tasks } from "../support/streams.ts"

/** What every driver of the streams promises about work that was given up. */
export const streamDeadLettersContract = (
  name: string,
  fresh: Effect.Effect<OpenStreams, never, Scope.Scope>
) => {
  const test = onFresh(fresh)

  describe(`${name} as Streams: dead letters`, () => {
    test("counts the dead by why they died, apart from numbers and ids, and of one tenant", (streams) =>
      Effect.gen(function* () {
        const tenantId = TenantId(randomUUID())
        yield* streams.publish([...tasks(3, { tenantId }), ...tasks(2), task({ stream: "index" })])
        const dying = (why: (n: number) => string) => (held: ReadonlyArray<ClaimedTask>) =>
          Effect.forEach(held, (one, n) => streams.fail(one, { error: why(n), final: true }))
        yield* Effect.flatMap(
          claim(streams),
          dying((n) => `no ${n} of ${randomUUID()}`)
        )
        yield* Effect.flatMap(
          claim(streams, { stream: "index" }),
          dying(() => "other")
        )
        const counted = (of: TenantId | null) =>
          Effect.map(streams.causes(of), (all) =>
            all.map(({ stream, cause, tasks }) => [stream, cause, tasks])
          )
        assert.deepEqual(yield* counted(null), [
          ["mail_ingest", "no # of #", 5],
          ["index", "other", 1]
        ])
        assert.deepEqual(yield* counted(tenantId), [["mail_ingest", "no # of #", 3]])
        const listed = (cause: string) =>
          Effect.map(
            streams.deadLetters("mail_ingest", { after: null, limit: 10, cause }),
            ({ length }) => length
          )
        assert.strictEqual(yield* listed("no # of #"), 5)
        assert.strictEqual(yield* listed("other"), 0)
      }))

    test("replays so many a second", (streams) =>
      Effect.gen(function* () {
        yield* streams.publish(tasks(1001))
        yield* Effect.forEach(
          yield* claim(streams, { max: 2000 }),
          (one) => streams.fail(one, { error: "no", final: true }),
          {
            concurrency: 16
          }
        )
        assert.strictEqual(yield* streams.replay("mail_ingest", "all", 0.01), 1001)
        assert.strictEqual((yield* claim(streams)).length, 1)
        assert.strictEqual((yield* statsOf(streams))?.queued, 1000)
      }))

    test("drops dead tasks for good, and only dead ones", (streams) =>
      Effect.gen(function* () {
        const [alive, ...others] = tasks(3)
        if (alive === undefined) throw new Error("no task")
        yield* streams.publish(others)
        yield* Effect.forEach(yield* claim(streams), (held) =>
          streams.fail(held, { error: "no", final: true })
        )
        yield* streams.publish([alive])
        assert.strictEqual(yield* streams.drop("mail_ingest", [alive.taskId]), 0)
        assert.strictEqual(yield* streams.drop("mail_ingest", [others[0]?.taskId ?? alive.taskId]), 1)
        assert.strictEqual(yield* streams.drop("mail_ingest", "all"), 1)
        assert.strictEqual(yield* streams.replay("mail_ingest", "all"), 0)
        assert.deepEqual(idsOf(yield* claim(streams)), [alive.taskId])
      }))

    test("pages through dead letters", (streams) =>
      Effect.gen(function* () {
        yield* streams.publish(tasks(7))
        const held = yield* claim(streams)
        yield* Effect.forEach(held, (one) => streams.fail(one, { error: "no", final: true }))
        const seen: Array<TaskId> = []
        let after: TaskId | null = null
        do {
          const page: ReadonlyArray<{ readonly taskId: TaskId }> = yield* streams.deadLetters("mail_ingest", {
            after,
            limit: 3
          })
          assert.isAtMost(page.length, 3)
          seen.push(...page.map(({ taskId }) => taskId))
          after = page.at(-1)?.taskId ?? null
        } while (after !== null)
        assert.deepEqual(seen.sort(), idsOf(held))
      }))
  })
}
