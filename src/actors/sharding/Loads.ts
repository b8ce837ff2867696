import type { RunnerId, ShardId } from "../../domain/ids.ts"

/** A runner that may have shards. */
export interface Candidate {
  readonly runnerId: RunnerId
  /** Its share in proportion to the others'; more than 0. */
  readonly weight: number
  /** Runners of one zone fail together. */
  readonly zone: string
}

interface Zone {
  weight: number
  load: number
}

export interface Carrier {
  readonly runnerId: RunnerId
  readonly weight: number
  readonly zone: Zone
  load: number
  /** The shards that may move on, the costly ones first. */
  readonly movable: Array<Held>
}

interface Held {
  readonly shardId: ShardId
  readonly cost: number
}

/** Who carries how much while shards are placed. `pressure` is load for each unit of weight. */
export class Loads {
  readonly #owners = new Map<ShardId, RunnerId>()
  readonly #everybody: ReadonlyMap<RunnerId, Carrier>
  /** In the order of their names. */
  readonly #carriers: ReadonlyArray<Carrier>
  readonly #weight: number

  constructor(runners: ReadonlyArray<Candidate>) {
    const zones = new Map<string, Zone>()
    const carriers = runners.map(({ runnerId, weight, zone: name }): Carrier => {
      const zone = zones.get(name) ?? { weight: 0, load: 0 }
      zones.set(name, zone)
      zone.weight += weight
      return { runnerId, weight, zone, load: 0, movable: [] }
    })
    this.#everybody = new Map(carriers.map((carrier) => [carrier.runnerId, carrier]))
    this.#carriers = carriers.sort((a, b) => (a.runnerId < b.runnerId ? -1 : 1))
    this.#weight = this.#carriers.reduce((sum, { weight }) => sum + weight, 0)
  }

  /** False where the runner is not there. */
  pin(shardId: ShardId, cost: number, runnerId: RunnerId | undefined): boolean {
    const carrier = runnerId === undefined ? undefined : this.#everybody.get(runnerId)
    if (carrier === undefined) return false
    this.#put(carrier, { shardId, cost })
    return true
  }

  /** False where the runner is not there. */
  keep(shardId: ShardId, cost: number, runnerId: RunnerId | undefined): boolean {
    const carrier = runnerId === undefined ? undefined : this.#everybody.get(runnerId)
    if (carrier === undefined) return false
    this.#take(carrier, { shardId, cost })
    return true
  }

  /** To whoever carries least with it. */
  give(shardId: ShardId, cost: number): void {
    const carrier = least(this.#carriers, cost)
    if (carrier !== null) this.#take(carrier, { shardId, cost })
  }

  /** Those that carry nothing. */
  idle(): ReadonlyArray<Carrier> {
    return this.#carriers.filter(({ load }) => load === 0)
  }

  isWithin(tolerance: number): boolean {
    const mean = this.#mean()
    return this.#carriers.every((carrier) => Math.abs(pressure(carrier) - mean) <= mean * tolerance)
  }

  /**
   * Moves one shard towards evenness: away from a runner that carries too much, or to one that carries too little, and
   * only where the receiver ends below what the giver had, so that it ends. With `only`, to those that carry too little
   * of these alone. False where nothing helps.
   */
  level(tolerance: number, only: ReadonlyArray<Carrier> | null): boolean {
    const mean = this.#mean()
    const starved = (only ?? this.#carriers).filter((carrier) => pressure(carrier) < mean * (1 - tolerance))
    const givers = this.#carriers
      .filter((carrier) => pressure(carrier) > mean)
      .sort((a, b) => pressure(b) - pressure(a))
    for (const giver of givers) {
      const ceiling = mean * (1 + tolerance)
      const receivers = only === null && pressure(giver) > ceiling ? this.#carriers : starved
      if (this.#moveOne(giver, receivers, { mean, ceiling })) return true
    }
    return false
  }

  placed(): ReadonlyMap<ShardId, RunnerId> {
    return this.#owners
  }

  #moveOne(
    giver: Carrier,
    receivers: ReadonlyArray<Carrier>,
    { mean, ceiling }: { readonly mean: number; readonly ceiling: number }
  ): boolean {
    const excess = giver.load - mean * giver.weight
    const after = (cost: number): number => {
      const receiver = least(receivers, cost)
      return receiver === null ? Number.POSITIVE_INFINITY : pressure(receiver, cost)
    }
    const before = pressure(giver)
    // The costlier a shard, the less it fits and helps: the first one that does is the largest.
    const fitting = firstIndex(giver.movable, ({ cost }) => {
      if (cost > excess) return false
      const then = after(cost)
      return then <= ceiling && then < before
    })
    const at = Math.min(fitting, giver.movable.length - 1)
    const held = giver.movable[at]
    // Nobody gives the last one: without any it would be a newcomer, to be given its share.
    if (held === undefined || held.cost === giver.load || after(held.cost) >= before) return false
    const receiver = least(receivers, held.cost)
    if (receiver === null) return false
    giver.movable.splice(at, 1)
    giver.load -= held.cost
    giver.zone.load -= held.cost
    this.#take(receiver, held)
    return true
  }

  #take(carrier: Carrier, held: Held): void {
    this.#put(carrier, held)
    const at = firstIndex(
      carrier.movable,
      (other) => other.cost < held.cost || (other.cost === held.cost && other.shardId > held.shardId)
    )
    carrier.movable.splice(at, 0, held)
  }

  #put(carrier: Carrier, { shardId, cost }: Held): void {
    this.#owners.set(shardId, carrier.runnerId)
    carrier.load += cost
    carrier.zone.load += cost
  }

  #mean(): number {
    return this.#carriers.reduce((sum, { load }) => sum + load, 0) / this.#weight
  }
}

const pressure = ({ load, weight }: Carrier, more = 0): number => (load + more) / weight

/** Who carries least when the cost is added; of equals the one whose zone carries less. */
const least = (carriers: ReadonlyArray<Carrier>, cost: number): Carrier | null => {
  let best: Carrier | null = null
  for (const carrier of carriers) if (best === null || isLess(carrier, best, cost)) best = carrier
  return best
}

const isLess = (a: Carrier, b: Carrier, cost: number): boolean => {
  const difference = pressure(a, cost) - pressure(b, cost)
  if (difference !== 0) return difference < 0
  return a.zone.load / a.zone.weight < b.zone.load / b.zone.weight
}

/** The first index at which the list, ordered by it, holds; its length where none does. */
const firstIndex = <A>(list: ReadonlyArray<A>, holds: (item: A) => boolean): number => {
  let low = 0
  let high = list.length
  while (low < high) {
    const middle = (low + high) >>> 1
    const item = list[middle]
    if (item !== undefined && holds(item)) high = middle
    else low = middle + 1
  }
  return low
}
