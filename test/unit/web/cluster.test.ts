import { create } from "@bufbuild/protobuf"
import { assert, describe, it } from "@effect/vitest"
import { ShardSchema } from "../../../src/rpc/gen/postroom/core/v1/cluster_pb.ts"
import { heatOf, hottestStep, meanLoad } from "../../../web/src/console/cluster/heat.ts"
import { neighbour } from "../../../web/src/console/cluster/neighbour.ts"
import { isUnderWay, observeMoves, type SeenMove } from "../../../web/src/console/cluster/observeMoves.ts"
import { replayAllCommand } from "../../../web/src/console/deadLetters/causes.ts"
import { historyMillis, rateOf, remember } from "../../../web/src/console/history.ts"

const shard = (owner: string, target = "", epoch = 1n) =>
  create(ShardSchema, { shardId: 7, owner, target, epoch, ownerAlive: true })

type Seen = ReturnType<typeof shard>

/** Looks one after the other, a tenth of a second apart. */
const watched = (looks: ReadonlyArray<Seen>) =>
  looks.reduce<{ readonly moves: ReadonlyArray<SeenMove>; readonly at: number; readonly before?: Seen }>(
    ({ moves, at, before }, seen) => ({
      moves: observeMoves(moves, before === undefined ? undefined : { at, shards: [before] }, {
        at: at + 100,
        shards: [seen]
      }),
      at: at + 100,
      before: seen
    }),
    { moves: [], at: 0 }
  ).moves

describe("moves as they are seen", () => {
  it("a move lasts from the wish to the new owner", () => {
    const [move, ...others] = watched([shard("a"), shard("a", "b"), shard("a", "b"), shard("b", "", 2n)])
    assert.deepInclude(move, {
      from: "a",
      to: "b",
      beganAt: 200,
      endedAt: 400,
      isCalledOff: false,
      epoch: 2n
    })
    assert.lengthOf(others, 0)
  })

  it("a move that nobody saw begin is counted from the look before", () => {
    const [move] = watched([shard("a"), shard("b", "", 2n)])
    assert.deepInclude(move, { from: "a", to: "b", beganAt: 100, endedAt: 200, isCalledOff: false })
  })

  it("a wish that is taken back, or for another runner, is called off", () => {
    assert.deepInclude(watched([shard("a", "b"), shard("a")])[0], { to: "b", isCalledOff: true })
    const [now, before] = watched([shard("a", "b"), shard("a", "c")])
    assert.deepInclude(now, { to: "c", beganAt: 200 })
    assert.deepInclude(before, { to: "b", isCalledOff: true })
  })

  it("what is under way stands first, and a first look tells nothing of the past", () => {
    assert.deepStrictEqual(watched([shard("a")]), [])
    const moves = watched([shard("a"), shard("b", "", 2n), shard("b", "a", 2n)])
    assert.deepStrictEqual(moves.map(isUnderWay), [true, false])
  })
})

describe("heat", () => {
  it("is in proportion to the mean, and none where there is no load", () => {
    const shards = [0, 2, 4, 6].map((load) => create(ShardSchema, { cost: { load } }))
    assert.strictEqual(meanLoad(shards), 4)
    assert.deepStrictEqual(
      [0, 0.1, 4, 8, 400].map((load) => heatOf(load, 4)),
      [0, 1, 3, hottestStep, hottestStep]
    )
    assert.strictEqual(heatOf(1, 0), 0)
  })
})

describe("arrows on the map", () => {
  const boxes = [0, 30, 60]
    .flatMap((top) => [0, 30, 60].map((left) => ({ left, top, width: 28 })))
    .slice(0, 8)
  const from = (current: number, key: string, isRightToLeft = false) =>
    neighbour(boxes, current, { key, isRightToLeft })

  it("walk within lines and between them, and stop at the ends", () => {
    assert.deepStrictEqual([from(0, "ArrowRight"), from(4, "ArrowDown"), from(4, "ArrowUp")], [1, 7, 1])
    assert.deepStrictEqual(
      [from(0, "ArrowLeft"), from(7, "ArrowRight"), from(1, "ArrowUp")],
      [undefined, undefined, undefined]
    )
    assert.strictEqual(from(5, "ArrowDown"), 7, "the last line is shorter")
    assert.deepStrictEqual([from(4, "Home"), from(4, "End"), from(4, "x")], [0, 7, undefined])
  })

  it("go the other way where people read the other way", () => {
    assert.deepStrictEqual([from(1, "ArrowRight", true), from(1, "ArrowLeft", true)], [0, 2])
  })
})

describe("history", () => {
  it("keeps 15 minutes, and tells growth per second", () => {
    let history = remember(new Map(), 0, [["accepted", 10]])
    history = remember(history, 5_000, [["accepted", 60]])
    assert.strictEqual(rateOf(history.get("accepted") ?? [], 60_000), 10)
    history = remember(history, 5_000 + historyMillis, [["accepted", 60]])
    assert.deepStrictEqual(history.get("accepted"), [{ at: 5_000 + historyMillis, value: 60 }])
    assert.strictEqual(rateOf(history.get("accepted") ?? [], 60_000), undefined)
  })
})

describe("commands to copy", () => {
  it("a cause is one word to the shell, whatever is in it", () => {
    assert.strictEqual(
      replayAllCommand({ stream: "index", cause: "it's $(rm) `x`" }, 5),
      `postroom queue replay index --all --cause 'it'\\''s $(rm) \`x\`' --per-second 5`
    )
  })
})
