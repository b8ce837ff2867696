import { Clock, Context, Effect, Layer } from "effect"
import { addCosts, type Cost, noCost } from "../../domain/Cost.ts"
import type { MailboxId, RunnerId, ShardId } from "../../domain/ids.ts"
import type { ShardMapUnavailable } from "./ShardMap.ts"

/** A mailbox that costs more than most. */
export interface HotMailbox {
  readonly mailboxId: MailboxId
  readonly shardId: ShardId
  /** At least this much, as `loadOf` has it. */
  readonly load: number
}

/** What a runner has seen of its work lately. A shard that moved is in the reports of both runners for a while. */
export interface ShardReport {
  readonly runnerId: RunnerId
  /** Those that cost anything. */
  readonly shards: ReadonlyMap<ShardId, Cost>
  /** The hottest first, a few. */
  readonly hottest: ReadonlyArray<HotMailbox>
}

/** What runners tell each other of their work, every few seconds. It may be lost: then nobody knows what shards cost. */
export class ShardReports extends Context.Tag("postroom/storage/ShardReports")<
  ShardReports,
  {
    /** In the place of the runner's last one. */
    readonly publish: (report: ShardReport) => Effect.Effect<void, ShardMapUnavailable>
    /** The last one of each runner, unless it is old. */
    readonly read: Effect.Effect<ReadonlyArray<ShardReport>, ShardMapUnavailable>
  }
>() {
  static readonly layerMemory: Layer.Layer<ShardReports> = Layer.sync(ShardReports, () => {
    const reports = new Map<RunnerId, { readonly report: ShardReport; readonly at: number }>()
    return ShardReports.of({
      publish: (report) =>
        Effect.map(Clock.currentTimeMillis, (at) => void reports.set(report.runnerId, { report, at })),
      read: Effect.map(Clock.currentTimeMillis, (now) =>
        [...reports.values()].filter(({ at }) => now - at < oldMillis).map(({ report }) => report)
      )
    })
  })
}

/** What each shard costs, whoever has it: what it cost where it was until lately counts, too. */
export const costsByShard = (reports: ReadonlyArray<ShardReport>): ReadonlyMap<ShardId, Cost> => {
  const costs = new Map<ShardId, Cost>()
  for (const { shards } of reports) {
    for (const [shardId, cost] of shards) costs.set(shardId, addCosts(costs.get(shardId) ?? noCost, cost))
  }
  return costs
}

/** How long a report stands: a few times the interval in which they come. */
export const oldMillis = 15_000
