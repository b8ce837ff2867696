import { Duration, Effect, FiberSet, type Scope } from "effect"
import type { CoreError } from "../../domain/errors.ts"
import { type MailboxId, ModSeq, type ShardId } from "../../domain/ids.ts"
import type { Listener, Router, Wake } from "../mailbox/MailboxProtocol.ts"

/** A listener that outlives owners: kept here as a place in a mailbox's journal, and put up wherever the mailbox is. */
interface Lasting {
  readonly mailboxId: MailboxId
  readonly wake: (wake: Wake) => void
  /** What it was told of. */
  beyond: ModSeq
  /** Takes it down where it stands; null while it stands nowhere. */
  remove: (() => void) | null
  /** Goes up whenever it has to stand elsewhere: what was put up for an older one is of no use. */
  generation: number
  isOver: boolean
}

interface Services {
  readonly at: (
    mailboxId: MailboxId,
    beyond: ModSeq,
    listener: Listener
  ) => Effect.Effect<() => void, CoreError>
  readonly shardOf: (mailboxId: MailboxId) => ShardId
}

/** Listeners put up again at once, when an owner with thousands of them went away. */
const workers = 32
const afterFailure = Duration.seconds(1)

export interface LastingListeners {
  readonly listen: Router["Type"]["listen"]
  /** These shards have another owner: where their listeners stand, nobody may tell them anything any more. */
  readonly relocate: (shardIds: ReadonlyArray<ShardId>) => void
}

/** Listeners that a move or a failure of the owner interrupts without anybody noticing. `at` puts one up where the mailbox is. */
export const makeLasting = ({ at, shardOf }: Services): Effect.Effect<LastingListeners, never, Scope.Scope> =>
  Effect.gen(function* () {
    const run = yield* FiberSet.makeRuntime<never>()
    const standing = new Map<ShardId, Set<Lasting>>()
    const homeless = new Set<Lasting>()
    let busy = 0

    const putUp = (lasting: Lasting): Effect.Effect<void, CoreError> =>
      Effect.suspend(() => {
        const { generation } = lasting
        return at(lasting.mailboxId, lasting.beyond, {
          wake: (wake) => {
            if (lasting.isOver) return
            lasting.beyond = ModSeq(Math.max(lasting.beyond, wake.modSeq))
            lasting.wake(wake)
          },
          lost: () => {
            if (lasting.generation !== generation) return
            lasting.remove = null
            shelter(lasting)
          }
        }).pipe(
          Effect.flatMap((remove) =>
            Effect.sync(() => {
              if (lasting.isOver || lasting.generation !== generation) remove()
              else lasting.remove = remove
            })
          ),
          Effect.uninterruptible
        )
      })

    const shelter = (lasting: Lasting): void => {
      if (lasting.isOver) return
      lasting.generation++
      homeless.add(lasting)
      if (busy >= workers) return
      busy++
      run(work)
    }

    const again = (lasting: Lasting, generation: number) => (error: CoreError) =>
      error._tag === "Busy" || error._tag === "Unavailable"
        ? Effect.delay(
            // Another worker may have found it a place meanwhile.
            Effect.sync(() => lasting.generation === generation && shelter(lasting)),
            afterFailure
          )
        : // It will not come back: whoever listens finds out why when it looks.
          Effect.sync(() =>
            lasting.wake({ modSeq: lasting.beyond, folders: null, isOfHierarchy: true, spans: [] })
          )

    const work: Effect.Effect<void> = Effect.suspend(() => {
      const [lasting] = homeless
      if (lasting === undefined) {
        busy--
        return Effect.void
      }
      homeless.delete(lasting)
      const { generation } = lasting
      const home = lasting.isOver ? Effect.void : Effect.catchAll(putUp(lasting), again(lasting, generation))
      return Effect.zipRight(home, work)
    })

    const neighboursOf = ({ mailboxId }: Lasting): Set<Lasting> => {
      const shardId = shardOf(mailboxId)
      const others = standing.get(shardId) ?? new Set()
      standing.set(shardId, others)
      return others
    }
    const takeDown = (lasting: Lasting): void => {
      lasting.remove?.()
      lasting.remove = null
    }

    return {
      listen: (mailboxId, beyond, wake) =>
        Effect.suspend(() => {
          const lasting: Lasting = { mailboxId, wake, beyond, remove: null, generation: 0, isOver: false }
          const others = neighboursOf(lasting)
          const over = (): void => {
            lasting.isOver = true
            others.delete(lasting)
            homeless.delete(lasting)
            takeDown(lasting)
          }
          others.add(lasting)
          return putUp(lasting).pipe(
            Effect.as(over),
            Effect.onError(() => Effect.sync(over))
          )
        }),
      relocate: (shardIds) => {
        for (const shardId of shardIds)
          for (const lasting of standing.get(shardId) ?? []) {
            takeDown(lasting)
            shelter(lasting)
          }
      }
    }
  })
