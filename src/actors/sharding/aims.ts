import { type RunnerId, ShardId } from "../../domain/ids.ts"
import {
  type KnownRunner,
  type ShardEntry,
  type ShardMapView,
  type ShardSwap,
  takesShards
} from "../../storage/cluster/ShardMap.ts"
import { place } from "./place.ts"
import { livingOwner } from "./steps.ts"

export interface Knowledge {
  readonly shardCount: number
  readonly leaseMillis: number
  /** Shards that somebody owned once, for all that Postgres knows. */
  readonly everOwned: { readonly has: (shardId: ShardId) => boolean }
}

/**
 * The targets that must be set: of shards without a living owner, of those whose owner drains or stops, of pinned ones, and
 * of as many as a runner that has none is due. Other runners keep what they have: if that is uneven, operators move it.
 */
export const aimsOf = (view: ShardMapView, knowledge: Knowledge): ReadonlyArray<ShardSwap> => {
  const takers = new Map([...view.runners].filter(([, runner]) => takesShards(runner)))
  const all = Array.from({ length: knowledge.shardCount }, (_, n) => situationOf(view, takers, ShardId(n)))
  const busy = new Set(all.map(({ at }) => at))
  const newcomers = [...takers.keys()].filter((runnerId) => !busy.has(runnerId))
  const restless = all.filter((one) => isRestless(one) && !isUnheard(one, view, knowledge))
  if (takers.size === 0 || (restless.length === 0 && newcomers.length === 0)) return []
  const placed = place({
    shardCount: knowledge.shardCount,
    runners: [...takers.values()],
    current: new Map(
      all.flatMap(({ shardId, at, entry }) => toCurrent(shardId, at ?? entry?.owner?.runnerId))
    ),
    pins: view.pins,
    costs: null
  })
  const mayMove = new Set(restless.map(({ shardId }) => shardId))
  return all.flatMap((one) => {
    const desired = placed.get(one.shardId)
    if (desired === undefined || isUnheard(one, view, knowledge)) return []
    return mayMove.has(one.shardId) || newcomers.includes(desired) ? aim(one, desired) : []
  })
}

interface Situation {
  readonly shardId: ShardId
  readonly entry: ShardEntry | null
  /** Who has the shard, of those that live. */
  readonly owner: RunnerId | null
  /** Where it is and stays, or is on its way to; null = it cannot be left so. */
  readonly at: RunnerId | null
  /** Where an operator wants it, if that runner is there. */
  readonly pin: RunnerId | null
}

const situationOf = (
  view: ShardMapView,
  takers: ReadonlyMap<RunnerId, KnownRunner>,
  shardId: ShardId
): Situation => {
  const entry = view.shards.get(shardId) ?? null
  const owner = entry?.owner ? (livingOwner(view, entry.owner)?.runnerId ?? null) : null
  const taker = (runnerId: RunnerId | null | undefined): RunnerId | null =>
    runnerId !== null && runnerId !== undefined && takers.has(runnerId) ? runnerId : null
  return {
    shardId,
    entry,
    owner,
    at: entry?.target ? taker(entry.target) : taker(owner),
    pin: taker(view.pins.get(shardId))
  }
}

/** Its owner has had no time yet to say that it lives: nobody is given it, whatever for. */
const isUnheard = (
  { shardId, owner }: Situation,
  { ageMillis }: ShardMapView,
  { everOwned, leaseMillis }: Knowledge
): boolean => owner === null && ageMillis < leaseMillis && everOwned.has(shardId)

const isRestless = ({ at, pin }: Situation): boolean => at === null || (pin !== null && pin !== at)

const toCurrent = (shardId: ShardId, at: RunnerId | undefined) =>
  at === undefined ? [] : [[shardId, at] as const]

const aim = ({ shardId, entry, owner }: Situation, desired: RunnerId): ReadonlyArray<ShardSwap> => {
  const target = desired === owner ? null : desired
  if (entry !== null && entry.target === target) return []
  return [{ shardId, expected: entry, next: { owner: entry?.owner ?? null, target }, onlyAfter: null }]
}
