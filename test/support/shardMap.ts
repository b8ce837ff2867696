import { Effect } from "effect"
import { Epoch, Incarnation, RunnerId, ShardId } from "../../src/domain/ids.ts"
import type { Runner, RunnerLife, ShardEntry, ShardMap } from "../../src/storage/cluster/ShardMap.ts"
import { awaited } from "./awaited.ts"

export type Service = typeof ShardMap.Service

export const life = (name: string, incarnation = "1"): RunnerLife => ({
  runnerId: RunnerId(name),
  incarnation: Incarnation(incarnation)
})

export const runner = (name: string, more: Partial<Runner> = {}): Runner => ({
  ...life(name),
  address: `${name}.test:7000`,
  weight: 1,
  zone: "a",
  version: "1.0.0",
  isStopping: false,
  ...more
})

export const owned = (name: string, epoch: number, more: Partial<ShardEntry> = {}): ShardEntry => ({
  owner: { ...life(name), epoch: Epoch(epoch) },
  target: null,
  ...more
})

export const shard = ShardId(7)

/** A change of that shard. */
export const claim = (
  next: ShardEntry,
  expected: ShardEntry | null = null,
  onlyAfter: RunnerLife | null = null
) => ({
  shardId: shard,
  expected,
  next,
  onlyAfter
})

export const entryIn = (map: Service) => Effect.map(map.read, ({ shards }) => shards.get(shard))
export const leaseIn = (map: Service, name: string) =>
  Effect.map(map.read, ({ runners }) => runners.get(RunnerId(name))?.leaseMillis)
export const versionIn = (map: Service) => Effect.map(map.read, ({ version }) => version)

/** Waits for it. */
export const leaseEnds = (map: Service, name: string) =>
  awaited(
    `the end of ${name}'s lease`,
    Effect.repeat(Effect.delay(leaseIn(map, name), "5 millis"), { until: (left) => left === 0 })
  )
