import { Context, type Effect, Schema, type Scope } from "effect"
import type { Epoch, Incarnation, RunnerId, ShardId } from "../../domain/ids.ts"

/** The shard map did not answer, or not in time. Whether it did what it was asked stays open: read it. */
export class ShardMapUnavailable extends Schema.TaggedError<ShardMapUnavailable>()("ShardMapUnavailable", {
  cause: Schema.optional(Schema.Defect)
}) {}

/** A life of a runner. */
export interface RunnerLife {
  readonly runnerId: RunnerId
  readonly incarnation: Incarnation
}

export const isSame = (one: RunnerLife, other: RunnerLife): boolean =>
  one.runnerId === other.runnerId && one.incarnation === other.incarnation

/** What a runner says of itself when it comes. */
export interface Runner extends RunnerLife {
  /** `host:port` where others call it. */
  readonly address: string
  /** Its share of the mailboxes in proportion to the others'; 0 = none. */
  readonly weight: number
  /** Runners of one zone fail together. */
  readonly zone: string
  readonly version: string
  /** It was told to stop: it gives its shards away and takes no more. */
  readonly isStopping: boolean
}

/** A runner as the map knows it. */
export interface KnownRunner extends Runner {
  /** Milliseconds until its lease ends; 0 = it has none. */
  readonly leaseMillis: number
  /** An operator wishes that it gives its shards away and takes no more; stays over its restarts. */
  readonly isDraining: boolean
}

/** Whether it may be given shards. */
export const takesShards = ({ leaseMillis, weight, isDraining, isStopping }: KnownRunner): boolean =>
  leaseMillis > 0 && weight > 0 && !isDraining && !isStopping

/** Whose a shard is. An owner that dies stays written there until another one claims the shard. */
export interface ShardOwner extends RunnerLife {
  readonly epoch: Epoch
}

export interface ShardEntry {
  readonly owner: ShardOwner | null
  /** Who is to have the shard; null = it stays where it is. */
  readonly target: RunnerId | null
}

/** What the map says, all of one moment. */
export interface ShardMapView {
  /** Grows with every change but the leases'; begins anew where the map was lost. */
  readonly version: number
  /** How long there is this map. A young one does not yet know what its runners own. */
  readonly ageMillis: number
  readonly runners: ReadonlyMap<RunnerId, KnownRunner>
  /** Those that ever were somebody's. */
  readonly shards: ReadonlyMap<ShardId, ShardEntry>
  /** Shards that an operator wants at one runner. */
  readonly pins: ReadonlyMap<ShardId, RunnerId>
}

/** A compare-and-set on one entry. */
export interface ShardSwap {
  readonly shardId: ShardId
  /** The whole entry as it must be; null = there must be none. */
  readonly expected: ShardEntry | null
  readonly next: ShardEntry
  /** Only where this life's lease is over. */
  readonly onlyAfter: RunnerLife | null
}

/**
 * Which runner has which shard: where calls go, never whether a write is right (the epochs in Postgres say that). It may
 * be lost as a whole; runners put back what they own.
 */
export class ShardMap extends Context.Tag("postroom/storage/ShardMap")<
  ShardMap,
  {
    readonly read: Effect.Effect<ShardMapView, ShardMapUnavailable>
    /** Calls `changed` soon after every change; a missed one is only found by who reads now and then. */
    readonly listen: (changed: () => void) => Effect.Effect<void, never, Scope.Scope>
    /** Enters the runner with a lease of so many milliseconds, in the place of an earlier life of it or of what it said before. */
    readonly register: (runner: Runner, leaseMillis: number) => Effect.Effect<void, ShardMapUnavailable>
    /** False where the map does not know this life: it was lost, or another life took its place. */
    readonly renew: (life: RunnerLife, leaseMillis: number) => Effect.Effect<boolean, ShardMapUnavailable>
    /** Ends the lease and takes the runner off the map; its shards stay written until they are claimed. */
    readonly leave: (life: RunnerLife) => Effect.Effect<void, ShardMapUnavailable>
    /** Takes or keeps the lease of the coordinator; false where another runner has it that has a lease of its own. */
    readonly lead: (life: RunnerLife, leaseMillis: number) => Effect.Effect<boolean, ShardMapUnavailable>
    /** Each by itself; those that were done. */
    readonly swap: (
      swaps: ReadonlyArray<ShardSwap>
    ) => Effect.Effect<ReadonlySet<ShardId>, ShardMapUnavailable>
    /** null = the shard may be anywhere. */
    readonly pin: (shardId: ShardId, runnerId: RunnerId | null) => Effect.Effect<void, ShardMapUnavailable>
    readonly drain: (runnerId: RunnerId, isDraining: boolean) => Effect.Effect<void, ShardMapUnavailable>
  }
>() {}
