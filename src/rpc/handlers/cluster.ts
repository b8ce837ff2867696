import { Effect } from "effect"
import { shardOf } from "../../actors/sharding/Ownership.ts"
import {
  Busy,
  type CoreError,
  LimitExceeded,
  NotAllowed,
  NotFound,
  Unavailable
} from "../../domain/errors.ts"
import type { MailboxId, RunnerId, ShardId } from "../../domain/ids.ts"
import {
  type KnownRunner,
  type ShardMap,
  type ShardMapView,
  type ShardSwap,
  takesShards
} from "../../storage/cluster/ShardMap.ts"
import type { ShardReports } from "../../storage/cluster/ShardReports.ts"
import type { Quarantine } from "../../storage/mailbox/Quarantine.ts"
import type { ClusterMethods } from "../Cluster.ts"
import type { Authorized } from "../guard.ts"
import { clusterViewOf, isRemarkable } from "./clusterView.ts"

export interface ClusterServices {
  readonly shardMap: ShardMap["Type"]
  readonly reports: ShardReports["Type"]
  readonly quarantine: Quarantine["Type"]
  readonly shardCount: number
}

type Input<Method extends keyof ClusterMethods> = Parameters<ClusterMethods[Method]>[1]

const maxMoves = 4_096
/** How often the map may change between a look and a wish. */
const attempts = 3

