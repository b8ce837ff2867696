import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Fiber, Layer, Logger, Stream, TestClock } from "effect"
import { Postgres } from "../../../src/storage/postgres.ts"
import { Announcer } from "../../../src/storage/streams/Announcer.ts"
import { type NewTask, Streams } from "../../../src/storage/streams/Streams.ts"
import { layerSingle, layerWith } from "../../../src/storage/streams/StreamsPg.ts"
import { task } from "../../support/streams.ts"

/** A Postgres in which the first run of each of these statements, or of listening, has a bug. */
const buggyAtFirst = (...names: ReadonlyArray<string>) => postgres(names, ["mail_ingest somebody-else"])

/** `heard`: what other processes say. */
const postgres = (names: ReadonlyArray<string>, heard: ReadonlyArray<string>) => {
  const runs = new Map<string, number>()
  const run = (name: string) =>
    Effect.suspend(() => {
      const before = runs.get(name) ?? 0
      runs.set(name, before + 1)
      return names.includes(name) && before === 0 ? Effect.dieMessage(`a bug in ${name}`) : Effect.void
    })
  const layer = Layer.mock(Postgres, {
    query: ({ name = "" }) => Effect.as(run(name), []),
    listen: () =>
      Stream.unwrap(
        Effect.as(
          run("listen"),
          Stream.concat(
            Stream.fromIterable(heard.map((payload) => ({ _tag: "Notified", payload }) as const)),
            Stream.never
          )
        )
      )
  })
  return { runs, layer }
}

const settings = {
  sweepInterval: Duration.seconds(5),
  pruneInterval: Duration.seconds(5),
  ringSpacing: Duration.millis(10)
}

const withStreams = <A, E>(
  buggy: ReturnType<typeof buggyAtFirst>,
  body: (streams: typeof Streams.Service) => Effect.Effect<A, E>,
  layer: ReturnType<typeof layerSingle> = layerWith(settings)
) =>
  Effect.flatMap(Streams, body).pipe(
    Effect.provide(Layer.provideMerge(layer, Layer.merge(buggy.layer, Logger.remove(Logger.defaultLogger))))
  )

const rung = (streams: typeof Streams.Service, times: number) =>
  Effect.fork(Stream.runDrain(Stream.take(streams.rings("mail_ingest"), times)))

describe("what the streams do by themselves", () => {
  it.effect("goes on after a bug in a sweep or in forgetting", () => {
    const buggy = buggyAtFirst("streams_bury_expired", "streams_prune")
    return withStreams(buggy, () =>
      Effect.gen(function* () {
        yield* TestClock.adjust("5 seconds")
        yield* TestClock.adjust("5 seconds")
        assert.deepEqual(
          ["streams_bury_expired", "streams_prune"].map((name) => buggy.runs.get(name)),
          [2, 2]
        )
      })
    )
  })

  it.effect("goes on telling other processes after a bug in that", () => {
    const buggy = buggyAtFirst("streams_ring")
    return withStreams(buggy, (streams) =>
      Effect.gen(function* () {
        yield* streams.publish([task()])
        yield* TestClock.adjust("10 millis")
        yield* streams.publish([task()])
        yield* TestClock.adjust("10 millis")
        assert.strictEqual(buggy.runs.get("streams_ring"), 2)
      })
    )
  })

  it.effect("tells other processes of a publish that failed, and may be committed all the same", () => {
    const buggy = buggyAtFirst("streams_publish")
    return withStreams(buggy, (streams) =>
      Effect.gen(function* () {
        yield* Effect.exit(streams.publish([task()]))
        yield* TestClock.adjust("10 millis")
        assert.strictEqual(buggy.runs.get("streams_ring"), 1)
      })
    )
  })

  it.effect("leaves tasks that are due to who announces them, and rings for nothing that is not due", () => {
    const announced: Array<NewTask> = []
    const counting = buggyAtFirst()
    const layer = Layer.provide(
      layerWith(settings),
      Layer.succeed(Announcer, (tasks) => void announced.push(...tasks))
    )
    return withStreams(
      counting,
      (streams) =>
        Effect.gen(function* () {
          const [due, later] = [task(), task({ notBefore: 60_000 })]
          yield* streams.publish([due, later])
          yield* TestClock.adjust("1 second")
          assert.deepEqual(announced, [due])
          assert.isFalse(counting.runs.has("streams_ring"))
          yield* TestClock.adjust("1 minute")
          assert.isTrue(counting.runs.has("streams_ring"))
        }),
      layer
    )
  })

  it.effect("tells nobody where it is the only process", () => {
    const counting = postgres([], [])
    return withStreams(
      counting,
      (streams) =>
        Effect.gen(function* () {
          yield* streams.publish([task()])
          yield* TestClock.adjust("1 second")
          assert.isFalse(counting.runs.has("streams_ring"))
        }),
      layerSingle(settings)
    )
  })

  it.effect("answers who says hello, and whoever else is heard of for the first time, and no others", () =>
    Effect.forEach(
      [
        { heard: ["hello somebody"], answers: 1 },
        { heard: ["index somebody", "index somebody"], answers: 1 },
        { heard: [], answers: 0 }
      ],
      ({ heard, answers }) => {
        const counting = postgres([], heard)
        return withStreams(
          counting,
          () =>
            Effect.gen(function* () {
              yield* TestClock.adjust("1 second")
              assert.strictEqual(counting.runs.get("streams_ring") ?? 0, answers)
            }),
          layerSingle(settings)
        )
      }
    )
  )

  it.effect("goes on hearing other processes after a bug in that", () => {
    const buggy = buggyAtFirst("listen")
    return withStreams(buggy, (streams) =>
      Effect.gen(function* () {
        const heard = yield* rung(streams, 2)
        yield* TestClock.adjust("1 second")
        yield* Fiber.join(heard)
        assert.strictEqual(buggy.runs.get("listen"), 2)
      })
    )
  })
})
