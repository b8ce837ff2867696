import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Exit, Layer, Logger, Scope, TestClock } from "effect"
import { Unavailable } from "../../../src/domain/errors.ts"
import { passes } from "../../../src/pipeline/passes.ts"
import { Turns } from "../../../src/storage/turns/Turns.ts"

interface Row {
  /** `at 1`, `end`, `left`. */
  readonly story: Array<string>
  /** Epoch milliseconds. */
  dueAt: number
  cursor: string | null
  holder: string | null
  isAway: boolean
}

/** One row of `queue.turns`, and what is told of it. */
const makeRow = () => {
  const row: Row = { story: [], dueAt: 0, cursor: null, holder: null, isAway: false }
  const guarded = <A>(work: () => A) =>
    Effect.suspend(() => (row.isAway ? new Unavailable({ what: "storage" }) : Effect.sync(work)))
  const layer = (self: string) =>
    Layer.mock(Turns, {
      take: (name) =>
        Effect.flatMap(Effect.clock, (clock) =>
          guarded(() => {
            if (row.holder !== null || clock.unsafeCurrentTimeMillis() < row.dueAt) return null
            row.holder = self
            return { name, holder: self, cursor: row.cursor }
          })
        ),
      renew: ({ holder }) => guarded(() => row.holder === holder),
      advance: ({ holder }, cursor) =>
        guarded(() => {
          if (row.holder !== holder) return false
          row.cursor = cursor
          row.story.push(`at ${cursor}`)
          return true
        }),
      leave: ({ holder }) =>
        guarded(() => {
          if (row.holder === holder) row.holder = null
          row.story.push("left")
        }),
      finish: ({ holder }, interval) =>
        Effect.flatMap(Effect.clock, (clock) =>
          guarded(() => {
            if (row.holder !== holder) return
            row.holder = null
            row.cursor = null
            row.dueAt = clock.unsafeCurrentTimeMillis() + Duration.toMillis(interval)
            row.story.push("end")
          })
        )
    })
  return { row, layer }
}

const start = (
  layer: Layer.Layer<Turns>,
  step: (cursor: string | null) => Effect.Effect<string | null, Unavailable>
) =>
  passes({ name: "blobs-missing", interval: Duration.hours(1), step }).pipe(
    Effect.provide(Layer.merge(layer, Logger.remove(Logger.defaultLogger)))
  )

/** 1, 2, 3, end. */
const counting = (cursor: string | null) =>
  Effect.succeed(cursor === "3" ? null : String(Number(cursor ?? 0) + 1))

describe("a pass", () => {
  it.scoped("goes step by step to its end, and again after a while", () =>
    Effect.gen(function* () {
      const { row, layer } = makeRow()
      yield* start(layer("a"), counting)
      yield* TestClock.adjust("29 seconds")
      assert.deepEqual(row.story, [])
      yield* TestClock.adjust("2 minutes")
      assert.deepEqual(row.story, ["at 1", "at 2", "at 3", "end"])
      yield* TestClock.adjust("1 hour")
      assert.deepEqual(row.story.slice(4), ["at 1", "at 2", "at 3", "end"])
    })
  )

  it.scoped("stops where something is away, and goes on from there", () =>
    Effect.gen(function* () {
      const { row, layer } = makeRow()
      let isAway = true
      yield* start(layer("a"), (cursor) =>
        cursor === "2" && isAway ? new Unavailable({ what: "blobs" }) : counting(cursor)
      )
      yield* TestClock.adjust("30 seconds")
      assert.deepEqual(row.story, ["at 1", "at 2", "left"])
      isAway = false
      yield* TestClock.adjust("30 seconds")
      assert.deepEqual(row.story.slice(3), ["at 3", "end"])
    })
  )

  it.scoped("is left to others at a stop, in the middle of a step", () =>
    Effect.gen(function* () {
      const { row, layer } = makeRow()
      const scope = yield* Scope.make()
      yield* Scope.extend(
        start(layer("a"), (cursor) => (cursor === "1" ? Effect.never : counting(cursor))),
        scope
      )
      yield* TestClock.adjust("5 minutes")
      yield* Scope.close(scope, Exit.void)
      assert.deepEqual(row.story, ["at 1", "left"])
      yield* start(layer("b"), counting)
      yield* TestClock.adjust("30 seconds")
      assert.deepEqual(row.story.slice(2), ["at 2", "at 3", "end"])
    })
  )

  it.scoped("ends where somebody else has taken the turn, also in the middle of a long step", () =>
    Effect.gen(function* () {
      const { row, layer } = makeRow()
      yield* start(layer("a"), () => Effect.never)
      yield* TestClock.adjust("31 seconds")
      row.holder = "b"
      yield* TestClock.adjust("30 seconds")
      assert.deepEqual(row.story, ["left"])
      assert.strictEqual(row.holder, "b")
    })
  )

  it.scoped("goes on where the database is away for a moment while a step takes its time", () =>
    Effect.gen(function* () {
      const { row, layer } = makeRow()
      yield* start(layer("a"), (cursor) => Effect.delay(counting(cursor), "2 minutes"))
      yield* TestClock.adjust("31 seconds")
      row.isAway = true
      yield* TestClock.adjust("1 minute")
      row.isAway = false
      yield* TestClock.adjust("9 minutes")
      assert.deepEqual(row.story, ["at 1", "at 2", "at 3", "end"])
    })
  )

  it.scoped("outlives a bug in a step", () =>
    Effect.gen(function* () {
      const { row, layer } = makeRow()
      let isBroken = true
      yield* start(layer("a"), (cursor) =>
        cursor === "1" && isBroken ? Effect.dieMessage("a bug") : counting(cursor)
      )
      yield* TestClock.adjust("30 seconds")
      isBroken = false
      yield* TestClock.adjust("1 minute")
      assert.deepEqual(row.story, ["at 1", "left", "at 2", "at 3", "end"])
    })
  )
})
