import type { Epoch, RunnerId, ShardId } from "../../domain/ids.ts"
import {
  isSame,
  type KnownRunner,
  type RunnerLife,
  type ShardEntry,
  type ShardMapView,
  type ShardOwner
} from "../../storage/cluster/ShardMap.ts"

/** What a runner does about one shard, by what the map says and what it has. */
export type Step =
  /** Take it: it has no owner that lives, or is its own and was given up. */
  | { readonly _tag: "Claim"; readonly shardId: ShardId; readonly entry: ShardEntry }
  /** Ask its owner for it. */
  | {
      readonly _tag: "AskFor"
      readonly shardId: ShardId
      readonly entry: ShardEntry
      readonly owner: ShardOwner
      readonly address: string
    }
  /** The map knows it no longer, or knows an older owner: write down again what is so. */
  | {
      readonly _tag: "PutBack"
      readonly shardId: ShardId
      readonly entry: ShardEntry | null
      readonly epoch: Epoch
    }
  /** Another one owns it. */
  | { readonly _tag: "Drop"; readonly shardId: ShardId }

export interface Standing {
  readonly me: RunnerLife
  /** What this runner has. */
  readonly epochs: ReadonlyMap<ShardId, Epoch>
  /** What it gave away a moment ago, for whoever asked for it to claim. */
  readonly given: ReadonlySet<ShardId>
  /** It takes nothing more. */
  readonly isStopping: boolean
}

/** All that there is to do. What is under way already is asked for again only if it fails. */
export const stepsOf = (view: ShardMapView, standing: Standing): ReadonlyArray<Step> => {
  const steps: Array<Step> = []
  for (const [shardId, epoch] of standing.epochs) {
    if (!view.shards.has(shardId)) steps.push({ _tag: "PutBack", shardId, entry: null, epoch })
  }
  for (const [shardId, entry] of view.shards) {
    const step = stepOf(shardId, entry, { view, standing })
    if (step !== undefined) steps.push(step)
  }
  return steps
}

interface Known {
  readonly view: ShardMapView
  readonly standing: Standing
}

const stepOf = (shardId: ShardId, entry: ShardEntry, { view, standing }: Known): Step | undefined => {
  const { me, epochs, given, isStopping } = standing
  const epoch = epochs.get(shardId)
  if (epoch !== undefined) return stepOfHeld(shardId, entry, { me, epoch })
  if (isStopping) return undefined
  const { owner } = entry
  if (owner !== null && isSame(owner, me)) {
    return given.has(shardId) ? undefined : { _tag: "Claim", shardId, entry }
  }
  if (entry.target !== me.runnerId) return undefined
  const living = owner === null ? undefined : livingOwner(view, owner)
  return owner === null || living === undefined
    ? { _tag: "Claim", shardId, entry }
    : { _tag: "AskFor", shardId, entry, owner, address: living.address }
}

const stepOfHeld = (
  shardId: ShardId,
  entry: ShardEntry,
  { me, epoch }: { readonly me: RunnerLife; readonly epoch: Epoch }
): Step | undefined => {
  const { owner } = entry
  const isMine = owner !== null && isSame(owner, me)
  if (isMine && owner.epoch === epoch) return undefined
  return owner !== null && owner.epoch > epoch
    ? { _tag: "Drop", shardId }
    : { _tag: "PutBack", shardId, entry, epoch }
}

/** The owner, where this life of it has a lease. */
export const livingOwner = (view: ShardMapView, owner: RunnerLife): KnownRunner | undefined => {
  const runner = view.runners.get(owner.runnerId)
  return runner !== undefined && runner.leaseMillis > 0 && isSame(runner, owner) ? runner : undefined
}

/** The entry once `owner` has the shard: a target that it was is reached, another one still stands. */
export const ownedBy = (owner: ShardOwner, entry: ShardEntry | null): ShardEntry => ({
  owner,
  target: reached(owner.runnerId, entry?.target ?? null)
})

const reached = (runnerId: RunnerId, target: RunnerId | null): RunnerId | null =>
  target === runnerId ? null : target
