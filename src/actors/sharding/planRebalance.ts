import { type RunnerId, ShardId } from "../../domain/ids.ts"
import type { PlannedMove, RebalancePlan } from "../../storage/cluster/Rebalances.ts"
import { type KnownRunner, type ShardMapView, takesShards } from "../../storage/cluster/ShardMap.ts"
import { costsOf, place } from "./place.ts"
import { livingOwner } from "./steps.ts"

export interface RebalanceOptions {
  readonly shardCount: number
  /** What each shard costs, as `loadOf` has it; null = weigh all alike. */
  readonly loads: ReadonlyMap<ShardId, number> | null
  readonly maxMoving: number
  /** null = as many as needed. */
  readonly maxMoves: number | null
}

type Assignment = ReadonlyMap<ShardId, RunnerId>

/**
 * The fewest moves that even out what runners carry, those that help most first, none that is not worth its while: each takes from whoever carries most for
 * its weight then, and of its shards the one that costs most. Shards that nobody living has are not moved: the coordinator
 * places them as it is.
 */
export const planRebalance = (view: ShardMapView, options: RebalanceOptions): RebalancePlan => {
  const { shardCount, loads, maxMoving, maxMoves } = options
  const runners = [...view.runners.values()].filter(takesShards)
  const current = assignmentOf(view)
  const costOf = costsOf({ costs: loads, shardCount })
  const wanted = place({
    shardCount,
    runners,
    current,
    pins: view.pins,
    costs: loads,
    evens: true,
    tolerance: TOLERANCE
  })
  const stays = new Set(runners.map(({ runnerId }) => runnerId))
  const least = WORTHWHILE * meanOf(current, costOf)
  const open = [...current].flatMap(([shardId, from]): ReadonlyArray<PlannedMove> => {
    const to = wanted.get(shardId)
    if (to === undefined || to === from || !isSettled(view, shardId)) return []
    if (stays.has(from) && costOf(shardId) < least) return []
    return [{ shardId, from, to, load: loads?.get(shardId) ?? 0 }]
  })
  const moves = inOrder(open, { runners, current, costOf }).slice(0, maxMoves ?? open.length)
  const moved = new Map([...current, ...moves.map(({ shardId, to }) => [shardId, to] as const)])
  const before = sharesOf(runners, current, costOf)
  const after = sharesOf(runners, moved, costOf)
  return {
    moves,
    spreadBefore: spreadOf(before),
    spreadAfter: spreadOf(after),
    shares: [...before].map(([runnerId, share]) => ({
      runnerId,
      before: share,
      after: after.get(runnerId) ?? 0
    })),
    maxMoving
  }
}

/** How far from its share a runner may stay: moves beyond that are not worth their while. */
const TOLERANCE = 0.04

/**
 * Of the mean shard. Who carries one hot shard that nobody can share would otherwise give away all that cost next to nothing, move
 * by move, and be hardly better off.
 */
const WORTHWHILE = 0.25

const meanOf = (assignment: Assignment, costOf: (shardId: ShardId) => number): number =>
  [...assignment.keys()].reduce((sum, shardId) => sum + costOf(shardId), 0) / Math.max(1, assignment.size)

/** Who has each shard, or is to have it. */
export const assignmentOf = (view: ShardMapView): Assignment => {
  const assignment = new Map<ShardId, RunnerId>()
  for (const [shardId, { owner, target }] of [...view.shards].sort(([a], [b]) => a - b)) {
    const runnerId = target ?? owner?.runnerId
    if (runnerId !== undefined) assignment.set(ShardId(shardId), runnerId)
  }
  return assignment
}

/** Somebody living has it, and nobody else is to have it. */
const isSettled = (view: ShardMapView, shardId: ShardId): boolean => {
  const entry = view.shards.get(shardId)
  if (entry === undefined || entry.owner === null || entry.target !== null) return false
  return livingOwner(view, entry.owner) !== undefined
}

/** What each runner carries for its weight, in proportion to the mean of all. */
export const sharesOf = (
  runners: ReadonlyArray<Pick<KnownRunner, "runnerId" | "weight">>,
  assignment: Assignment,
  costOf: (shardId: ShardId) => number
): ReadonlyMap<RunnerId, number> => {
  const loads = new Map(runners.map(({ runnerId }) => [runnerId, 0]))
  let whole = 0
  for (const [shardId, runnerId] of assignment) {
    const before = loads.get(runnerId)
    if (before === undefined) continue
    loads.set(runnerId, before + costOf(shardId))
    whole += costOf(shardId)
  }
  const mean = whole / runners.reduce((sum, { weight }) => sum + weight, 0)
  return new Map(
    runners.map(({ runnerId, weight }) => {
      const load = loads.get(runnerId) ?? 0
      return [runnerId, weight > 0 && mean > 0 ? load / weight / mean : 0]
    })
  )
}

/** The largest share; 1 = even. */
export const spreadOf = (shares: ReadonlyMap<RunnerId, number>): number => Math.max(0, ...shares.values())

const inOrder = (
  moves: ReadonlyArray<PlannedMove>,
  {
    runners,
    current,
    costOf
  }: {
    readonly runners: ReadonlyArray<KnownRunner>
    readonly current: Assignment
    readonly costOf: (shardId: ShardId) => number
  }
): ReadonlyArray<PlannedMove> => {
  const weights = new Map(runners.map(({ runnerId, weight }) => [runnerId, weight]))
  const loads = new Map<RunnerId, number>()
  const carry = (runnerId: RunnerId, cost: number) => loads.set(runnerId, (loads.get(runnerId) ?? 0) + cost)
  for (const [shardId, runnerId] of current) carry(runnerId, costOf(shardId))
  /** Of one that is to carry nothing it is endless: it gives first. */
  const pressure = (runnerId: RunnerId) => (loads.get(runnerId) ?? 0) / (weights.get(runnerId) ?? 0)

  // Of each giver, the costliest last.
  const left = new Map<RunnerId, Array<PlannedMove>>()
  for (const move of [...moves].sort(
    (a, b) => costOf(a.shardId) - costOf(b.shardId) || b.shardId - a.shardId
  )) {
    const others = left.get(move.from)
    if (others === undefined) left.set(move.from, [move])
    else others.push(move)
  }
  const ordered: Array<PlannedMove> = []
  for (const _ of moves) {
    const [giver] = [...left]
      .filter(([, some]) => some.length > 0)
      .sort(([a], [b]) => pressure(b) - pressure(a) || (a < b ? -1 : 1))
    const move = giver?.[1].pop()
    if (move === undefined) break
    ordered.push(move)
    carry(move.from, -costOf(move.shardId))
    carry(move.to, costOf(move.shardId))
  }
  return ordered
}
