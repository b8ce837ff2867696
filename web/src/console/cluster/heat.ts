import type { Shard } from "../../../../src/rpc/gen/postroom/core/v1/cluster_pb.ts"

/** Steps of heat above none at all. */
export const hottestStep = 6

/** The mean load of shards that cost anything; the picture is in proportion to it. */
export const meanLoad = (shards: ReadonlyArray<Shard>): number => {
  const loads = shards.map(({ cost }) => cost?.load ?? 0).filter((load) => load > 0)
  return loads.length === 0 ? 0 : loads.reduce((sum, load) => sum + load, 0) / loads.length
}

/** 0 = costs nothing; the mean is in the middle, and twice the mean and more at the top. */
export const heatOf = (load: number, mean: number): number =>
  load <= 0 || mean <= 0 ? 0 : Math.min(hottestStep, Math.max(1, Math.ceil((load / mean / 2) * hottestStep)))
