import { Context, type Effect, type Stream } from "effect"
import type { Cost } from "../domain/Cost.ts"
import type { CoreError } from "../domain/errors.ts"
import type { Epoch, MailboxId, RunnerId, ShardId } from "../domain/ids.ts"
import type { Rebalance, WholeRebalance } from "../storage/cluster/Rebalances.ts"
import type { KnownRunner } from "../storage/cluster/ShardMap.ts"
import type { HotMailbox } from "../storage/cluster/ShardReports.ts"
import type { Balance } from "../storage/ledger/Ledger.ts"
import type { StreamStats } from "../storage/streams/Streams.ts"
import type { Call } from "./Call.ts"

export interface RunnerView extends KnownRunner {
  readonly shards: number
  /** null = it has not said lately. */
  readonly cost: Cost | null
  /** What it carries for its weight, in proportion to the mean; 1 = its fair share. */
  readonly share: number
}

export interface ShardView {
  readonly shardId: ShardId
  readonly owner: RunnerId | null
  readonly isOwnerAlive: boolean
  /** 0 = nobody ever had it. */
  readonly epoch: Epoch
  readonly target: RunnerId | null
  readonly pinnedTo: RunnerId | null
  /** null = its owner has not said lately. */
  readonly cost: Cost | null
  readonly isHot: boolean
}

export interface HotMailboxView extends HotMailbox {
  readonly owner: RunnerId | null
  readonly isHot: boolean
}

export interface ClusterView {
  /** In the order of their ids. */
  readonly runners: ReadonlyArray<RunnerView>
  /** All, in the order of their numbers. */
  readonly shards: ReadonlyArray<ShardView>
  /** The hottest first. */
  readonly hottest: ReadonlyArray<HotMailboxView>
  /** The largest share. */
  readonly spread: number
}

/** Everything of one moment. */
export interface ClusterSnapshot extends ClusterView {
  /** Epoch milliseconds. */
  readonly at: number
  readonly isShardMapAvailable: boolean
  readonly rebalance: Rebalance | null
  readonly queues: ReadonlyArray<StreamStats>
  /** null = it is not known yet. */
  readonly ledger: Balance | null
}

export interface MailboxPlace {
  readonly shard: ShardView
  /** host:port of the owner. */
  readonly address: string
  /** Under which the mailbox was last claimed. */
  readonly epoch: Epoch
  readonly quarantinedAt: number | null
}

export interface PlanWish {
  readonly maxMoving: number | null
  readonly maxMoves: number | null
  readonly byCount: boolean
}

type Reply<A> = Effect.Effect<A, CoreError>
interface OfRunner {
  readonly runnerId: RunnerId
}
interface OfShard {
  readonly shardId: ShardId
}
interface OfMailbox {
  readonly mailboxId: MailboxId
}
/** null = the one that runs, or the latest. */
interface OfRebalance {
  readonly id: string | null
}

/** One method for each rpc of `ClusterService` (`proto/postroom/core/v1/cluster.proto`). */
export interface ClusterMethods {
  readonly watchCluster: (call: Call, input: null) => Stream.Stream<ClusterSnapshot, CoreError>
  readonly listRunners: (call: Call, input: null) => Reply<ReadonlyArray<RunnerView>>
  /** How many shards it has to give away. */
  readonly drainRunner: (call: Call, input: OfRunner) => Reply<number>
  readonly undrainRunner: (call: Call, input: OfRunner) => Reply<void>
  readonly listShards: (
    call: Call,
    input: { readonly runnerId: RunnerId | null; readonly isRemarkable: boolean }
  ) => Reply<ReadonlyArray<ShardView>>
  readonly getShard: (
    call: Call,
    input: OfShard
  ) => Reply<{ readonly shard: ShardView; readonly hottest: ReadonlyArray<HotMailboxView> }>
  /** Those that are to move now. */
  readonly moveShards: (
    call: Call,
    input: { readonly shardIds: ReadonlyArray<ShardId>; readonly to: RunnerId }
  ) => Reply<ReadonlyArray<ShardId>>
  readonly pinShard: (call: Call, input: OfShard & OfRunner) => Reply<void>
  readonly unpinShard: (call: Call, input: OfShard) => Reply<void>
  readonly planRebalance: (call: Call, input: PlanWish) => Reply<WholeRebalance>
  readonly runRebalance: (call: Call, input: { readonly id: string }) => Reply<WholeRebalance>
  readonly stopRebalance: (call: Call, input: OfRebalance) => Reply<WholeRebalance>
  readonly reverseRebalance: (call: Call, input: { readonly id: string }) => Reply<WholeRebalance>
  readonly getRebalance: (call: Call, input: OfRebalance) => Reply<WholeRebalance>
  readonly listRebalances: (
    call: Call,
    input: { readonly limit: number | null }
  ) => Reply<ReadonlyArray<Rebalance>>
  readonly whereMailbox: (call: Call, input: OfMailbox) => Reply<MailboxPlace>
  readonly quarantineMailbox: (call: Call, input: OfMailbox) => Reply<void>
  readonly releaseMailbox: (call: Call, input: OfMailbox) => Reply<void>
}

export class Cluster extends Context.Tag("postroom/rpc/Cluster")<Cluster, ClusterMethods>() {}
