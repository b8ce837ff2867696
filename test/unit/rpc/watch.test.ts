import { assert, describe, it } from "@effect/vitest"
import { type Chunk, Effect, Fiber, FiberSet, Option, Stream, TestClock } from "effect"
import fc from "fast-check"
import { type FolderId, ModSeq } from "../../../src/domain/ids.ts"
import { type Changes, Core } from "../../../src/rpc/Core.ts"
import {
  added,
  alice,
  calling,
  inbox,
  layerCore,
  makeWorld,
  principals,
  secret,
  type World
} from "./fakes.ts"

const watching = (
  world: World,
  options: { readonly after?: number | null; readonly folderIds?: ReadonlyArray<FolderId> } = {}
) => {
  const after = options.after === undefined ? 0 : options.after
  return Stream.unwrap(
    Effect.map(Effect.provide(Core, layerCore(world)), (core) =>
      core.watch(calling(principals.alice), {
        mailboxId: alice,
        after: after === null ? null : ModSeq(after),
        folderIds: options.folderIds ?? []
      })
    )
  )
}

const modSeqs = (windows: Iterable<Changes>): ReadonlyArray<number> =>
  [...windows].flatMap(({ entries }) => entries.map(({ modSeq }) => modSeq))

/** Reads until the change `last` was told. */
const until = (last: number) => Stream.takeUntil<Changes>(({ modSeq }) => modSeq >= last)

describe("a watch", () => {
  it.effect(
    "tells every change once and in order, whenever commits and looks meet",
    () =>
      Effect.promise(() =>
        fc.assert(
          fc.asyncProperty(
            fc.array(fc.integer({ min: 1, max: 700 }), { minLength: 1, maxLength: 8 }),
            fc.array(fc.constantFrom("before", "during", "yield"), { minLength: 1, maxLength: 24 }),
            fc.nat(50),
            (commits, when, head) => Effect.runPromise(race(commits, { when, head }))
          ),
          { numRuns: 60 }
        )
      ),
    60_000
  )

  /** Commits of the given sizes, some of them in the middle of a look at the journal. */
  const race = (
    commits: ReadonlyArray<number>,
    { when, head }: { readonly when: ReadonlyArray<string>; readonly head: number }
  ) =>
    Effect.scoped(
      Effect.gen(function* () {
        const world = makeWorld()
        const box = world.box(alice)
        const total = commits.reduce((sum, n) => sum + n, head)
        let told = 0
        const grow = (n: number) =>
          Effect.sync(() => {
            box.grow(...Array.from({ length: n }, (_, i) => added(told + i + 1)))
            told += n
          })
        yield* grow(head)
        const left = [...commits]
        let step = 0
        world.onJournal = Effect.suspend(() => {
          const next = when[step++ % when.length] === "during" ? left.shift() : undefined
          return Effect.zipRight(Effect.yieldNow(), next === undefined ? Effect.void : grow(next))
        })
        const run = yield* FiberSet.makeRuntime<never, Chunk.Chunk<Changes>, unknown>()
        const reader = run(watching(world, { after: head }).pipe(until(total), Stream.runCollect))
        while (left.length > 0) {
          yield* Effect.yieldNow()
          // Every now and then without being told to, so that it comes to an end.
          const isDue = when[step++ % when.length] === "before" || step % 50 === 0
          const next = isDue ? left.shift() : undefined
          if (next !== undefined) yield* grow(next)
        }
        const windows = yield* Fiber.join(reader)
        const expected = Array.from({ length: total - head }, (_, n) => head + n + 1)
        assert.deepStrictEqual(modSeqs(windows), expected)
      })
    )

  it.effect("answers at once, with nothing where nothing is new", () =>
    Effect.gen(function* () {
      const world = makeWorld()
      world.box(alice).grow(added(1), added(2))
      const first = yield* Stream.runHead(watching(world, { after: null }))
      assert.deepStrictEqual(Option.getOrThrow(first), { entries: [], modSeq: ModSeq(2), more: false })
    })
  )

  it.effect("keeps the line alive, with how far it is", () =>
    Effect.gen(function* () {
      const world = makeWorld()
      const reader = yield* Effect.fork(
        Stream.runCollect(Stream.take(watching(world, { folderIds: [inbox] }), 3))
      )
      yield* TestClock.adjust("30 seconds")
      world.box(alice).grow(added(1, secret))
      yield* TestClock.adjust("30 seconds")
      const windows = yield* Fiber.join(reader)
      assert.deepStrictEqual(
        [...windows].map(({ entries, modSeq }) => [entries.length, modSeq]),
        [
          [0, 0],
          [0, 0],
          [0, 1]
        ]
      )
    })
  )

  it.effect("tells only of the folders asked for", () =>
    Effect.gen(function* () {
      const world = makeWorld()
      world.box(alice).grow(added(1, inbox), added(2, secret), added(3, inbox))
      const windows = yield* watching(world, { folderIds: [inbox] }).pipe(until(3), Stream.runCollect)
      assert.deepStrictEqual(modSeqs(windows), [1, 3])
    })
  )

  it.effect("from beyond the head has to start afresh", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(Stream.runHead(watching(makeWorld(), { after: 5 })))
      assert.strictEqual(error._tag, "CursorExpired")
    })
  )

  it.effect("that a slow reader holds keeps one window in memory, not the mailbox's changes", () =>
    Effect.gen(function* () {
      const world = makeWorld()
      const box = world.box(alice)
      let looks = 0
      world.onJournal = Effect.sync(() => {
        looks++
      })
      yield* Effect.scoped(
        Effect.gen(function* () {
          const pull = yield* Stream.toPull(watching(world))
          yield* pull
          for (let n = 0; n < 100; n++)
            box.grow(...Array.from({ length: 50 }, (_, i) => added(n * 50 + i + 1)))
          assert.strictEqual(looks, 1)
          const window = yield* pull
          assert.strictEqual(looks, 2)
          assert.strictEqual(modSeqs(window).length, 500)
        })
      )
    })
  )

  it.effect("leaves no watcher behind when its reader goes away", () =>
    Effect.gen(function* () {
      const world = makeWorld()
      const reader = yield* Effect.fork(Stream.runDrain(watching(world)))
      yield* TestClock.adjust("1 minute")
      assert.strictEqual(world.box(alice).watchers.size, 1)
      yield* Fiber.interrupt(reader)
      assert.strictEqual(world.box(alice).watchers.size, 0)
    })
  )
})
