import { type ConfigError, Effect, Layer } from "effect"
import { shardCountConfig } from "../actors/sharding/Ownership.ts"
import type { Unavailable } from "../domain/errors.ts"
import type { MailboxId, RunnerId, ShardId } from "../domain/ids.ts"
import { Rebalances } from "../storage/cluster/Rebalances.ts"
import { ShardEpochs } from "../storage/cluster/ShardEpochs.ts"
import { ShardMap } from "../storage/cluster/ShardMap.ts"
import { ShardReports } from "../storage/cluster/ShardReports.ts"
import { Ledger } from "../storage/ledger/Ledger.ts"
import { Quarantine } from "../storage/mailbox/Quarantine.ts"
import { Streams } from "../storage/streams/Streams.ts"
import { Cluster, type ClusterMethods } from "./Cluster.ts"
import { ClusterService } from "./gen/postroom/core/v1/cluster_pb.ts"
import { Guard } from "./guard.ts"
import { makeClusterHandlers } from "./handlers/cluster.ts"
import { makeRebalanceHandlers } from "./handlers/rebalances.ts"
import { makeWatchCluster } from "./handlers/watchCluster.ts"

type Needs = Guard | ShardMap | ShardReports | ShardEpochs | Rebalances | Quarantine | Streams | Ledger

const runner = { resource: ({ runnerId }: { readonly runnerId: RunnerId }) => `runner:${runnerId}` }
const shard = { resource: ({ shardId }: { readonly shardId: ShardId }) => `shard:${shardId}` }
const mailbox = { resource: ({ mailboxId }: { readonly mailboxId: MailboxId }) => `mailbox:${mailboxId}` }
const rebalance = { resource: ({ id }: { readonly id: string | null }) => `rebalance:${id ?? "latest"}` }

/** `Cluster` in this process: every handler behind the guard. A method of the service without one does not compile. */
export const layer: Layer.Layer<Cluster, ConfigError.ConfigError | Unavailable, Needs> = Layer.effect(
  Cluster,
  Effect.gen(function* () {
    const guard = yield* Guard
    const shardMap = yield* ShardMap
    const reports = yield* ShardReports
    const rebalances = yield* Rebalances
    const shardCount = yield* (yield* ShardEpochs).shardCount(yield* shardCountConfig)
    const cluster = makeClusterHandlers({ shardMap, reports, quarantine: yield* Quarantine, shardCount })
    const plans = makeRebalanceHandlers({ shardMap, reports, rebalances, shardCount })
    const watch = yield* makeWatchCluster({
      view: cluster.view,
      rebalances,
      streams: yield* Streams,
      ledger: yield* Ledger
    })
    const { method } = ClusterService
    return {
      watchCluster: guard.platformStream(method.watchCluster, watch),
      listRunners: guard.platform(method.listRunners, cluster.listRunners),
      drainRunner: guard.platform(method.drainRunner, cluster.drainRunner, runner),
      undrainRunner: guard.platform(method.undrainRunner, cluster.undrainRunner, runner),
      listShards: guard.platform(method.listShards, cluster.listShards),
      getShard: guard.platform(method.getShard, cluster.getShard, shard),
      moveShards: guard.platform(method.moveShards, cluster.moveShards, {
        resource: ({ to }) => `runner:${to}`,
        details: ({ shardIds }) => ({ shards: shardIds.length, first: shardIds[0] ?? -1 })
      }),
      pinShard: guard.platform(method.pinShard, cluster.pinShard, {
        ...shard,
        details: ({ runnerId }) => ({ runner: runnerId })
      }),
      unpinShard: guard.platform(method.unpinShard, cluster.unpinShard, shard),
      planRebalance: guard.platform(method.planRebalance, plans.planRebalance),
      runRebalance: guard.platform(method.runRebalance, plans.runRebalance, rebalance),
      stopRebalance: guard.platform(method.stopRebalance, plans.stopRebalance, rebalance),
      reverseRebalance: guard.platform(method.reverseRebalance, plans.reverseRebalance, rebalance),
      getRebalance: guard.platform(method.getRebalance, plans.getRebalance, rebalance),
      listRebalances: guard.platform(method.listRebalances, plans.listRebalances),
      whereMailbox: guard.platform(method.whereMailbox, cluster.whereMailbox, mailbox),
      quarantineMailbox: guard.platform(method.quarantineMailbox, cluster.quarantineMailbox, mailbox),
      releaseMailbox: guard.platform(method.releaseMailbox, cluster.releaseMailbox, mailbox)
    } satisfies ClusterMethods & Record<keyof typeof ClusterService.method, unknown>
  })
)
