import { Clock, Effect } from "effect"
import type { RunnerId } from "../../domain/ids.ts"
import { type EncodedShardMap, type EncodedSwap, fromEncoded } from "./EncodedShardMap.ts"
import { makeListeners } from "./listeners.ts"
import { isSame, type RunnerLife, type ShardMap } from "./ShardMap.ts"

interface Lease {
  readonly life: RunnerLife
  readonly endsAt: number
}

/** What the map is: it goes as a whole. */
class Contents {
  /** Null until the first change. */
  bornAt: number | null = null
  version = 0
  leader: Lease | null = null
  readonly runners = new Map<RunnerId, { readonly life: RunnerLife; readonly text: string }>()
  readonly leases = new Map<RunnerId, Lease>()
  readonly draining = new Set<RunnerId>()
  readonly shards = new Map<string, string>()
  readonly pins = new Map<string, RunnerId>()

  knows({ runnerId, incarnation }: RunnerLife): boolean {
    return this.runners.get(runnerId)?.life.incarnation === incarnation
  }

  /** Milliseconds until the life's lease ends; 0 = it has none. */
  leaseOf({ runnerId, incarnation }: RunnerLife, now: number): number {
    const lease = this.leases.get(runnerId)
    return lease?.life.incarnation === incarnation ? Math.max(0, lease.endsAt - now) : 0
  }

  swap({ shard, expected, next, onlyAfter }: EncodedSwap, now: number): boolean {
    if ((this.shards.get(shard) ?? null) !== expected) return false
    if (onlyAfter !== null && this.leaseOf(onlyAfter, now) > 0) return false
    this.shards.set(shard, next)
    return true
  }
}

export interface ShardMapMemory {
  /** For all runners of one process. */
  readonly shardMap: typeof ShardMap.Service
  /** Loses everything; who listens is told. */
  readonly flush: Effect.Effect<void>
}

/** A shard map in memory; time is that of whoever asks. */
export const makeShardMapMemory = (): ShardMapMemory => {
  let contents = new Contents()
  const { listen, tell } = makeListeners()

  const changed = (now: number) => {
    contents.bornAt ??= now
    contents.version += 1
    tell()
  }
  /** One look or change, as of one moment. */
  const at = <A>(body: (now: number) => A): Effect.Effect<A> => Effect.map(Clock.currentTimeMillis, body)

  const encoded: EncodedShardMap = {
    read: at((now) => ({
      version: contents.version,
      ageMillis: contents.bornAt === null ? 0 : now - contents.bornAt,
      runners: new Map(
        Array.from(contents.runners, ([runnerId, { life, text }]) => [
          runnerId,
          {
            text,
            leaseMillis: contents.leaseOf(life, now),
            isDraining: contents.draining.has(runnerId)
          }
        ])
      ),
      shards: new Map(contents.shards),
      pins: new Map(contents.pins)
    })),
    listen,
    register: (life, text, leaseMillis) =>
      at((now) => {
        contents.runners.set(life.runnerId, { life, text })
        contents.leases.set(life.runnerId, { life, endsAt: now + leaseMillis })
        changed(now)
      }),
    renew: (life, leaseMillis) =>
      at((now) => {
        if (!contents.knows(life)) return false
        contents.leases.set(life.runnerId, { life, endsAt: now + leaseMillis })
        return true
      }),
    leave: (life) =>
      at((now) => {
        if (contents.leader !== null && isSame(contents.leader.life, life)) contents.leader = null
        if (!contents.knows(life)) return
        contents.runners.delete(life.runnerId)
        contents.leases.delete(life.runnerId)
        changed(now)
      }),
    lead: (life, leaseMillis) =>
      at((now) => {
        const { leader } = contents
        const isTaken = leader !== null && leader.endsAt > now && contents.leaseOf(leader.life, now) > 0
        if (isTaken && !isSame(leader.life, life)) return false
        contents.leader = { life, endsAt: now + leaseMillis }
        return true
      }),
    swap: (swaps) =>
      at((now) => {
        const done = swaps.filter((swap) => contents.swap(swap, now)).map(({ shard }) => shard)
        if (done.length > 0) changed(now)
        return done
      }),
    pin: (shard, runnerId) =>
      at((now) => {
        if ((contents.pins.get(shard) ?? null) === runnerId) return
        if (runnerId === null) contents.pins.delete(shard)
        else contents.pins.set(shard, runnerId)
        changed(now)
      }),
    drain: (runnerId, isDraining) =>
      at((now) => {
        if (contents.draining.has(runnerId) === isDraining) return
        if (isDraining) contents.draining.add(runnerId)
        else contents.draining.delete(runnerId)
        changed(now)
      })
  }

  return {
    shardMap: fromEncoded(encoded),
    flush: Effect.sync(() => {
      contents = new Contents()
      tell()
    })
  }
}
