import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Exit, Layer, Scope, Stream, TestClock } from "effect"
import { CorrelationId } from "../../../src/domain/ids.ts"
import { metrics } from "../../../src/observability/metrics.ts"
import { Audit, type AuditEvent } from "../../../src/storage/audit/Audit.ts"
import * as AuditPg from "../../../src/storage/audit/AuditPg.ts"
import {
  Postgres,
  type PostgresError,
  PostgresRejected,
  PostgresUnavailable
} from "../../../src/storage/postgres.ts"

const event = (n: number): AuditEvent => ({
  at: n,
  actor: "operator",
  actorIp: "::1",
  action: "Test/Call",
  resource: `mailbox:${n}`,
  correlationId: CorrelationId(`c-${n}`),
  details: { n }
})

/** A writer on a Postgres that takes batches down, or is away. */
const started = Effect.gen(function* () {
  const batches: Array<ReadonlyArray<unknown>> = []
  const database: { answer: "ok" | "away" | "rejects" } = { answer: "ok" }
  const postgres = Layer.succeed(Postgres, {
    query: (_statement, values = []) =>
      Effect.suspend((): Effect.Effect<Array<never>, PostgresError> => {
        if (database.answer === "away") {
          return Effect.fail(new PostgresUnavailable({ reason: "connect", commitUnknown: false }))
        }
        if (database.answer === "rejects")
          return Effect.fail(new PostgresRejected({ sqlState: "23502", constraint: "" }))
        const [, , , , , ids] = values
        batches.push(Array.isArray(ids) ? ids : [])
        return Effect.succeed([])
      }),
    transaction: () => Effect.dieMessage("not part of the fake"),
    listen: () => Stream.empty
  })
  const scope = yield* Scope.make()
  const context = yield* Layer.buildWithScope(Layer.provide(AuditPg.layer, postgres), scope)
  const audit = Context.get(context, Audit)
  const record = (from: number, count: number) =>
    Effect.forEach(
      Array.from({ length: count }, (_, n) => event(from + n)),
      audit.record,
      { discard: true }
    )
  return { batches, database, record, stop: Scope.close(scope, Exit.void) }
})

const dropped = Effect.promise(async () => {
  const { values } = await metrics.auditEvents.get()
  return values.find(({ labels }) => labels.fate === "dropped")?.value ?? 0
})

describe.sequential("the audit trail", () => {
  it.effect("is written in batches, after a moment or when one is full", () =>
    Effect.gen(function* () {
      const { batches, record, stop } = yield* started
      yield* record(0, 3)
      yield* TestClock.adjust("50 millis")
      assert.strictEqual(batches.length, 0)
      yield* TestClock.adjust("50 millis")
      assert.deepStrictEqual(batches, [["c-0", "c-1", "c-2"]])
      yield* record(3, 1_200)
      yield* TestClock.adjust("0 millis")
      assert.deepStrictEqual(
        batches.map((batch) => batch.length),
        [3, 500, 500, 200]
      )
      yield* stop
    })
  )

  it.effect("loses nothing when it is stopped, nor while Postgres is away for a while", () =>
    Effect.gen(function* () {
      const { batches, database, record, stop } = yield* started
      database.answer = "away"
      yield* record(0, 700)
      yield* TestClock.adjust("10 seconds")
      assert.strictEqual(batches.length, 0)
      database.answer = "ok"
      yield* TestClock.adjust("5 seconds")
      yield* record(700, 5)
      yield* stop
      assert.deepStrictEqual(
        batches.flat(),
        Array.from({ length: 705 }, (_, n) => `c-${n}`)
      )
    })
  )

  it.effect("drops and counts what comes beyond its bound, and holds nobody up", () =>
    Effect.gen(function* () {
      const { batches, database, record, stop } = yield* started
      const before = yield* dropped
      database.answer = "away"
      yield* record(0, 20_007)
      assert.strictEqual((yield* dropped) - before, 7)
      database.answer = "ok"
      yield* stop
      assert.strictEqual(batches.flat().length, 20_000)
    })
  )

  it.effect("gives up on the rest at a stop without Postgres, in bounded time, and counts it", () =>
    Effect.gen(function* () {
      const { database, record, stop } = yield* started
      const before = yield* dropped
      database.answer = "away"
      yield* record(0, 11)
      const stopping = yield* Effect.fork(stop)
      yield* TestClock.adjust("10 seconds")
      yield* stopping
      assert.strictEqual((yield* dropped) - before, 11)
    })
  )

  it.effect("is not held up by a batch that Postgres will never take", () =>
    Effect.gen(function* () {
      const { batches, database, record, stop } = yield* started
      database.answer = "rejects"
      yield* record(0, 1)
      yield* TestClock.adjust("1 second")
      database.answer = "ok"
      yield* record(1, 1)
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(batches, [["c-1"]])
      yield* stop
    })
  )
})
