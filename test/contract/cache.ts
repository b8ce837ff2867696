import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Option, type Scope } from "effect"
import { FolderId, MailboxId } from "../../src/domain/ids.ts"
import { type Cache, type CacheKey, folderStateKey, sharedBlobKey } from "../../src/storage/valkey/Cache.ts"

/** What every driver of the cache promises. `opened`: an empty one. */
export const cacheContract = (
  name: string,
  opened: Effect.Effect<typeof Cache.Service, never, Scope.Scope>
) => {
  const test = (title: string, body: (cache: typeof Cache.Service) => Effect.Effect<void>) =>
    it.scopedLive(title, () => Effect.flatMap(opened, body))
  const key: CacheKey = { name: "test:a", ttl: Duration.minutes(1) }
  const brief: CacheKey = { name: "test:brief", ttl: Duration.millis(30) }

  describe(`${name} as Cache`, () => {
    test("has what was set last, and nothing under other keys", (cache) =>
      Effect.gen(function* () {
        assert.deepEqual(yield* cache.get(key), Option.none())
        yield* cache.set(key, "")
        assert.deepEqual(yield* cache.get(key), Option.some(""))
        yield* cache.set(key, '{"größe":1}')
        assert.deepEqual(yield* cache.get(key), Option.some('{"größe":1}'))
        assert.deepEqual(yield* cache.get({ ...key, name: "test:b" }), Option.none())
      }))

    test("has nothing that was removed; removing twice is nothing", (cache) =>
      Effect.gen(function* () {
        yield* cache.set(key, "x")
        yield* cache.remove(key)
        yield* cache.remove(key)
        assert.deepEqual(yield* cache.get(key), Option.none())
      }))

    test("forgets when the time is over", (cache) =>
      Effect.gen(function* () {
        yield* cache.set(brief, "x")
        yield* cache.setIfAbsent({ ...brief, name: "test:brief2" }, "x")
        yield* Effect.repeat(Effect.delay(cache.get(brief), "5 millis"), { until: Option.isNone })
        yield* Effect.repeat(Effect.delay(cache.get({ ...brief, name: "test:brief2" }), "5 millis"), {
          until: Option.isNone
        })
      }))

    test("keeps the first of many that are set where there is none", (cache) =>
      Effect.gen(function* () {
        const given = yield* Effect.forEach(
          Array.from({ length: 20 }, (_, n) => `${n}`),
          (value) => cache.setIfAbsent(key, value),
          { concurrency: "unbounded" }
        )
        assert.strictEqual(new Set(given).size, 1)
        assert.deepEqual(yield* cache.get(key), Option.fromNullable(given[0]))
      }))

    test("knows the keys of the specification", (cache) =>
      Effect.gen(function* () {
        const state = folderStateKey(MailboxId("u-1"), FolderId(7))
        assert.deepEqual(state, { name: "mbx:u-1:7:state", ttl: Duration.seconds(60) })
        assert.strictEqual(sharedBlobKey("ab12").name, "dedupe:ab12")
        yield* cache.set(state, "{}")
        assert.deepEqual(yield* cache.get(state), Option.some("{}"))
      }))
  })
}
