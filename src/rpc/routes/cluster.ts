import { timestampFromMs } from "@bufbuild/protobuf/wkt"
import type { ServiceImpl } from "@connectrpc/connect"
import { InvalidRequest } from "../../domain/errors.ts"
import { MailboxId, RunnerId, ShardId } from "../../domain/ids.ts"
import type { Bridge } from "../bridge.ts"
import type { ClusterMethods, ClusterSnapshot } from "../Cluster.ts"
import type { ClusterService } from "../gen/postroom/core/v1/cluster_pb.ts"
import {
  hotMailboxToWire,
  rebalanceToWire,
  runnerToWire,
  shardToWire,
  wholeRebalanceToWire
} from "../wire/cluster.ts"
import { optionalCount, text, uuid } from "../wire/fromWire.ts"
import { ledgerToWire, queueToWire } from "../wire/queues.ts"

const runner = (value: string): RunnerId => {
  if (value === "") throw new InvalidRequest({ message: "Say which runner." })
  return RunnerId(text(value, { name: "A runner id", max: 64 }))
}
const ofRunner = (request: { readonly runnerId: string }) => ({ runnerId: runner(request.runnerId) })
const ofShard = (request: { readonly shardId: number }) => ({ shardId: ShardId(request.shardId) })
const ofMailbox = (request: { readonly mailboxId: string }) => ({
  mailboxId: MailboxId(uuid(request.mailboxId, "mailbox_id"))
})
const ofRebalance = (request: { readonly id: string }) => ({ id: uuid(request.id, "The id") })
const ofAnyRebalance = (request: { readonly id: string }) =>
  request.id === "" ? { id: null } : ofRebalance(request)
const nothing = () => ({})

const snapshotToWire = (snapshot: ClusterSnapshot) => ({
  at: timestampFromMs(snapshot.at),
  shardMapAvailable: snapshot.isShardMapAvailable,
  runners: snapshot.runners.map(runnerToWire),
  shards: snapshot.shards.map(shardToWire),
  hottest: snapshot.hottest.map(hotMailboxToWire),
  ...(snapshot.rebalance === null ? {} : { rebalance: rebalanceToWire(snapshot.rebalance) }),
  queues: snapshot.queues.map(queueToWire),
  ...(snapshot.ledger === null ? {} : { ledger: ledgerToWire(snapshot.ledger) }),
  spread: snapshot.spread
})

/** The requests and responses of `ClusterService`, in front of `Cluster`. */
export const clusterRoutes = (
  cluster: ClusterMethods,
  bridge: Bridge
): ServiceImpl<typeof ClusterService> => ({
  watchCluster: bridge.stream(cluster.watchCluster, { read: () => null, write: snapshotToWire }),
  listRunners: bridge.unary(cluster.listRunners, {
    read: () => null,
    write: (runners) => ({ runners: runners.map(runnerToWire) })
  }),
  drainRunner: bridge.unary(cluster.drainRunner, { read: ofRunner, write: (shards) => ({ shards }) }),
  undrainRunner: bridge.unary(cluster.undrainRunner, { read: ofRunner, write: nothing }),
  listShards: bridge.unary(cluster.listShards, {
    read: (request) => ({
      runnerId: request.runnerId === "" ? null : runner(request.runnerId),
      isRemarkable: request.remarkable
    }),
    write: (shards) => ({ shards: shards.map(shardToWire) })
  }),
  getShard: bridge.unary(cluster.getShard, {
    read: ofShard,
    write: ({ shard, hottest }) => ({ shard: shardToWire(shard), hottest: hottest.map(hotMailboxToWire) })
  }),
  moveShards: bridge.unary(cluster.moveShards, {
    read: (request) => {
      if (request.shardIds.length === 0) throw new InvalidRequest({ message: "Name at least one shard." })
      return { shardIds: request.shardIds.map((id) => ShardId(id)), to: runner(request.toRunnerId) }
    },
    write: (shardIds) => ({ shardIds: [...shardIds] })
  }),
  pinShard: bridge.unary(cluster.pinShard, {
    read: (request) => ({ ...ofShard(request), ...ofRunner(request) }),
    write: nothing
  }),
  unpinShard: bridge.unary(cluster.unpinShard, { read: ofShard, write: nothing }),
  planRebalance: bridge.unary(cluster.planRebalance, {
    read: (request) => ({
      maxMoving: optionalCount(request.maxMoving),
      maxMoves: optionalCount(request.maxMoves),
      byCount: request.byCount
    }),
    write: wholeRebalanceToWire
  }),
  runRebalance: bridge.unary(cluster.runRebalance, { read: ofRebalance, write: wholeRebalanceToWire }),
  stopRebalance: bridge.unary(cluster.stopRebalance, { read: ofAnyRebalance, write: wholeRebalanceToWire }),
  reverseRebalance: bridge.unary(cluster.reverseRebalance, {
    read: ofRebalance,
    write: wholeRebalanceToWire
  }),
  getRebalance: bridge.unary(cluster.getRebalance, { read: ofAnyRebalance, write: wholeRebalanceToWire }),
  listRebalances: bridge.unary(cluster.listRebalances, {
    read: (request) => ({ limit: optionalCount(request.limit) }),
    write: (rebalances) => ({ rebalances: rebalances.map(rebalanceToWire) })
  }),
  whereMailbox: bridge.unary(cluster.whereMailbox, {
    read: ofMailbox,
    write: ({ shard, address, epoch, quarantinedAt }) => ({
      shard: shardToWire(shard),
      address,
      claimedEpoch: BigInt(epoch),
      ...(quarantinedAt === null ? {} : { quarantinedAt: timestampFromMs(quarantinedAt) })
    })
  }),
  quarantineMailbox: bridge.unary(cluster.quarantineMailbox, { read: ofMailbox, write: nothing }),
  releaseMailbox: bridge.unary(cluster.releaseMailbox, { read: ofMailbox, write: nothing })
})
