import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber, TestClock } from "effect"
import { makeExpiringMap } from "../../../src/storage/directory/ExpiringMap.ts"
import {
  defaultResolverOptions,
  makeResolver,
  type ResolveQuery,
  type ResolveRow
} from "../../../src/storage/directory/resolver.ts"

const nobody: ResolveRow = {
  user_id: null,
  tenant_id: null,
  status: null,
  by_base: null,
  is_over_quota: null
}
const somebody: ResolveRow = {
  user_id: "u",
  tenant_id: "t",
  status: "active",
  by_base: false,
  is_over_quota: false
}

/** A source that notes what it is asked and answers what it is set to. */
const makeSource = () => {
  const asked: Array<ResolveQuery> = []
  const source = {
    asked,
    answer: Effect.succeed<ResolveRow | undefined>(nobody),
    find: (query: ResolveQuery) =>
      Effect.suspend(() => {
        asked.push(query)
        return source.answer
      }),
    oldestDomain: Effect.succeed("demo.test")
  }
  return source
}

describe("resolving", () => {
  it.effect("asks once for the whole question, with everything that may match", () =>
    Effect.gen(function* () {
      const source = makeSource()
      const { resolve } = makeResolver(source, defaultResolverOptions)
      yield* resolve("Alice+Lists@Demo.TEST")
      yield* resolve("Abuse+x@demo.test")
      yield* resolve("POSTMASTER")
      assert.deepStrictEqual(source.asked, [
        {
          address: "alice+lists@demo.test",
          base: "alice@demo.test",
          domain: "demo.test",
          isResponsible: false
        },
        { address: "abuse+x@demo.test", base: "abuse@demo.test", domain: "demo.test", isResponsible: true },
        { address: "postmaster@demo.test", base: null, domain: "demo.test", isResponsible: true }
      ])
    })
  )

  it.effect("repeats an answer for a while, and keeps no more of them than it may", () =>
    Effect.gen(function* () {
      const source = makeSource()
      const { resolve } = makeResolver(source, { ...defaultResolverOptions, cacheCapacity: 2 })
      const ask = (name: string) => resolve(`${name}@demo.test`)
      yield* Effect.forEach(["a", "b", "a", "b"], ask)
      assert.strictEqual(source.asked.length, 2)
      yield* Effect.forEach(["c", "b", "a"], ask)
      assert.strictEqual(source.asked.length, 4)
      yield* TestClock.adjust("3 seconds")
      yield* ask("a")
      assert.strictEqual(source.asked.length, 5)
    })
  )

  it.effect("does not keep an answer that was asked for before a change and came after it", () =>
    Effect.gen(function* () {
      const source = makeSource()
      const { resolve, forget } = makeResolver(source, defaultResolverOptions)
      const late = yield* Deferred.make<ResolveRow | undefined>()
      source.answer = Deferred.await(late)
      const asking = yield* Effect.fork(resolve("new@demo.test"))
      yield* Effect.yieldNow()
      forget()
      yield* Deferred.succeed(late, nobody)
      assert.strictEqual((yield* Fiber.join(asking))._tag, "UnknownUser")
      source.answer = Effect.succeed(somebody)
      assert.strictEqual((yield* resolve("new@demo.test"))._tag, "Mailbox")
    })
  )
})

describe("an expiring map", () => {
  it("forgets what is old, and the longest unused where it is full", () => {
    const map = makeExpiringMap<number>(2)
    map.set("a", 1, 100)
    map.set("b", 2, 50)
    assert.strictEqual(map.get("a", 0), 1)
    map.set("c", 3, 100)
    assert.isUndefined(map.get("b", 0))
    assert.strictEqual(map.get("a", 99), 1)
    assert.isUndefined(map.get("a", 100))
    assert.strictEqual(map.size(), 1)
  })
})
