import { type ConfigError, Context, Effect, Layer } from "effect"
import type { Unavailable } from "../../domain/errors.ts"
import { type Epoch, type MailboxId, ShardId } from "../../domain/ids.ts"
import { Health, NotReady } from "../../observability/health.ts"
import { setting } from "../../settings/setting.ts"
import { between, integer } from "../../settings/types.ts"
import { ShardEpochs } from "../../storage/cluster/ShardEpochs.ts"
import { Moved } from "../mailbox/MailboxProtocol.ts"

/** The shard of a mailbox: the low 32 bits of its UUID, which are random in every version we make, modulo the count. */
export const shardOf = (mailboxId: MailboxId, shardCount: number): ShardId =>
  ShardId(Number.parseInt(mailboxId.slice(-8), 16) % shardCount)

/** What this runner owns. A shard's epoch is captured once, when it is acquired, and never read again. */
export class Ownership extends Context.Tag("postroom/actors/Ownership")<
  Ownership,
  {
    readonly shardCount: number
    /** The epoch under which this runner may write the mailbox; waits where it is about to own it. */
    readonly epochOf: (mailboxId: MailboxId) => Effect.Effect<Epoch, Moved>
    /** Whether it may still write the mailbox under this epoch, for all that it knows. */
    readonly holds: (mailboxId: MailboxId, epoch: Epoch) => boolean
    /** The same under whatever epoch: its shard is here now. */
    readonly owns: (mailboxId: MailboxId) => boolean
    /** Whether nobody else may have taken a mailbox of this runner: what memory says needs no look at Postgres. */
    readonly isSure: () => boolean
    /** Called when a commit met a younger epoch than this one: this runner gives the mailbox's shard up. */
    readonly lost: (mailboxId: MailboxId, epoch: Epoch) => Effect.Effect<void>
    /** Calls `gone` whenever a shard is this runner's no longer; it must not block. */
    readonly whenGone: (gone: (shardId: ShardId) => void) => void
  }
>() {
  /**
   * One runner owns every shard of the deployment. A shard that it loses it never takes back, or two processes on one
   * database would take it from each other for ever: it is no longer ready, until one of them is restarted alone.
   */
  static readonly layerSingle: Layer.Layer<
    Ownership,
    ConfigError.ConfigError | Unavailable,
    ShardEpochs | Health
  > = Layer.effect(
    Ownership,
    Effect.gen(function* () {
      const epochs = yield* ShardEpochs
      const health = yield* Health
      const shardCount = yield* epochs.shardCount(yield* shardCountConfig)
      const all = Array.from({ length: shardCount }, (_, shard) => ShardId(shard))
      const owned = new Map(yield* epochs.acquire(all, "single"))
      yield* health.register({
        name: "shards",
        check: Effect.suspend(() => {
          const taken = shardCount - owned.size
          const reason = `another process took over ${taken} of ${shardCount} shards; run one at a time, and restart it`
          return taken === 0 ? Effect.void : new NotReady({ reason })
        })
      })
      const told: Array<(shardId: ShardId) => void> = []
      return Ownership.of({
        shardCount,
        epochOf: (mailboxId) => {
          const epoch = owned.get(shardOf(mailboxId, shardCount))
          return epoch === undefined ? Effect.fail(new Moved()) : Effect.succeed(epoch)
        },
        holds: (mailboxId, epoch) => owned.get(shardOf(mailboxId, shardCount)) === epoch,
        owns: (mailboxId) => owned.has(shardOf(mailboxId, shardCount)),
        isSure: () => true,
        lost: (mailboxId) => {
          const shard = shardOf(mailboxId, shardCount)
          if (!owned.delete(shard)) return Effect.void
          for (const gone of told) gone(shard)
          return Effect.logError(
            "another runner took a shard of this one; its mailboxes are no longer served here"
          ).pipe(Effect.annotateLogs({ shard }))
        },
        whenGone: (gone) => {
          told.push(gone)
        }
      })
    })
  )
}

export const shardCountConfig = setting({
  name: "POSTROOM_SHARDS",
  type: integer,
  default: 256,
  meaning: "Number of shards; fixed when the deployment is made.",
  check: between(1, 65_536)
})

/** The deployment's number of shards. */
export const shardCount = Effect.gen(function* () {
  const epochs = yield* ShardEpochs
  return yield* epochs.shardCount(yield* shardCountConfig)
})
