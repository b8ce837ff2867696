import { Context, type Effect } from "effect"
import type { Unavailable } from "../../domain/errors.ts"
import type { RunnerId, ShardId } from "../../domain/ids.ts"

export type RebalanceState = "planned" | "running" | "paused" | "stopped" | "done"
export type MoveState = "waiting" | "moving" | "done" | "skipped" | "failed"

/** One shard's way. */
export interface PlannedMove {
  readonly shardId: ShardId
  readonly from: RunnerId
  readonly to: RunnerId
  /** What the shard cost when this was planned, as `loadOf` has it. */
  readonly load: number
}

/** What a runner carries for its weight, in proportion to the mean of all: 1 = its fair share. */
export interface RunnerShare {
  readonly runnerId: RunnerId
  readonly before: number
  readonly after: number
}

export interface RebalancePlan {
  /** In the order in which they are made. */
  readonly moves: ReadonlyArray<PlannedMove>
  /** The largest share before and after. */
  readonly spreadBefore: number
  readonly spreadAfter: number
  readonly shares: ReadonlyArray<RunnerShare>
  /** Moves under way at once, at most. */
  readonly maxMoving: number
}

export interface Move extends PlannedMove {
  readonly state: MoveState
  /** How long it has been under way; 0 = it is not. */
  readonly movingMillis: number
}

export interface Rebalance extends Omit<RebalancePlan, "moves"> {
  /** UUID. */
  readonly id: string
  readonly state: RebalanceState
  /** Why it is paused or was stopped. */
  readonly reason: string
  readonly reverses: string | null
  /** Epoch milliseconds. */
  readonly plannedAt: number
  readonly startedAt: number | null
  readonly endedAt: number | null
  readonly total: number
  readonly ended: number
  readonly moving: number
}

export interface WholeRebalance extends Rebalance {
  readonly moves: ReadonlyArray<Move>
}

/** What becomes of a rebalance. */
export interface RebalanceStep {
  /** By their places in the list of moves. */
  readonly moves: ReadonlyMap<number, MoveState>
  readonly state: RebalanceState
  readonly reason: string
}

/** Rebalances, planned, under way and over. */
export class Rebalances extends Context.Tag("postroom/storage/Rebalances")<
  Rebalances,
  {
    /** Kept as planned, or begun at once; null where it was to begin and another one is under way. */
    readonly add: (
      plan: RebalancePlan,
      how: { readonly begins: boolean; readonly reverses: string | null }
    ) => Effect.Effect<WholeRebalance | null, Unavailable>
    /** One of this id, or the latest. */
    readonly find: (id: string | null) => Effect.Effect<WholeRebalance | null, Unavailable>
    /** The youngest first. */
    readonly list: (limit: number) => Effect.Effect<ReadonlyArray<Rebalance>, Unavailable>
    /** The one that is under way, or has moves under way though it was stopped. */
    readonly active: Effect.Effect<WholeRebalance | null, Unavailable>
    /** A planned or stopped one begins; false where it is neither, or another one is under way. */
    readonly begin: (id: string) => Effect.Effect<boolean, Unavailable>
    /** One under way begins no further moves; false where it is not under way. */
    readonly stop: (id: string, reason: string) => Effect.Effect<boolean, Unavailable>
    /**
     * Writes how far it has come; of moves, those that were not over yet, which it answers. One that was stopped meanwhile
     * stays stopped: none of its moves begins.
     */
    readonly advance: (id: string, step: RebalanceStep) => Effect.Effect<ReadonlySet<number>, Unavailable>
  }
>() {}
