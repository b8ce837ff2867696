import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { CorrelationId, TaskId, type TenantId } from "../../../src/domain/ids.ts"
import { Queues } from "../../../src/rpc/Queues.ts"
import type { DeadLetter } from "../../../src/storage/streams/Streams.ts"
import { calling, layerCore, makeWorld, principals, tenantA, tenantB } from "./fakes.ts"

const taskId = (n: number) => TaskId(`dddddddd-0000-4000-8000-${String(n).padStart(12, "0")}`)

const letter = (n: number, tenantId: TenantId): DeadLetter => ({
  taskId: taskId(n),
  stream: "mail_ingest",
  attempt: 5,
  correlationId: CorrelationId("test"),
  tenantId,
  payload: {},
  error: "",
  createdAt: 0,
  diedAt: 0
})

/** 1,200 dead letters, each second one of the other tenant. */
const world = () => {
  const made = makeWorld()
  for (let n = 1; n <= 1_200; n++) made.deadLetters.push(letter(n, n % 2 === 0 ? tenantA : tenantB))
  return made
}

const stream = "mail_ingest"

describe("dead letters", () => {
  it.effect("come page by page, to administrators of their own tenant only", () =>
    Effect.gen(function* () {
      const queues = yield* Effect.provide(Queues, layerCore(world()))
      const call = calling(principals.admin)
      const seen: Array<DeadLetter> = []
      let after: TaskId | null = null
      do {
        const page: Effect.Effect.Success<ReturnType<typeof queues.listDeadLetters>> =
          yield* queues.listDeadLetters(call, { stream, after, limit: 70, cause: null })
        assert.isAtMost(page.deadLetters.length, 70)
        seen.push(...page.deadLetters)
        after = page.after
      } while (after !== null)
      assert.strictEqual(seen.length, 600)
      assert.isTrue(seen.every(({ tenantId }) => tenantId === tenantA))
    })
  )

  it.effect("of another tenant are not moved by naming them", () =>
    Effect.gen(function* () {
      const made = world()
      const queues = yield* Effect.provide(Queues, layerCore(made))
      const which = [taskId(1), taskId(2)]
      yield* queues.replayDeadLetters(calling(principals.admin), {
        stream,
        which,
        cause: null,
        perSecond: null
      })
      assert.deepStrictEqual(made.operated, [taskId(2)])
    })
  )

  it.effect("are all of the tenant's for its administrator, all of the stream's for the operator", () =>
    Effect.gen(function* () {
      const made = world()
      const queues = yield* Effect.provide(Queues, layerCore(made))
      yield* queues.dropDeadLetters(calling(principals.admin), { stream, which: "all" })
      assert.strictEqual(made.operated.length, 600)
      yield* queues.dropDeadLetters(calling(principals.operator), { stream, which: "all" })
      assert.strictEqual(made.operated.at(-1), "all")
    })
  )

  it.effect("are seen but not moved by support", () =>
    Effect.gen(function* () {
      const queues = yield* Effect.provide(Queues, layerCore(world()))
      const call = calling(principals.support)
      const { deadLetters } = yield* queues.listDeadLetters(call, {
        stream,
        after: null,
        limit: null,
        cause: null
      })
      assert.strictEqual(deadLetters.length, 50)
      const error = yield* Effect.flip(queues.dropDeadLetters(call, { stream, which: "all" }))
      assert.strictEqual(error._tag, "PermissionDenied")
    })
  )

  it.effect("are named a thousand at a time at most", () =>
    Effect.gen(function* () {
      const queues = yield* Effect.provide(Queues, layerCore(world()))
      const which = Array.from({ length: 1_001 }, (_, n) => taskId(n))
      const error = yield* Effect.flip(
        queues.dropDeadLetters(calling(principals.operator), { stream, which })
      )
      assert.strictEqual(error._tag, "LimitExceeded")
    })
  )
})
