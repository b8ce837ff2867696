import { costsOf } from "../../actors/sharding/place.ts"
import { assignmentOf, sharesOf, spreadOf } from "../../actors/sharding/planRebalance.ts"
import { livingOwner } from "../../actors/sharding/steps.ts"
import { addCosts, type Cost, isHot, loadOf, noCost } from "../../domain/Cost.ts"
import { Epoch, type MailboxId, ShardId } from "../../domain/ids.ts"
import { type ShardMapView, takesShards } from "../../storage/cluster/ShardMap.ts"
import { costsByShard, type HotMailbox, type ShardReport } from "../../storage/cluster/ShardReports.ts"
import type { ClusterView, HotMailboxView, RunnerView, ShardView } from "../Cluster.ts"

/** What the map and the runners' reports say together. */
export const clusterViewOf = (
  map: ShardMapView,
  reports: ReadonlyArray<ShardReport>,
  shardCount: number
): ClusterView => {
  const costs = costsByShard(reports)
  const loads = loadsOf(costs)
  const mean = [...loads.values()].reduce((sum, load) => sum + load, 0) / shardCount
  const reported = new Set(reports.map(({ runnerId }) => runnerId))

  const shards = Array.from({ length: shardCount }, (_, n): ShardView => {
    const shardId = ShardId(n)
    const { owner, target } = map.shards.get(shardId) ?? { owner: null, target: null }
    return {
      shardId,
      owner: owner?.runnerId ?? null,
      isOwnerAlive: owner !== null && livingOwner(map, owner) !== undefined,
      epoch: owner?.epoch ?? Epoch(0),
      target: target === owner?.runnerId ? null : target,
      pinnedTo: map.pins.get(shardId) ?? null,
      cost: owner !== null && reported.has(owner.runnerId) ? (costs.get(shardId) ?? noCost) : null,
      isHot: isHot(loads.get(shardId) ?? 0, mean)
    }
  })
  const candidates = [...map.runners.values()].filter(takesShards)
  const shares = sharesOf(candidates, assignmentOf(map), costsOf({ costs: loads, shardCount }))
  const runners = [...map.runners.values()]
    .sort((a, b) => (a.runnerId < b.runnerId ? -1 : 1))
    .map((runner): RunnerView => {
      const mine = shards.filter(({ owner }) => owner === runner.runnerId)
      const cost = mine.reduce((sum: Cost, shard) => addCosts(sum, shard.cost ?? noCost), noCost)
      return {
        ...runner,
        shards: mine.length,
        cost: reported.has(runner.runnerId) ? cost : null,
        share: shares.get(runner.runnerId) ?? 0
      }
    })
  const hottest = hottestOf(reports)
    .map(
      (mailbox): HotMailboxView => ({
        ...mailbox,
        owner: shards[mailbox.shardId]?.owner ?? null,
        isHot: isHot(mailbox.load, mean)
      })
    )
    .sort((a, b) => b.load - a.load)
  return { runners, shards, hottest, spread: spreadOf(shares) }
}

/** One that moved is in two reports. */
const hottestOf = (reports: ReadonlyArray<ShardReport>): ReadonlyArray<HotMailbox> => {
  const known = new Map<MailboxId, HotMailbox>()
  for (const hot of reports.flatMap(({ hottest }) => hottest)) {
    known.set(hot.mailboxId, { ...hot, load: hot.load + (known.get(hot.mailboxId)?.load ?? 0) })
  }
  return [...known.values()]
}

export const loadsOf = (costs: ReadonlyMap<ShardId, Cost>): ReadonlyMap<ShardId, number> =>
  new Map([...costs].map(([shardId, cost]) => [shardId, loadOf(cost)]))

/** Hot, on the move, or without a living owner. */
export const isRemarkable = ({ isHot, target, isOwnerAlive }: ShardView): boolean =>
  isHot || target !== null || !isOwnerAlive
