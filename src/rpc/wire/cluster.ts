import { timestampFromMs } from "@bufbuild/protobuf/wkt"
import { type Cost, loadOf } from "../../domain/Cost.ts"
import type {
  MoveState,
  Rebalance,
  RebalanceState,
  WholeRebalance
} from "../../storage/cluster/Rebalances.ts"
import type { HotMailboxView, RunnerView, ShardView } from "../Cluster.ts"
import {
  MoveState as WireMoveState,
  RebalanceState as WireRebalanceState
} from "../gen/postroom/core/v1/cluster_pb.ts"

const costToWire = (cost: Cost) => ({
  commitMillis: cost.commitMillis,
  bytes: cost.bytes,
  commands: cost.commands,
  watchers: Math.max(0, cost.watchers),
  mailboxes: Math.max(0, cost.mailboxes),
  load: loadOf(cost)
})

const costIn = ({ cost }: { readonly cost: Cost | null }) => (cost === null ? {} : { cost: costToWire(cost) })

export const runnerToWire = (runner: RunnerView) => ({
  runnerId: runner.runnerId,
  incarnation: runner.incarnation,
  address: runner.address,
  weight: runner.weight,
  zone: runner.zone,
  version: runner.version,
  leaseMillis: Math.max(0, Math.round(runner.leaseMillis)),
  draining: runner.isDraining,
  stopping: runner.isStopping,
  shards: runner.shards,
  share: runner.share,
  ...costIn(runner)
})

export const shardToWire = (shard: ShardView) => ({
  shardId: shard.shardId,
  owner: shard.owner ?? "",
  ownerAlive: shard.isOwnerAlive,
  epoch: BigInt(shard.epoch),
  target: shard.target ?? "",
  pinnedTo: shard.pinnedTo ?? "",
  hot: shard.isHot,
  ...costIn(shard)
})

export const hotMailboxToWire = ({ mailboxId, shardId, owner, load, isHot }: HotMailboxView) => ({
  mailboxId,
  shardId,
  owner: owner ?? "",
  load,
  hot: isHot
})

const stateToWire = {
  planned: WireRebalanceState.PLANNED,
  running: WireRebalanceState.RUNNING,
  paused: WireRebalanceState.PAUSED,
  stopped: WireRebalanceState.STOPPED,
  done: WireRebalanceState.DONE
} satisfies Record<RebalanceState, WireRebalanceState>

const moveStateToWire = {
  waiting: WireMoveState.WAITING,
  moving: WireMoveState.MOVING,
  done: WireMoveState.DONE,
  skipped: WireMoveState.SKIPPED,
  failed: WireMoveState.FAILED
} satisfies Record<MoveState, WireMoveState>

/** Without its moves. */
export const rebalanceToWire = (rebalance: Rebalance) => ({
  id: rebalance.id,
  state: stateToWire[rebalance.state],
  reason: rebalance.reason,
  reverses: rebalance.reverses ?? "",
  total: rebalance.total,
  ended: rebalance.ended,
  moving: rebalance.moving,
  spreadBefore: rebalance.spreadBefore,
  spreadAfter: rebalance.spreadAfter,
  shares: rebalance.shares.map(({ runnerId, before, after }) => ({ runnerId, before, after })),
  maxMoving: rebalance.maxMoving,
  plannedAt: timestampFromMs(rebalance.plannedAt),
  ...(rebalance.startedAt === null ? {} : { startedAt: timestampFromMs(rebalance.startedAt) }),
  ...(rebalance.endedAt === null ? {} : { endedAt: timestampFromMs(rebalance.endedAt) })
})

export const wholeRebalanceToWire = (rebalance: WholeRebalance) => ({
  rebalance: {
    ...rebalanceToWire(rebalance),
    moves: rebalance.moves.map(({ shardId, from, to, load, state }) => ({
      shardId,
      from,
      to,
      load,
      state: moveStateToWire[state]
    }))
  }
})
