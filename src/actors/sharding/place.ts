import { type RunnerId, ShardId } from "../../domain/ids.ts"
import { type Candidate, Loads } from "./Loads.ts"

export interface Placement {
  readonly shardCount: number
  /** Those that take shards. */
  readonly runners: ReadonlyArray<Candidate>
  /** Who has a shard, or is to have it. May name runners that are gone. */
  readonly current: ReadonlyMap<ShardId, RunnerId>
  readonly pins: ReadonlyMap<ShardId, RunnerId>
  /** What each shard costs, in any unit; null = all the same. */
  readonly costs: ReadonlyMap<ShardId, number> | null
  /** Whether shards also move between runners that have some, where one is further from its share than the tolerance. */
  readonly evens?: boolean
  /** How far from its share of the cost a runner may be: 0.1 = a tenth. */
  readonly tolerance?: number
}

/**
 * Who is to have which shard; without those that nobody may have. The same for the same input, and nothing moves when it
 * is asked again about what it answered.
 *
 * - A pinned shard is where it is pinned, while that runner is there.
 * - A shard of a runner that is gone goes to whoever carries least for its weight then; the costly ones first.
 * - A runner that has none is given its share.
 * - Others stay: what an operator has arranged is not undone. Where they are to be evened out, the fewest move that bring
 *   each runner back to half of the tolerance.
 *
 * A shard has one owner, so a zone cannot keep a second copy of another's. What it can do is fail as a whole, and that
 * must not cost more than its share: of runners that are equally loaded, the one whose zone carries less for its weight
 * gets the next shard, so that what a lost zone had is spread evenly over those that are left.
 */
export const place = (placement: Placement): ReadonlyMap<ShardId, RunnerId> => {
  const { shardCount, current, pins, evens = false, tolerance = TOLERANCE } = placement
  const loads = new Loads(placement.runners)
  const costOf = costsOf(placement)
  const homeless: Array<ShardId> = []
  for (let shard = 0; shard < shardCount; shard++) {
    const shardId = ShardId(shard)
    const cost = costOf(shardId)
    if (loads.pin(shardId, cost, pins.get(shardId))) continue
    if (!loads.keep(shardId, cost, current.get(shardId))) homeless.push(shardId)
  }
  const newcomers = loads.idle()
  homeless.sort((a, b) => costOf(b) - costOf(a) || a - b)
  for (const shardId of homeless) loads.give(shardId, costOf(shardId))
  if (!loads.isWithin(tolerance)) {
    while (loads.level(tolerance / 2, evens ? null : newcomers));
  }
  return loads.placed()
}

const TOLERANCE = 0.1

/** What an average shard costs here. Whole numbers, so that sums are the same in whatever order they are made. */
const AVERAGE = 1000

/** What a shard costs though nothing happens in it: somebody may sign in any moment. */
const IDLE = AVERAGE / 10

/** The weights of shards: whole numbers, in proportion to the costs, with a little for those where nothing happens. */
export const costsOf = ({
  costs,
  shardCount
}: Pick<Placement, "costs" | "shardCount">): ((shardId: ShardId) => number) => {
  if (costs === null) return () => AVERAGE
  let sum = 0
  for (const [shardId, cost] of costs) if (shardId < shardCount) sum += cost
  if (sum <= 0) return () => AVERAGE
  const whole = AVERAGE * shardCount
  return (shardId) => Math.round(((costs.get(shardId) ?? 0) / sum) * whole) + IDLE
}
