import { assert, layer } from "@effect/vitest"
import { Duration, Effect } from "effect"
import { Turns } from "../../src/storage/turns/Turns.ts"
import { layerUpkeepWorld, query } from "../support/upkeepWorld.ts"

const hold = Duration.minutes(1)
/** As if so much time had passed. */
const later = (interval: string) =>
  query(
    `UPDATE queue.turns SET due_at = due_at - interval '${interval}', held_until = held_until - interval '${interval}'`
  )

layer(layerUpkeepWorld, { timeout: "60 seconds", excludeTestServices: true })("a turn", (it) => {
  it.effect("is one process's at a time, and anybody's from where it vanished", () =>
    Effect.gen(function* () {
      const turns = yield* Turns
      const both = yield* Effect.all([turns.take("retention", hold), turns.take("retention", hold)], {
        concurrency: 2
      })
      const [first, ...others] = both.filter((turn) => turn !== null)
      if (first === undefined) return assert.fail("nobody has it")
      assert.deepEqual(others, [])
      assert.isNull(first.cursor)
      assert.isTrue(yield* turns.advance(first, "here", hold))
      yield* later("50 seconds")
      assert.isTrue(yield* turns.renew(first, hold))
      yield* later("50 seconds")
      assert.isNull(yield* turns.take("retention", hold))
      yield* later("20 seconds")
      const second = yield* turns.take("retention", hold)
      assert.strictEqual(second?.cursor, "here")
      assert.isFalse(yield* turns.advance(first, "elsewhere", hold))
      assert.isFalse(yield* turns.renew(first, hold))
      yield* turns.finish(first, Duration.zero)
      yield* turns.leave(first)
      assert.isNull(yield* turns.take("retention", hold))
      if (second === null) return assert.fail("nobody has it")
      yield* turns.leave(second)
      assert.strictEqual((yield* turns.take("retention", hold))?.cursor, "here")
    })
  )

  it.effect("comes again when its interval is over, from the beginning, and says how overdue it is", () =>
    Effect.gen(function* () {
      const turns = yield* Turns
      const turn = yield* turns.take("blobs-missing", hold)
      if (turn === null) return assert.fail("not due")
      yield* turns.advance(turn, "here", hold)
      yield* turns.finish(turn, Duration.hours(1))
      assert.isNull(yield* turns.take("blobs-missing", hold))
      const overdue = Effect.map(
        turns.states,
        (states) => states.find(({ name }) => name === "blobs-missing")?.overdueMillis
      )
      assert.strictEqual(yield* overdue, 0)
      yield* later("2 hours")
      assert.closeTo((yield* overdue) ?? 0, Duration.toMillis("1 hour"), 30_000)
      const again = yield* turns.take("blobs-missing", hold)
      assert.isNotNull(again)
      assert.isNull(again?.cursor)
    })
  )
})
