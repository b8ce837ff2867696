import { assert, layer } from "@effect/vitest"
import { Context, Effect, Fiber, Layer, Schedule } from "effect"
import { commandLine, type Ran } from "../support/commandLine.ts"
import { type FakeMeili, fakeMeili } from "../support/fakeMeili.ts"
import { demoPassword, type Platform, platformHere } from "../support/platform.ts"

class Here extends Context.Tag("test/Here")<
  Here,
  { readonly platform: Platform; readonly engine: FakeMeili }
>() {}

const here = Layer.scoped(
  Here,
  Effect.gen(function* () {
    const engine = yield* fakeMeili
    const platform = yield* platformHere({
      POSTROOM_MEILISEARCH_URL: engine.url,
      POSTROOM_SEARCH_TIME_LIMIT: "300 millis"
    })
    return { platform, engine }
  })
)

const until = <A, E, R>(effect: Effect.Effect<A, E, R>, isThere: (answer: A) => boolean) =>
  Effect.timeout(
    Effect.repeat(effect, { until: isThere, schedule: Schedule.spaced("20 millis") }),
    "20 seconds"
  ).pipe(Effect.zipRight(effect), Effect.orDie)

const search = (...words: ReadonlyArray<string>): Effect.Effect<Ran, never, Here> =>
  Effect.flatMap(Here, ({ platform }) =>
    commandLine(platform, ["search", "--as", "alice@demo.test", "--output", "json", ...words], {
      env: { POSTROOM_PASSWORD: demoPassword }
    })
  )

layer(here, { timeout: 60_000, excludeTestServices: true })("a search that is not at its best", (it) => {
  it.scoped("says that the engine for it is away, and finds the same", () =>
    Effect.gen(function* () {
      const { platform, engine } = yield* Here
      const client = yield* platform.client("alice@demo.test")
      yield* client.call(() =>
        client.mailbox.appendMessage({
          folderId: 1n,
          raw: Buffer.from("Subject: tortoise\r\n\r\nslow and steady")
        })
      )
      yield* until(search("tortoise"), () => engine.searches.length > 0)
      const well = yield* search("tortoise")
      assert.deepStrictEqual([well.code, well.err], [0, ""])
      engine.isAway = true
      const degraded = yield* search("tortoise")
      assert.strictEqual(degraded.code, 0)
      assert.include(degraded.out, '"subject": "tortoise"')
      assert.include(degraded.err, "The search engine is away")
      // Of searches that it is never asked for nothing is worse.
      assert.strictEqual((yield* search("tortoise", "is:unread")).err, "")
      // It is said also where nothing is found.
      assert.include((yield* search("hare")).err, "The search engine is away")
    })
  )

  it.scoped("says that it takes too long, and what to do about it", () =>
    Effect.gen(function* () {
      const { platform } = yield* Here
      const held = yield* Effect.fork(
        platform.query("LOCK TABLE search.documents IN ACCESS EXCLUSIVE MODE; SELECT pg_sleep(20)")
      )
      yield* until(
        platform.query(
          "SELECT 1 FROM pg_locks WHERE mode = 'AccessExclusiveLock' AND granted AND locktype = 'relation'"
        ),
        (rows) => rows.length > 0
      )
      const { code, err } = yield* search("steady", "is:unread")
      yield* Effect.ignore(
        platform.query(
          "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LOCK TABLE%'"
        )
      )
      yield* Fiber.await(held)
      assert.strictEqual(code, 5)
      assert.include(err, "The search took too long")
      assert.include(err, "look for less")
    })
  )
})
