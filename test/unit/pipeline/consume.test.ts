import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Exit, Logger, Scope, TestClock } from "effect"
import {
  type ConsumeOptions,
  consume,
  done,
  type Fate,
  failed,
  held,
  hopeless,
  more
} from "../../../src/pipeline/consume.ts"
import { makeStreamTwin, type StreamTwin } from "../../support/streamTwin.ts"

const quietly = Effect.provide(Logger.remove(Logger.defaultLogger))

/** Works on what was accepted, until the test ends. */
const start = (
  twin: StreamTwin,
  work: (name: string) => Effect.Effect<Fate>,
  options: Partial<ConsumeOptions> = {}
) =>
  consume({
    stream: "notify",
    batch: 10,
    loops: 2,
    hold: Duration.seconds(20),
    spacing: Duration.millis(100),
    work: ({ taskId }) => work(taskId),
    ...options
  }).pipe(Effect.provide(twin.layer), quietly)

describe("a consumer", () => {
  it.scoped("writes down what came of each task", () =>
    Effect.gen(function* () {
      const twin = makeStreamTwin()
      const fates: Record<string, Fate> = {
        a: done,
        b: failed("why"),
        c: hopeless("never"),
        d: { _tag: "Held", delay: Duration.seconds(7) }
      }
      for (const name of Object.keys(fates)) twin.accept(name)
      yield* start(twin, (name) => Effect.succeed(fates[name] ?? done))
      yield* TestClock.adjust("1 second")
      assert.sameMembers(twin.story, [
        "claim a b c d",
        "ack a",
        "fail b: why",
        "dead c: never",
        "release d +7000"
      ])
    })
  )

  it.scoped("holds a task up for longer each time", () =>
    Effect.gen(function* () {
      const twin = makeStreamTwin()
      twin.accept("a")
      yield* start(twin, () => Effect.succeed(held))
      yield* TestClock.adjust("70 seconds")
      const delays = twin.story.flatMap((what) => /^release a \+(\d+)$/.exec(what)?.[1] ?? []).map(Number)
      assert.deepEqual(delays.slice(0, 3), [1000, 1000, 2000])
      assert.isAtMost(Math.max(...delays), 30_000)
    })
  )

  it.scoped("counts attempts of what something has held up for a day", () =>
    Effect.gen(function* () {
      const twin = makeStreamTwin()
      twin.accept("a")
      yield* TestClock.setTime(Duration.toMillis("25 hours"))
      yield* start(twin, () => Effect.succeed(held))
      yield* TestClock.adjust("1 second")
      assert.deepEqual(twin.story, ["claim a", "fail a: held up too long"])
    })
  )

  it.scoped("lets others go before a task that has more to do", () =>
    Effect.gen(function* () {
      const twin = makeStreamTwin()
      let steps = 0
      for (const name of ["long", "short"]) twin.accept(name)
      yield* start(twin, (name) => Effect.sync(() => (name === "long" && steps++ < 2 ? more : done)), {
        batch: 1,
        loops: 1
      })
      yield* TestClock.adjust("1 second")
      assert.deepEqual(twin.story, [
        "claim long",
        "release long +0",
        "claim short",
        "ack short",
        "claim long",
        "release long +0",
        "claim long",
        "ack long"
      ])
    })
  )

  it.scoped("counts an attempt of what takes too long, meets a bug, or both, and goes on", () =>
    Effect.gen(function* () {
      const twin = makeStreamTwin()
      for (const name of ["slow", "poison", "good"]) twin.accept(name)
      yield* start(twin, (name) => {
        if (name === "slow") return Effect.never
        return name === "poison" ? Effect.dieMessage("a bug") : Effect.succeed(done)
      })
      yield* TestClock.adjust("16 seconds")
      assert.sameMembers(twin.story, [
        "claim slow poison good",
        "ack good",
        "fail poison: defect",
        "fail slow: took too long"
      ])
    })
  )

  it.scoped("takes no more batches than it may, and the next one when one is through", () =>
    Effect.gen(function* () {
      const twin = makeStreamTwin()
      for (const name of ["a", "b", "c"]) twin.accept(name)
      yield* start(twin, (name) => Effect.as(Effect.sleep(name === "a" ? "2 seconds" : "5 seconds"), done), {
        batch: 1
      })
      yield* TestClock.adjust("1 second")
      assert.deepEqual(twin.story, ["claim a", "claim b"])
      yield* TestClock.adjust("1 second")
      assert.deepEqual(twin.story.slice(2), ["ack a", "claim c"])
    })
  )

  it.scoped("gives back at once what it works on when it is stopped", () =>
    Effect.gen(function* () {
      const twin = makeStreamTwin()
      for (const name of ["a", "b"]) twin.accept(name)
      const scope = yield* Scope.make()
      yield* Scope.extend(
        start(twin, () => Effect.never),
        scope
      )
      yield* TestClock.adjust("1 second")
      yield* Scope.close(scope, Exit.void)
      assert.sameMembers(twin.story, ["claim a b", "release a +0", "release b +0"])
    })
  )

  it.scoped("looks again after a defect of the store", () =>
    Effect.gen(function* () {
      const twin = makeStreamTwin()
      twin.accept("a")
      twin.onClaim = Effect.suspend(() => {
        twin.onClaim = Effect.void
        return Effect.dieMessage("a bug")
      })
      yield* start(twin, () => Effect.succeed(done), { loops: 1 })
      yield* TestClock.adjust("1 second")
      assert.deepEqual(twin.story, [])
      yield* twin.ring
      yield* TestClock.adjust("1 second")
      assert.deepEqual(twin.story, ["claim a", "ack a"])
    })
  )

  it.scoped("takes nothing where it is told to", () =>
    Effect.gen(function* () {
      const twin = makeStreamTwin()
      twin.accept("a")
      yield* start(twin, () => Effect.succeed(done), { loops: 0 })
      yield* TestClock.adjust("1 second")
      assert.deepEqual(twin.story, [])
    })
  )
})