/** Handlers about runners, shards and mailboxes as they are. */
export const makeClusterHandlers = ({ shardMap, reports, quarantine, shardCount }: ClusterServices) => {
  const map = Effect.mapError(shardMap.read, away)

  /** Without the reports nobody knows what shards cost, which is no reason to fail. */
  const view = Effect.zipWith(
    map,
    Effect.orElseSucceed(reports.read, () => []),
    (known, told) => clusterViewOf(known, told, shardCount)
  )

  const runnerIn = (known: ShardMapView, runnerId: RunnerId) =>
    Effect.mapError(Effect.fromNullable(known.runners.get(runnerId)), () => new NotFound({ what: "runner" }))

  const takerIn = (known: ShardMapView, runnerId: RunnerId) =>
    Effect.flatMap(runnerIn(known, runnerId), (runner) =>
      takesShards(runner)
        ? Effect.void
        : new NotAllowed({ message: `Runner ${runnerId} takes no shards: ${obstacleOf(runner)}.` })
    )

  const shard = (shardId: ShardId) => (shardId < shardCount ? Effect.void : new NotFound({ what: "shard" }))

  const shardView = (shardId: ShardId) =>
    Effect.flatMap(view, (all) =>
      Effect.mapBoth(Effect.fromNullable(all.shards[shardId]), {
        onFailure: () => new NotFound({ what: "shard" }),
        onSuccess: (found) => ({ shard: found, all })
      })
    )

  const move = (
    shardIds: ReadonlyArray<ShardId>,
    to: RunnerId,
    left: number
  ): Effect.Effect<ReadonlyArray<ShardId>, CoreError> =>
    Effect.gen(function* () {
      const known = yield* map
      yield* takerIn(known, to)
      const pinned = shardIds.find((shardId) => (known.pins.get(shardId) ?? to) !== to)
      if (pinned !== undefined)
        return yield* new NotAllowed({
          message: `Shard ${pinned} is pinned to ${known.pins.get(pinned)}; unpin it first.`
        })
      const swaps = shardIds.flatMap((shardId) => wish(known, shardId, to))
      const done = yield* Effect.mapError(shardMap.swap(swaps), away)
      const missed = swaps.map(({ shardId }) => shardId).filter((shardId) => !done.has(shardId))
      if (missed.length === 0) return [...done]
      if (left === 0) return yield* new Busy({ retryAfterMillis: 1000 })
      return [...done, ...(yield* move(missed, to, left - 1))]
    })

  return {
    view,
    listRunners: () => Effect.map(view, ({ runners }) => runners),
    drainRunner: (_: Authorized, { runnerId }: Input<"drainRunner">) =>
      Effect.gen(function* () {
        const known = yield* map
        yield* runnerIn(known, runnerId)
        const others = [...known.runners.values()].filter(
          (other) => other.runnerId !== runnerId && takesShards(other)
        )
        if (others.length === 0)
          return yield* new NotAllowed({ message: "There is no other runner that could take its shards." })
        yield* Effect.mapError(shardMap.drain(runnerId, true), away)
        return [...known.shards.values()].filter(({ owner }) => owner?.runnerId === runnerId).length
      }),
    undrainRunner: (_: Authorized, { runnerId }: Input<"undrainRunner">) =>
      Effect.gen(function* () {
        yield* runnerIn(yield* map, runnerId)
        yield* Effect.mapError(shardMap.drain(runnerId, false), away)
      }),
    listShards: (_: Authorized, input: Input<"listShards">) =>
      Effect.map(view, ({ shards }) =>
        shards.filter(
          (found) =>
            (input.runnerId === null || found.owner === input.runnerId) &&
            (!input.isRemarkable || isRemarkable(found))
        )
      ),
    getShard: (_: Authorized, { shardId }: Input<"getShard">) =>
      Effect.map(shardView(shardId), ({ shard: found, all }) => ({
        shard: found,
        hottest: all.hottest.filter((mailbox) => mailbox.shardId === shardId)
      })),
    moveShards: (_: Authorized, { shardIds, to }: Input<"moveShards">) =>
      Effect.gen(function* () {
        if (shardIds.length > maxMoves) return yield* new LimitExceeded({ limit: "batch", max: maxMoves })
        yield* Effect.forEach(shardIds, shard, { discard: true })
        return (yield* move([...new Set(shardIds)], to, attempts)).toSorted((a, b) => a - b)
      }),
    pinShard: (_: Authorized, { shardId, runnerId }: Input<"pinShard">) =>
      Effect.gen(function* () {
        yield* shard(shardId)
        const known = yield* map
        yield* runnerIn(known, runnerId)
        if (known.runners.size < 2)
          return yield* new NotAllowed({ message: "There is one runner: every shard is there anyway." })
        yield* takerIn(known, runnerId)
        yield* Effect.mapError(shardMap.pin(shardId, runnerId), away)
      }),
    unpinShard: (_: Authorized, { shardId }: Input<"unpinShard">) =>
      Effect.zipRight(shard(shardId), Effect.mapError(shardMap.pin(shardId, null), away)),
    whereMailbox: (_: Authorized, { mailboxId }: Input<"whereMailbox">) =>
      Effect.gen(function* () {
        const standing = yield* quarantine.standing(mailboxId)
        const { shard: found, all } = yield* shardView(shardOf(mailboxId, shardCount))
        const owner = all.runners.find(({ runnerId }) => runnerId === found.owner)
        return { ...standing, shard: found, address: owner?.address ?? "" }
      }),
    quarantineMailbox: (_: Authorized, { mailboxId }: { readonly mailboxId: MailboxId }) =>
      quarantine.shut(mailboxId),
    releaseMailbox: (_: Authorized, { mailboxId }: { readonly mailboxId: MailboxId }) =>
      quarantine.open(mailboxId)
  }
}

export const away = (cause: unknown) => new Unavailable({ what: "storage", cause })

/** Of one that takes no shards. */
const obstacleOf = ({ leaseMillis, isStopping, isDraining }: KnownRunner): string => {
  if (leaseMillis <= 0) return "it is gone"
  if (isStopping) return "it stops"
  return isDraining ? "it drains" : "its weight is 0"
}

/** Nothing where the shard is there and stays. */
const wish = ({ shards }: ShardMapView, shardId: ShardId, to: RunnerId): ReadonlyArray<ShardSwap> => {
  const entry = shards.get(shardId) ?? null
  const owner = entry?.owner ?? null
  const target = owner?.runnerId === to ? null : to
  if (entry !== null && entry.target === target) return []
  return [{ shardId, expected: entry, next: { owner, target }, onlyAfter: null }]
}
