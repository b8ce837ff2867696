import { randomUUID } from "node:crypto"
import { assert, layer } from "@effect/vitest"
import { ConfigProvider, Effect, Fiber, Layer, Queue, Stream } from "effect"
import { MailboxId } from "../../src/domain/ids.ts"
import { defaultPreferences } from "../../src/domain/Preferences.ts"
import { UserPreferences } from "../../src/identity/UserPreferences.ts"
import * as UserPreferencesLive from "../../src/identity/UserPreferencesLive.ts"
import { layerDirectoryPg } from "../../src/storage/directory/DirectoryPg.ts"
import * as PreferenceStorePg from "../../src/storage/directory/PreferenceStorePg.ts"
import { awaited } from "../support/awaited.ts"
import { layerTestPostgres } from "../support/postgres.ts"
import { world } from "./directoryWorld.ts"

const settings = ConfigProvider.fromMap(
  new Map([
    ["POSTROOM_OWA_SIGNATURE_BYTES", "1024"],
    ["POSTROOM_OWA_SIGNATURES", "2"]
  ])
)

/** Two processes over one database. */
const process = UserPreferencesLive.layer.pipe(
  Layer.provide(PreferenceStorePg.layer),
  Layer.provide(Layer.setConfigProvider(settings)),
  Layer.orDie
)

const layerWorld = Layer.merge(process, layerDirectoryPg()).pipe(Layer.provideMerge(layerTestPostgres))

const someone = Effect.gen(function* () {
  const { create, domains } = yield* world
  const { id } = yield* create(`${randomUUID()}@${domains.one}`)
  return { userId: id, preferences: yield* UserPreferences }
})

layer(layerWorld)("preferences", (it) => {
  it.effect("are those of the program until somebody chooses, and a field that nobody named stays", () =>
    Effect.gen(function* () {
      const { userId, preferences } = yield* someone
      const first = yield* preferences.set({ userId, version: 0, patch: { density: "compact" } })
      assert.deepStrictEqual(first, {
        isDone: true,
        version: 1,
        preferences: { ...defaultPreferences, density: "compact" }
      })
      const second = yield* preferences.set({ userId, version: 1, patch: { timeZone: "Europe/Berlin" } })
      assert.deepInclude(second.preferences, { density: "compact", timeZone: "Europe/Berlin" })
      const third = yield* preferences.set({ userId, version: 2, patch: { timeZone: null } })
      assert.deepInclude(third.preferences, { density: "compact", timeZone: null })
      assert.strictEqual(third.version, 3)
    })
  )

  it.effect("of an older version change nothing, and are told as they are", () =>
    Effect.gen(function* () {
      const { userId, preferences } = yield* someone
      yield* preferences.set({ userId, version: 0, patch: { readingPane: "off" } })
      for (const version of [0, 2]) {
        const late = yield* preferences.set({ userId, version, patch: { readingPane: "bottom" } })
        assert.deepInclude(late, { isDone: false, version: 1 })
        assert.strictEqual(late.preferences.readingPane, "off")
      }
    })
  )

  it.effect("of ten pages at once, one change is done", () =>
    Effect.gen(function* () {
      const { userId, preferences } = yield* someone
      const all = yield* Effect.forEach(
        Array.from({ length: 10 }, (_, seconds) => seconds),
        (readAfterSeconds) => preferences.set({ userId, version: 0, patch: { readAfterSeconds } }),
        { concurrency: "unbounded" }
      )
      assert.strictEqual(all.filter(({ isDone }) => isDone).length, 1)
    })
  )

  it.scoped("are told to every page of the person, whatever process serves it, and to nobody else's", () =>
    Effect.gen(function* () {
      const { userId, preferences } = yield* someone
      const other = yield* someone
      const elsewhere = yield* Effect.provide(UserPreferences, yield* Layer.build(Layer.fresh(process)))
      const queueOf = (follow: typeof preferences.follow, whose: MailboxId) =>
        Effect.gen(function* () {
          const queue = yield* Queue.unbounded<number>()
          const fiber = yield* Effect.forkScoped(
            Stream.runForEach(follow(whose), ({ version }) => Queue.offer(queue, version))
          )
          return { next: awaited("preferences", Queue.take(queue)), queue, fiber }
        })
      const here = yield* queueOf(preferences.follow, userId)
      const there = yield* queueOf(elsewhere.follow, userId)
      const theirs = yield* queueOf(preferences.follow, other.userId)
      for (const { next } of [here, there, theirs]) assert.strictEqual(yield* next, 0)
      yield* preferences.set({ userId, version: 0, patch: { density: "cozy" } })
      for (const { next } of [here, there]) assert.strictEqual(yield* next, 1)
      yield* elsewhere.set({ userId, version: 1, patch: { density: "compact" } })
      for (const { next } of [here, there]) assert.strictEqual(yield* next, 2)
      assert.strictEqual(yield* Queue.size(theirs.queue), 0)
      yield* Fiber.interrupt(here.fiber)
    })
  )

  it.effect("have limits, and nobody's are kept", () =>
    Effect.gen(function* () {
      const { userId, preferences } = yield* someone
      const signature = (html: string) => ({ id: randomUUID(), name: "one", html })
      const over = [[signature("ä".repeat(513))], Array.from({ length: 3 }, () => signature(""))]
      for (const signatures of over) {
        const refused = yield* Effect.flip(
          preferences.set({ userId, version: 0, patch: { signatures, density: "compact" } })
        )
        assert.strictEqual(refused._tag, "LimitExceeded")
      }
      const kept = yield* preferences.set({
        userId,
        version: 0,
        patch: { signatures: [signature("ä".repeat(512))] }
      })
      assert.strictEqual(kept.version, 1)
      const stranger = yield* Effect.flip(
        preferences.set({ userId: MailboxId(randomUUID()), version: 0, patch: {} })
      )
      assert.strictEqual(stranger._tag, "NotFound")
    })
  )
})
