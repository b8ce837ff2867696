import { Effect } from "effect"
import { planRebalance } from "../../actors/sharding/planRebalance.ts"
import { type CoreError, NotAllowed, NotFound } from "../../domain/errors.ts"
import type { RebalancePlan, Rebalances, WholeRebalance } from "../../storage/cluster/Rebalances.ts"
import { type ShardMap, takesShards } from "../../storage/cluster/ShardMap.ts"
import { costsByShard, type ShardReports } from "../../storage/cluster/ShardReports.ts"
import type { ClusterMethods } from "../Cluster.ts"
import type { Authorized } from "../guard.ts"
import { away } from "./cluster.ts"
import { loadsOf } from "./clusterView.ts"

export interface RebalanceServices {
  readonly shardMap: ShardMap["Type"]
  readonly reports: ShardReports["Type"]
  readonly rebalances: Rebalances["Type"]
  readonly shardCount: number
}

type Input<Method extends keyof ClusterMethods> = Parameters<ClusterMethods[Method]>[1]

const defaultMaxMoving = 4
const defaultListed = 20
const maxListed = 200

const underWay = new NotAllowed({ message: "Another rebalance is under way; wait for its end, or stop it." })

/** Handlers of rebalances: they write down what is to be done; the coordinator does it. */
export const makeRebalanceHandlers = ({ shardMap, reports, rebalances, shardCount }: RebalanceServices) => {
  const found = (rebalance: WholeRebalance | null) =>
    rebalance === null ? new NotFound({ what: "rebalance" }) : Effect.succeed(rebalance)
  const find = (id: string | null) => Effect.flatMap(rebalances.find(id), found)
  /** After a change. */
  const again = (id: string): Effect.Effect<WholeRebalance, CoreError> => find(id)

  return {
    planRebalance: (_: Authorized, { maxMoving, maxMoves, byCount }: Input<"planRebalance">) =>
      Effect.gen(function* () {
        const view = yield* Effect.mapError(shardMap.read, away)
        if ([...view.runners.values()].filter(takesShards).length < 2)
          return yield* new NotAllowed({
            message: "There is one runner that takes shards: nothing can be evened out."
          })
        const told = yield* Effect.orElseSucceed(reports.read, () => [])
        if (told.length === 0 && !byCount)
          return yield* new NotAllowed({
            message: "No runner has said lately what its shards cost; try again, or go by count."
          })
        const plan = planRebalance(view, {
          shardCount,
          loads: byCount ? null : loadsOf(costsByShard(told)),
          maxMoving: maxMoving ?? defaultMaxMoving,
          maxMoves
        })
        return yield* Effect.flatMap(rebalances.add(plan, { begins: false, reverses: null }), found)
      }),
    runRebalance: (_: Authorized, { id }: Input<"runRebalance">) =>
      Effect.gen(function* () {
        const { state } = yield* find(id)
        if (state === "done")
          return yield* new NotAllowed({ message: "This rebalance is done; plan a new one." })
        if (state === "running" || state === "paused") return yield* again(id)
        return (yield* rebalances.begin(id)) ? yield* again(id) : yield* underWay
      }),
    stopRebalance: (_: Authorized, { id }: Input<"stopRebalance">) =>
      Effect.gen(function* () {
        const rebalance = yield* id === null ? Effect.flatMap(rebalances.active, found) : find(id)
        if (!(yield* rebalances.stop(rebalance.id, "an operator stopped it")))
          return yield* new NotAllowed({ message: "This rebalance is not under way." })
        return yield* again(rebalance.id)
      }),
    reverseRebalance: (_: Authorized, { id }: Input<"reverseRebalance">) =>
      Effect.gen(function* () {
        const rebalance = yield* find(id)
        if (rebalance.state === "running" || rebalance.state === "paused")
          return yield* new NotAllowed({ message: "This rebalance is under way; stop it first." })
        if (rebalance.moving > 0)
          return yield* new NotAllowed({ message: "Its last moves are under way; try again in a moment." })
        const plan = reverseOf(rebalance)
        if (plan.moves.length === 0)
          return yield* new NotAllowed({ message: "This rebalance has moved nothing." })
        const reverse = yield* rebalances.add(plan, { begins: true, reverses: rebalance.id })
        return reverse ?? (yield* underWay)
      }),
    getRebalance: (_: Authorized, { id }: Input<"getRebalance">) => find(id),
    listRebalances: (_: Authorized, { limit }: Input<"listRebalances">) =>
      rebalances.list(Math.min(limit ?? defaultListed, maxListed))
  }
}

/** What was moved goes back, the last one first. */
const reverseOf = (rebalance: WholeRebalance): RebalancePlan => ({
  moves: rebalance.moves
    .filter(({ state }) => state === "done")
    .map(({ shardId, from, to, load }) => ({ shardId, from: to, to: from, load }))
    .reverse(),
  spreadBefore: rebalance.spreadAfter,
  spreadAfter: rebalance.spreadBefore,
  shares: rebalance.shares.map(({ runnerId, before, after }) => ({ runnerId, before: after, after: before })),
  maxMoving: rebalance.maxMoving
})
