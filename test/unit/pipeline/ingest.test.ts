import { assert, describe, it } from "@effect/vitest"
import { Deferred, Duration, Effect, Exit, Layer, Logger, Scope, TestClock } from "effect"
import { Busy, NotFound, Unavailable } from "../../../src/domain/errors.ts"
import { type IngestTwins, makeIngestTwins } from "../../support/ingestTwins.ts"
import { logLines } from "../../support/logLines.ts"

const quietly = Logger.remove(Logger.defaultLogger)
const away = new Unavailable({ what: "mailbox" })
const large = 1024 * 1024

/** Runs a worker on what was accepted, until the test ends. */
const start = (twins: IngestTwins, settings: Readonly<Record<string, string>> = {}) =>
  Effect.asVoid(Layer.build(Layer.provide(twins.layer(settings), quietly)))

describe("ingest", () => {
  it.scoped("shares statements among small messages that were claimed together", () =>
    Effect.gen(function* () {
      const twins = makeIngestTwins()
      for (const name of ["a", "b", "c"]) twins.accept(name)
      yield* start(twins)
      yield* TestClock.adjust("1 second")
      assert.deepEqual(twins.story, ["claim a b c", "put a b c", "ack a b c"])
    })
  )

  it.scoped("delivers small messages while a large one is still being read", () =>
    Effect.gen(function* () {
      const twins = makeIngestTwins()
      const isRead = yield* Deferred.make<void>()
      twins.on.read = (name) => (name === "huge" ? Deferred.await(isRead) : Effect.void)
      twins.accept("huge", large)
      for (const name of ["a", "b"]) twins.accept(name)
      yield* start(twins)
      yield* TestClock.adjust("1 second")
      assert.deepEqual(twins.story, ["claim huge a b", "put a b", "ack a b"])
      yield* Deferred.succeed(isRead, undefined)
      yield* TestClock.adjust("1 second")
      assert.deepEqual(twins.story.slice(3), ["put huge", "ack huge"])
    })
  )

  it.scoped("reads no more at a time than the memory allows, and what is larger than that by itself", () =>
    Effect.gen(function* () {
      const twins = makeIngestTwins()
      twins.on.read = () => Effect.sleep("1 second")
      twins.accept("huge", 5 * large)
      for (const name of ["a", "b", "c", "d", "e", "f"]) twins.accept(name, large)
      yield* start(twins, {
        POSTROOM_INGEST_BATCH: "1",
        POSTROOM_INGEST_LOOPS: "10",
        POSTROOM_INGEST_MEMORY: `${2 * large}`
      })
      yield* TestClock.adjust("1 second")
      assert.strictEqual(twins.reading.most, 5 * large)
      yield* TestClock.adjust("1 second")
      assert.strictEqual(twins.reading.now, 2 * large)
      yield* TestClock.adjust("10 seconds")
      assert.strictEqual(twins.reading.most, 5 * large)
      assert.strictEqual(twins.story.filter((what) => what.startsWith("ack")).length, 7)
    })
  )

  for (const [where, hang] of [
    [
      "reading",
      (twins: IngestTwins) => {
        twins.on.read = (name) => (name === "stuck" ? Effect.never : Effect.void)
      }
    ],
    [
      "delivery",
      (twins: IngestTwins) => {
        twins.on.deliver = (name) => (name === "stuck" ? Effect.never : Effect.succeed(null))
      }
    ]
  ] as const) {
    it.scoped(`puts off a message whose ${where} hangs before its claim ends, and no other one`, () =>
      Effect.gen(function* () {
        const twins = makeIngestTwins()
        hang(twins)
        for (const name of ["a", "stuck", "b"]) twins.accept(name)
        yield* start(twins, { POSTROOM_INGEST_HOLD: "20 seconds" })
        yield* TestClock.adjust("19 seconds")
        assert.includeMembers(twins.story, ["ack a b", "release stuck +5000"])
      })
    )
  }

  it.scoped("gives back at once what it cannot begin in time", () =>
    Effect.gen(function* () {
      const twins = makeIngestTwins()
      twins.on.read = (name) => (name === "slow" ? Effect.sleep("4 seconds") : Effect.void)
      for (const name of ["slow", "slow", "other"]) twins.accept(name, large)
      yield* start(twins, { POSTROOM_INGEST_HOLD: "12 seconds", POSTROOM_INGEST_LOOPS: "1" })
      yield* TestClock.adjust("12 seconds")
      assert.deepEqual(twins.story.slice(0, 4), [
        "claim slow slow other",
        "release slow +3000",
        "release slow +0",
        "release other +0"
      ])
    })
  )

  it.scoped("puts off what is in the way of passing things for longer each time, and counts no attempt", () =>
    Effect.gen(function* () {
      const twins = makeIngestTwins()
      let tries = 0
      twins.on.deliver = () =>
        Effect.suspend(() => {
          tries += 1
          if (tries > 8) return Effect.succeed(null)
          return tries % 2 === 0 ? away : Effect.succeed(away)
        })
      twins.accept("a")
      yield* start(twins)
      yield* TestClock.adjust("3 minutes")
      const delays = twins.story.flatMap((what) => /^release a \+(\d+)$/.exec(what)?.[1] ?? []).map(Number)
      assert.deepEqual(
        delays,
        [1, 1, 2, 4, 8, 16, 30, 30].map((seconds) => seconds * 1000)
      )
      assert.strictEqual(twins.story.at(-1), "ack a")
      assert.notInclude(twins.story.join(), "fail")
    })
  )

  it.scoped("counts attempts of what something has held up for a day", () =>
    Effect.gen(function* () {
      const twins = makeIngestTwins()
      twins.on.deliver = () => away
      twins.accept("a")
      yield* TestClock.setTime(Duration.toMillis("25 hours"))
      yield* start(twins)
      yield* TestClock.adjust("1 second")
      assert.deepEqual(twins.story, ["claim a", "put a", "fail a: held up too long"])
    })
  )

  it.scoped("counts an attempt where one of several recipients will never have it, and says why", () =>
    Effect.gen(function* () {
      const twins = makeIngestTwins()
      twins.on.deliver = (name) =>
        Effect.succeed(
          name === "gone" ? new NotFound({ what: "mailbox" }) : new Unavailable({ what: "quarantined" })
        )
      for (const name of ["gone", "ill"]) twins.accept(name)
      twins.acceptNonsense("nonsense")
      yield* start(twins)
      yield* TestClock.adjust("1 second")
      assert.sameMembers(
        twins.story.filter((what) => !/^(claim|put)/.test(what)),
        ["dead gone: NotFound", "fail ill: Unavailable", "dead nonsense: the payload is no ingest task"]
      )
    })
  )

  it.scoped("lets a message that meets a bug take no other one along", () =>
    Effect.gen(function* () {
      const twins = makeIngestTwins()
      twins.on.put = (names) => (names.includes("poison") ? Effect.dieMessage("a bug") : Effect.void)
      twins.on.deliver = (name) => (name === "curse" ? Effect.dieMessage("a bug") : Effect.succeed(null))
      for (const name of ["a", "poison", "b", "curse", "c"]) twins.accept(name)
      yield* start(twins)
      yield* TestClock.adjust("1 second")
      assert.sameMembers(
        twins.story.filter((what) => !/^(claim|put)/.test(what)),
        ["ack a", "fail poison: defect", "ack b", "fail curse: defect", "ack c"]
      )
    })
  )

  it.scoped("names the message in every log line about one", () =>
    Effect.gen(function* () {
      const twins = makeIngestTwins()
      const { lines, layer } = logLines()
      twins.on.deliver = (name) =>
        name === "curse" ? Effect.dieMessage("a bug") : Effect.succeed(new NotFound({ what: "mailbox" }))
      for (const name of ["curse", "gone"]) twins.accept(name)
      yield* Layer.build(Layer.provide(twins.layer(), layer))
      yield* TestClock.adjust("1 second")
      const named = lines.map(({ message, correlation_id }) => `${message}: ${correlation_id}`)
      assert.includeMembers(named, [
        "ingest failed by a defect: curse",
        "a message could not be delivered: curse",
        "a message could not be delivered: gone"
      ])
    })
  )

  it.scoped("puts a batch off while the database takes no contents", () =>
    Effect.gen(function* () {
      const twins = makeIngestTwins()
      twins.on.put = () => new Unavailable({ what: "storage" })
      for (const name of ["a", "b"]) twins.accept(name)
      yield* start(twins)
      yield* TestClock.adjust("500 millis")
      assert.deepEqual(twins.story, ["claim a b", "release a +1000", "release b +1000"])
    })
  )

  it.scoped("gives everything back at once when it is stopped", () =>
    Effect.gen(function* () {
      const twins = makeIngestTwins()
      twins.on.deliver = () => Effect.never
      twins.accept("a")
      twins.accept("b", large)
      const scope = yield* Scope.make()
      yield* Scope.extend(start(twins), scope)
      yield* TestClock.adjust("1 second")
      yield* Scope.close(scope, Exit.void)
      assert.deepEqual(twins.story, ["claim a b", "put a", "release a +0", "release b +0"])
    })
  )

  it.scoped("takes little where nothing gets through and its process is not ready", () =>
    Effect.gen(function* () {
      const twins = makeIngestTwins()
      twins.isReady = false
      twins.on.deliver = () => Effect.succeed(new Busy({ retryAfterMillis: 1 }))
      for (const name of ["a", "b", "c", "d", "e"]) twins.accept(name)
      yield* start(twins, { POSTROOM_INGEST_BATCH: "1" })
      yield* TestClock.adjust("25 seconds")
      assert.deepEqual(
        twins.story.filter((what) => what.startsWith("claim")),
        ["claim a", "claim b", "claim c"]
      )
      twins.isReady = true
      twins.on.deliver = () => Effect.succeed(null)
      yield* TestClock.adjust("40 seconds")
      assert.strictEqual(twins.story.filter((what) => what.startsWith("ack")).length, 5)
    })
  )
})
