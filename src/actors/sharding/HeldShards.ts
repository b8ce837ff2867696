import { Context, Deferred, Duration, Effect, FiberId, Layer } from "effect"
import type { Epoch, MailboxId, ShardId } from "../../domain/ids.ts"
import { metrics } from "../../observability/metrics.ts"
import { Moved } from "../mailbox/MailboxProtocol.ts"
import { Ownership, shardOf } from "./Ownership.ts"

/** What a call waits for a shard that is on its way here. */
const patience = Duration.seconds(3)

/** The shards that this runner has at the moment. It believes this until a commit is refused, or the map says otherwise. */
export interface HeldShards {
  readonly shardCount: number
  readonly epochs: ReadonlyMap<ShardId, Epoch>
  /** This runner is about to own them: calls wait. */
  readonly expect: (shardIds: Iterable<ShardId>) => void
  /** It owns the shard under this epoch. */
  readonly take: (shardId: ShardId, epoch: Epoch) => void
  /** It does not, or will not; who waits looks elsewhere. */
  readonly release: (shardId: ShardId) => void
  /** Until when its lease lasts, by the monotonic clock, in nanoseconds. */
  readonly renewed: (until: bigint) => void
}

export class Held extends Context.Tag("postroom/actors/HeldShards")<Held, HeldShards>() {}

/** The shards of a runner that follows the shard map; at first none. */
export const layer = (shardCount: number): Layer.Layer<Held | Ownership> =>
  Layer.effectContext(
    Effect.map(Effect.clock, (clock) => {
      const epochs = new Map<ShardId, Epoch>()
      const expected = new Map<ShardId, Deferred.Deferred<void>>()
      const told: Array<(shardId: ShardId) => void> = []
      let leaseEnds = 0n

      const arrived = (shardId: ShardId): void => {
        const waiters = expected.get(shardId)
        if (waiters === undefined) return
        expected.delete(shardId)
        Deferred.unsafeDone(waiters, Effect.void)
      }
      const release = (shardId: ShardId): void => {
        arrived(shardId)
        if (!epochs.delete(shardId)) return
        metrics.shardsOwned.set(epochs.size)
        for (const gone of told) gone(shardId)
      }
      const held: HeldShards = {
        shardCount,
        epochs,
        expect: (shardIds) => {
          for (const shardId of shardIds)
            if (!expected.has(shardId)) expected.set(shardId, Deferred.unsafeMake(FiberId.none))
        },
        take: (shardId, epoch) => {
          // Actors of an epoch before must not go on under this one's name.
          if (epochs.has(shardId)) release(shardId)
          epochs.set(shardId, epoch)
          metrics.shardsOwned.set(epochs.size)
          arrived(shardId)
        },
        release,
        renewed: (until) => {
          leaseEnds = until
        }
      }
      const of = (mailboxId: MailboxId): ShardId => shardOf(mailboxId, shardCount)
      const epochOf = (mailboxId: MailboxId): Effect.Effect<Epoch, Moved> =>
        Effect.suspend(() => {
          const epoch = epochs.get(of(mailboxId))
          if (epoch !== undefined) return Effect.succeed(epoch)
          const waiters = expected.get(of(mailboxId))
          if (waiters === undefined) return new Moved()
          return Deferred.await(waiters).pipe(
            Effect.timeoutFail({ duration: patience, onTimeout: () => new Moved() }),
            Effect.zipRight(epochOf(mailboxId))
          )
        })
      const ownership = Ownership.of({
        shardCount,
        epochOf,
        holds: (mailboxId, epoch) => epochs.get(of(mailboxId)) === epoch,
        owns: (mailboxId) => epochs.has(of(mailboxId)),
        isSure: () => clock.unsafeCurrentTimeNanos() < leaseEnds,
        lost: (mailboxId, epoch) =>
          Effect.suspend(() => {
            if (epochs.get(of(mailboxId)) !== epoch) return Effect.void
            release(of(mailboxId))
            metrics.shardsLost.inc()
            return Effect.logWarning(
              "a younger owner wrote a mailbox of this runner; its shard is given up"
            ).pipe(Effect.annotateLogs({ shard: of(mailboxId) }))
          }),
        whenGone: (gone) => {
          told.push(gone)
        }
      })
      return Context.make(Held, held).pipe(Context.add(Ownership, ownership))
    })
  )
