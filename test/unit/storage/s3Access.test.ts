import { assert, describe, it } from "@effect/vitest"
import { Deferred, Duration, Effect, Fiber, Logger, LogLevel } from "effect"
import { type Call, makeS3Access } from "../../../src/storage/blobs/s3/S3Access.ts"
import type { S3Problem } from "../../../src/storage/blobs/s3/S3Calls.ts"
import type { S3Settings } from "../../../src/storage/blobs/s3/S3Config.ts"
import { elapse } from "../../support/elapse.ts"
import { makeS3Memory, s3Failed } from "../../support/s3Memory.ts"
import { s3SettingsOf } from "../../support/s3Settings.ts"

const quietly = Logger.withMinimumLogLevel(LogLevel.None)
const keys = { endpoint: "http://one", accessKey: "", secretKey: "" }
const accessOf = (settings: Partial<S3Settings> = {}) =>
  makeS3Access(makeS3Memory().calls, s3SettingsOf(keys, settings))

/** Fails in each of the ways in turn, then succeeds; remembers where and for how long it was called. */
const calling = (...problems: ReadonlyArray<S3Problem>) => {
  const made: Array<{ readonly endpoint: number; readonly millis: number }> = []
  const call: Call<string> = async (at) => {
    made.push(at)
    const problem = problems[made.length - 1]
    if (problem !== undefined) throw s3Failed(problem)
    return "done"
  }
  return { made, call }
}
const forever = (problem: S3Problem) => calling(...Array.from({ length: 1_000 }, () => problem))

const finish = <A, E>(work: Effect.Effect<A, E>, time: Duration.DurationInput = "10 seconds") =>
  Effect.gen(function* () {
    const fiber = yield* Effect.fork(work)
    yield* elapse(time)
    return yield* Fiber.join(fiber)
  })

describe("S3Access", () => {
  it.effect("repeats what may succeed the next time, at the next endpoint", () =>
    Effect.gen(function* () {
      const access = accessOf({ endpoints: ["http://one", "http://two"] })
      for (const problem of ["away", "timeout", "damaged", "conflict"] as const) {
        const { made, call } = calling(problem)
        assert.strictEqual(yield* finish(access.withinDeadline((attempt) => attempt(call))), "done")
        assert.lengthOf(made, 2)
        assert.notStrictEqual(made[0]?.endpoint, made[1]?.endpoint)
      }
    })
  )

  it.effect("does not repeat what will not change", () =>
    Effect.gen(function* () {
      const access = accessOf()
      for (const problem of ["exists", "not-found", "no-bucket", "beyond-end", "full", "refused"] as const) {
        const { made, call } = forever(problem)
        const failure = yield* Effect.flip(access.withinDeadline((attempt) => attempt(call)))
        assert.strictEqual(failure._tag === "S3Failed" && failure.problem, problem)
        assert.lengthOf(made, 1)
      }
    })
  )

  it.effect("ends with the last failure by the deadline, and gives no call more time than is left", () =>
    Effect.gen(function* () {
      const access = accessOf()
      const { made, call } = forever("conflict")
      const failure = yield* finish(Effect.flip(access.withinDeadline((attempt) => attempt(call))))
      assert.strictEqual(failure.problem, "conflict")
      assert.isAbove(made.length, 8)
      assert.isBelow(made.length, 200)
      assert.strictEqual(made[0]?.millis, 4_000)
      assert.isBelow(made.at(-1)?.millis ?? 0, 4_000)
    })
  )

  it.effect("fails at once while every endpoint rests, and lets one call try when it has rested", () =>
    Effect.gen(function* () {
      const access = accessOf()
      yield* finish(Effect.flip(access.withinDeadline((attempt) => attempt(forever("away").call))))
      yield* elapse("10 seconds")
      // Wherever the waits before ended: this one call is tried, and now the endpoint rests anew.
      const tried = yield* Effect.fork(access.withinDeadline((attempt) => attempt(calling("away").call)))
      yield* elapse("1 millis", "1 millis")
      yield* Fiber.interrupt(tried)
      const { made, call } = calling()
      const failure = yield* Effect.flip(access.withinDeadline((attempt) => attempt(call)))
      assert.deepInclude(failure, { problem: "away", code: "AllEndpointsRest", mayBeDone: false })
      assert.lengthOf(made, 0)
      yield* elapse("10 seconds")
      assert.strictEqual(yield* access.withinDeadline((attempt) => attempt(call)), "done")
      assert.strictEqual(yield* access.withinDeadline((attempt) => attempt(call)), "done")
    }).pipe(quietly)
  )

  it.effect("sees an endpoint come back when it was under way before", () =>
    Effect.gen(function* () {
      const access = accessOf()
      const { call } = calling(...Array.from({ length: 7 }, () => "away" as const))
      assert.strictEqual(yield* finish(access.withinDeadline((attempt) => attempt(call))), "done")
    }).pipe(quietly)
  )

  it.effect("does not hold against an endpoint what it answers, nor what had too little time", () =>
    Effect.gen(function* () {
      const access = accessOf({ deadline: Duration.seconds(3) })
      for (const problem of ["refused", "conflict", "timeout"] as const) {
        for (let n = 0; n < 10; n++) {
          const { call } = calling(problem)
          yield* Effect.ignore(
            finish(
              access.withinDeadline((attempt) => attempt(call)),
              "3 seconds"
            )
          )
        }
        assert.strictEqual(yield* access.withinDeadline((attempt) => attempt(calling().call)), "done")
      }
    })
  )

  it.effect("makes work wait for its turn, but not longer than the deadline, and gives turns back", () =>
    Effect.gen(function* () {
      const access = accessOf({ maxConcurrent: 1 })
      const started = yield* Deferred.make<void>()
      let isAborted = false
      const hanging: Call<void> = (_, signal) => {
        Deferred.unsafeDone(started, Effect.void)
        signal.addEventListener("abort", () => {
          isAborted = true
        })
        return new Promise(() => undefined)
      }
      const first = yield* Effect.fork(access.withinDeadline((attempt) => attempt(hanging)))
      yield* Deferred.await(started)
      const { made, call } = calling()
      const waiting = Effect.flip(access.withinDeadline((attempt) => attempt(call)))
      assert.deepInclude(yield* finish(waiting), { problem: "timeout", mayBeDone: false })
      assert.lengthOf(made, 0)

      const second = yield* Effect.fork(access.withinDeadline((attempt) => attempt(call)))
      yield* Effect.yieldNow()
      yield* Fiber.interrupt(first)
      assert.isTrue(isAborted)
      assert.strictEqual(yield* Fiber.join(second), "done")
      assert.strictEqual(yield* access.withinDeadline((attempt) => attempt(call)), "done")
    })
  )
})
