import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, TestClock } from "effect"
import { backEnd, Health, NotReady } from "../../../src/observability/health.ts"
import { metrics } from "../../../src/observability/metrics.ts"

/** What `backend_up` says of it; undefined = nothing. */
const upOf = (name: string) =>
  Effect.map(
    Effect.promise(() => metrics.backEndUp.get()),
    ({ values }) => values.find(({ labels }) => labels.backend === name)?.value
  )

describe("readiness", () => {
  it.effect("depends on what nobody can do without, and only tells of the rest", () =>
    Effect.gen(function* () {
      const { register, readiness, drain } = yield* Health
      let isAway = false
      const away = Effect.suspend(() => (isAway ? Effect.fail("valkey://secret@10.0.0.1") : Effect.void))
      yield* register(backEnd("vital", Effect.void))
      yield* register(backEnd("dispensable", away, { isDispensable: true }))
      assert.deepEqual(yield* readiness, { ready: true, checks: { vital: "ok", dispensable: "ok" } })
      assert.strictEqual(yield* upOf("dispensable"), 1)
      isAway = true
      assert.deepEqual(yield* readiness, { ready: true, checks: { vital: "ok", dispensable: "degraded" } })
      assert.strictEqual(yield* upOf("dispensable"), 0)
      assert.strictEqual(yield* upOf("vital"), 1)
      yield* register(backEnd("another", away))
      const { ready, checks } = yield* readiness
      assert.deepEqual([ready, checks["another"]], [false, "failing"])
      yield* drain
      assert.strictEqual((yield* readiness).checks["draining"], "failing")
    }).pipe(Effect.provide(Health.layer))
  )

  it.effect("waits two seconds for an answer, which is then as good as none", () =>
    Effect.gen(function* () {
      const { register, readiness } = yield* Health
      yield* register(backEnd("hanging", Effect.never))
      yield* register({ name: "part", check: new NotReady({ reason: "as anybody may know" }) })
      const asked = yield* Effect.fork(readiness)
      yield* TestClock.adjust("2 seconds")
      const checks = { hanging: "failing", part: "as anybody may know" }
      assert.deepEqual(yield* Fiber.join(asked), { ready: false, checks })
      assert.strictEqual(yield* upOf("hanging"), 0)
    }).pipe(Effect.provide(Health.layer))
  )
})
