import { Effect } from "effect"
import type { ShardId } from "../../domain/ids.ts"
import { metrics } from "../../observability/metrics.ts"
import type { ShardEpochs } from "../../storage/cluster/ShardEpochs.ts"
import {
  isSame,
  type RunnerLife,
  type ShardEntry,
  type ShardMap,
  type ShardMapView
} from "../../storage/cluster/ShardMap.ts"
import type { HeldShards } from "./HeldShards.ts"
import type { Peers } from "./Peers.ts"
import { ownedBy, type Standing, type Step, stepsOf } from "./steps.ts"

interface Services {
  readonly me: RunnerLife
  readonly map: ShardMap["Type"]
  readonly held: HeldShards
  readonly epochs: ShardEpochs["Type"]
  readonly peers: Peers["Type"]
  /** Of moves from living owners. */
  readonly moves: Effect.Semaphore
}

type Of<Tag extends Step["_tag"]> = Extract<Step, { readonly _tag: Tag }>

export interface Claims {
  /**
   * What must be done for this runner to have what the map says that it should have. What it has no longer is released
   * before this returns; the rest is for the caller to run. Of what fails the next view tells again.
   */
  readonly follow: (
    view: ShardMapView,
    standing: Pick<Standing, "given" | "isStopping">
  ) => ReadonlyArray<Effect.Effect<void>>
}

export const makeClaims = (services: Services): Claims => {
  const { me, map, held, epochs, peers, moves } = services
  const underWay = new Set<ShardId>()

  /** Nothing else is begun for these shards until it is over. */
  const alone = <E>(steps: ReadonlyArray<Step>, work: Effect.Effect<void, E>): Effect.Effect<void> => {
    for (const { shardId } of steps) underWay.add(shardId)
    return Effect.ensuring(
      Effect.ignore(work),
      Effect.sync(() => {
        for (const { shardId } of steps) underWay.delete(shardId)
      })
    )
  }

  /** The next epoch first, then the map; calls wait. Where it fails, they look elsewhere. */
  const claim = (
    steps: ReadonlyArray<{ readonly shardId: ShardId; readonly entry: ShardEntry }>,
    how: "taken" | "handed over"
  ) => {
    const ids = steps.map(({ shardId }) => shardId)
    const release = Effect.sync(() => {
      for (const shardId of ids) held.release(shardId)
    })
    return Effect.suspend(() => {
      held.expect(ids)
      return epochs.acquire(ids, me.runnerId)
    }).pipe(
      Effect.flatMap((acquired) => {
        const swaps = steps.flatMap(({ shardId, entry }) => {
          const epoch = acquired.get(shardId)
          if (epoch === undefined) return []
          const { owner } = entry
          const onlyAfter = how === "taken" && owner !== null && !isSame(owner, me) ? owner : null
          return [{ shardId, expected: entry, next: ownedBy({ ...me, epoch }, entry), onlyAfter }]
        })
        return Effect.map(map.swap(swaps), (done) => {
          for (const { shardId, next } of swaps) {
            if (!done.has(shardId) || next.owner === null) held.release(shardId)
            else {
              held.take(shardId, next.owner.epoch)
              metrics.shardsClaimed.inc({ how })
            }
          }
        })
      }),
      Effect.tapErrorCause(() => release)
    )
  }

  const askFor = (step: Of<"AskFor">) => {
    const { shardId, entry, owner, address } = step
    const asked = Effect.suspend(() => {
      held.expect([shardId])
      return peers.at(address).handOver({ shardId, owner, to: me })
    })
    return asked.pipe(
      Effect.tapErrorCause(() => Effect.sync(() => held.release(shardId))),
      Effect.zipRight(claim([{ shardId, entry }], "handed over")),
      moves.withPermits(1)
    )
  }

  const putBack = (steps: ReadonlyArray<Of<"PutBack">>) =>
    Effect.asVoid(
      map.swap(
        steps.map(({ shardId, entry, epoch }) => ({
          shardId,
          expected: entry,
          next: ownedBy({ runnerId: me.runnerId, incarnation: me.incarnation, epoch }, entry),
          onlyAfter: null
        }))
      )
    )

  return {
    follow: (view, standing) => {
      const steps = stepsOf(view, { me, epochs: held.epochs, ...standing }).filter(
        ({ shardId }) => !underWay.has(shardId)
      )
      const of = <Tag extends Step["_tag"]>(tag: Tag): ReadonlyArray<Of<Tag>> =>
        steps.filter((step): step is Of<Tag> => step._tag === tag)
      for (const { shardId } of of("Drop")) held.release(shardId)
      const [claimed, back] = [of("Claim"), of("PutBack")]
      return [
        ...(claimed.length > 0 ? [alone(claimed, claim(claimed, "taken"))] : []),
        ...(back.length > 0 ? [alone(back, putBack(back))] : []),
        ...of("AskFor").map((step) => alone([step], askFor(step)))
      ]
    }
  }
}
