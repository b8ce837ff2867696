import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { MailboxId } from "../../../../src/domain/ids.ts"
import { asking } from "../../../support/actors.ts"
import { makeClusterWorld, type Node, pass } from "../../../support/clusterWorld.ts"
import { deliver } from "../../../support/domain.ts"

/** Four in each of the 16 shards. */
const everybody = Array.from({ length: 64 }, (_, n) =>
  MailboxId(`00000000-0000-4000-8000-${n.toString(16).padStart(12, "0")}`)
)

const sizes = (...nodes: ReadonlyArray<Node>) => nodes.map(({ shards }) => shards.size)

/** Every shard is somebody's, and nobody else's. */
const assertWhole = (shardCount: number, ...nodes: ReadonlyArray<Node>) => {
  const owned = nodes.flatMap(({ shards }) => [...shards.keys()])
  assert.deepEqual(
    owned.sort((a, b) => a - b),
    Array.from({ length: shardCount }, (_, n) => n)
  )
}

/** Two runners, each with its half of the shards. */
const pair = Effect.gen(function* () {
  const world = yield* makeClusterWorld(everybody)
  const one = yield* world.start("one")
  const two = yield* world.start("two")
  yield* pass("1 second")
  return { ...world, one, two }
})

describe.sequential("runners of a shard map", () => {
  it.scoped(
    "share the shards; one that comes gets its part, and none of the others' is moved among them",
    () =>
      Effect.gen(function* () {
        const { start, shardCount } = yield* makeClusterWorld(everybody)
        const one = yield* start("one")
        yield* pass("1 second")
        assert.deepEqual(sizes(one), [16])
        const two = yield* start("two")
        yield* pass("1 second")
        assert.deepEqual(sizes(one, two), [8, 8])
        const [first, second] = [new Set(one.shards.keys()), new Set(two.shards.keys())]
        const three = yield* start("three")
        yield* pass("1 second")
        assert.deepEqual(sizes(one, two, three).sort(), [5, 5, 6])
        assert.isTrue([...one.shards.keys()].every((shard) => first.has(shard)))
        assert.isTrue([...two.shards.keys()].every((shard) => second.has(shard)))
        assertWhole(shardCount, one, two, three)
      }),
    60_000
  )

  it.scoped(
    "serve every mailbox through any of them, and wake listeners wherever they are",
    () =>
      Effect.gen(function* () {
        const { start } = yield* makeClusterWorld(everybody)
        const nodes = [yield* start("one"), yield* start("two"), yield* start("three")]
        yield* pass("2 seconds")
        const woken = new Map<string, number>()
        for (const [n, mailboxId] of everybody.entries()) {
          const { router } = nodes[n % 3] ?? assert.fail("no node")
          yield* router.listen(mailboxId, (yield* router.state(mailboxId)).modSeq, ({ modSeq }) => {
            woken.set(mailboxId, modSeq)
          })
        }
        const { router } = nodes[0] ?? assert.fail("no node")
        const answers = yield* Effect.forEach(everybody, (mailboxId) =>
          router.ask(asking(deliver(), { mailboxId }))
        )
        assert.deepEqual(
          everybody.map((mailboxId) => woken.get(mailboxId)),
          answers.map(({ modSeq }) => modSeq)
        )
      }),
    60_000
  )

  it.scoped(
    "take over what a dead one had once its lease is over; listeners hear what happens there",
    () =>
      Effect.gen(function* () {
        const { one, two, shardCount } = yield* pair
        const woken = new Set<string>()
        for (const mailboxId of everybody)
          yield* two.router.listen(mailboxId, (yield* two.router.state(mailboxId)).modSeq, () => {
            woken.add(mailboxId)
          })
        one.cut()
        const asked = yield* Effect.fork(
          Effect.forEach(everybody, (mailboxId) => two.router.ask(asking(deliver(), { mailboxId })), {
            concurrency: "unbounded"
          })
        )
        yield* pass("4500 millis")
        assert.lengthOf(yield* Fiber.join(asked), everybody.length)
        assertWhole(shardCount, two)
        yield* pass("1 second")
        assert.strictEqual(woken.size, everybody.length)
      }),
    60_000
  )

  it.scoped(
    "one that alone cannot read the map is told by the others where mailboxes went, and so are its listeners",
    () =>
      Effect.gen(function* () {
        const { start, one, two } = yield* pair
        const door = yield* start("door", { weight: 0 })
        yield* pass("1 second")
        const woken = new Set<string>()
        for (const mailboxId of everybody)
          yield* door.router.listen(mailboxId, (yield* door.router.state(mailboxId)).modSeq, () => {
            woken.add(mailboxId)
          })
        door.blind()
        const three = yield* start("three")
        const stopped = yield* Effect.fork(one.stop)
        yield* pass("3 seconds")
        yield* Fiber.join(stopped)
        const asked = yield* Effect.fork(
          Effect.forEach(everybody, (mailboxId) => door.router.ask(asking(deliver(), { mailboxId })), {
            concurrency: "unbounded"
          })
        )
        yield* pass("2 seconds")
        assert.deepEqual(sizes(two, three), [8, 8])
        assert.lengthOf(yield* Fiber.join(asked), everybody.length)
        assert.strictEqual(woken.size, everybody.length)
      }),
    60_000
  )

  it.scoped(
    "an owner that comes back from nowhere can write nothing, and lets go of what others have",
    () =>
      Effect.gen(function* () {
        const { one, two, shardCount } = yield* pair
        for (const mailboxId of everybody) yield* one.router.state(mailboxId)
        one.cut()
        yield* pass("5 seconds")
        for (const mailboxId of everybody) yield* two.router.ask(asking(deliver(), { mailboxId }))
        assert.strictEqual(one.shards.size, 8)
        const late = yield* Effect.fork(
          Effect.forEach(
            everybody,
            (mailboxId) => Effect.either(one.router.ask(asking(deliver(), { mailboxId }))),
            {
              concurrency: "unbounded"
            }
          )
        )
        yield* pass("12 seconds")
        assert.deepEqual([...new Set((yield* Fiber.join(late)).map(({ _tag }) => _tag))], ["Left"])
        assert.strictEqual(one.shards.size, 0)
        one.mend()
        yield* pass("3 seconds")
        assertWhole(shardCount, one, two)
        assert.deepEqual(sizes(one, two), [8, 8])
      }),
    60_000
  )

  it.scoped(
    "give their shards away before they stop",
    () =>
      Effect.gen(function* () {
        const { one, two, shardCount } = yield* pair
        const stopping = yield* Effect.fork(one.stop)
        yield* pass("500 millis")
        yield* Fiber.join(stopping)
        assertWhole(shardCount, two)
      }),
    60_000
  )

  it.scoped(
    "go on when the map is lost, and put back what they have",
    () =>
      Effect.gen(function* () {
        const { one, two, flush, shardCount, shardMap } = yield* pair
        const before = [new Map(one.shards), new Map(two.shards)]
        yield* flush
        yield* pass("6 seconds")
        assert.deepEqual([new Map(one.shards), new Map(two.shards)], before)
        assertWhole(shardCount, one, two)
        const { shards } = yield* shardMap.read
        assert.strictEqual(shards.size, shardCount)
      }),
    60_000
  )
})
