import { Config, Duration, Effect, Layer } from "effect"
import { type CoreError, Unavailable } from "../../domain/errors.ts"
import type { Epoch, MailboxId, ShardId } from "../../domain/ids.ts"
import { monotonicMillis } from "../../domain/monotonicMillis.ts"
import { metrics } from "../../observability/metrics.ts"
import { setting } from "../../settings/setting.ts"
import { duration } from "../../settings/types.ts"
import type { ShardMapView } from "../../storage/cluster/ShardMap.ts"
import { Mailboxes, type MailboxMethods, type Moved, Router } from "../mailbox/MailboxProtocol.ts"
import { routerOf } from "../mailbox/routerOf.ts"
import { Held } from "./HeldShards.ts"
import { makeLasting } from "./lastingListeners.ts"
import { MapMirror } from "./MapMirror.ts"
import { shardOf } from "./Ownership.ts"
import { type PeerAway, Peers } from "./Peers.ts"

export const RouterConfig = Config.all({
  patience: setting({
    name: "POSTROOM_ROUTE_PATIENCE",
    type: duration,
    default: Duration.seconds(10),
    meaning:
      "How long a call follows a mailbox through moves and failures before the client is told to come again."
  })
})

/**
 * Finds a mailbox's owner in the shard map, and follows it: who answers that it moved, does not answer, or stops is asked
 * no more until the map is read again; where a shard is on its way, its target is asked. While the map cannot be read any
 * runner is asked for the way. A call whose outcome is open is asked again under the same operation id.
 */
const router = (shardCount: number, own: Own | null) =>
  Layer.scoped(
    Router,
    Effect.gen(function* () {
      const mirror = yield* MapMirror
      const peers = yield* Peers
      const { patience } = yield* RouterConfig

      /** Where to ask next; what was asked in vain is not asked again before the map was read anew. */
      const wayTo = (mailboxId: MailboxId, inVain: InVain): Found | undefined => {
        if (own?.owns(mailboxId) === true) return { way: own.mailboxes, address: "" }
        const view = mirror.view()
        const address = [
          ...inVain.wayOn,
          ...addressesOf(view, shardOf(mailboxId, shardCount)),
          ...(mirror.isBehind() ? allAddresses(view) : [])
        ].find((one) => !inVain.asked.has(one))
        return address === undefined ? undefined : { way: peers.at(address), address }
      }

      const follow = <A>(
        mailboxId: MailboxId,
        call: (way: Way) => Effect.Effect<A, CoreError | Lost>
      ): Effect.Effect<A, CoreError> => {
        const attempt = (until: number, times: number, inVain: InVain): Effect.Effect<A, CoreError> => {
          const found = wayTo(mailboxId, inVain)
          return found === undefined
            ? Effect.zipRight(
                pause(times),
                inTime(until, () => attempt(until, times + 1, nothing))
              )
            : Effect.catchIf(call(found.way), isLost, (lost) => {
                metrics.routeRetries.inc()
                return inTime(until, () =>
                  attempt(until, times, {
                    asked: new Set([...inVain.asked, found.address]),
                    wayOn: lost._tag === "Moved" && lost.to !== undefined ? [lost.to] : []
                  })
                )
              })
        }
        return Effect.flatMap(monotonicMillis, (now) =>
          attempt(now + Duration.toMillis(patience), 0, nothing)
        )
      }

      const inTime = <A>(until: number, next: () => Effect.Effect<A, CoreError>) =>
        Effect.flatMap(monotonicMillis, (now) =>
          now >= until ? new Unavailable({ what: "mailbox" }) : next()
        )

      // Whoever puts up a listener lets nothing else break it off.
      const pause = (times: number) =>
        Effect.interruptible(
          Effect.race(mirror.next, Effect.sleep(Math.min(longestPause, firstPause * 2 ** times)))
        )

      const lasting = yield* makeLasting({
        shardOf: (mailboxId) => shardOf(mailboxId, shardCount),
        at: (mailboxId, beyond, listener) =>
          follow(mailboxId, (way) => way.listen(mailboxId, beyond, listener))
      })
      const known = new Map<ShardId, Epoch>()
      passedOn(known, mirror.view())
      yield* Effect.acquireRelease(
        Effect.sync(() =>
          mirror.whenRead((view) => {
            lasting.relocate(passedOn(known, view))
          })
        ),
        (stop) => Effect.sync(stop)
      )

      return routerOf({
        ask: (ask) => follow(ask.mailboxId, (way) => way.ask(ask)),
        state: (mailboxId) => follow(mailboxId, (way) => way.state(mailboxId)),
        listen: lasting.listen
      })
    })
  )

/** For a process that owns no mailbox. */
export const layerCaller = (shardCount: number) => router(shardCount, null)

/** For a runner: its own mailboxes it asks itself. */
export const layer = Layer.unwrapEffect(
  Effect.map(Effect.all([Mailboxes, Held]), ([mailboxes, { epochs, shardCount }]) =>
    router(shardCount, { mailboxes, owns: (mailboxId) => epochs.has(shardOf(mailboxId, shardCount)) })
  )
)

interface Own {
  readonly mailboxes: MailboxMethods
  readonly owns: (mailboxId: MailboxId) => boolean
}

type Way = MailboxMethods<PeerAway>
type Lost = Moved | PeerAway | Unavailable

interface Found {
  readonly way: Way
  readonly address: string
}

interface InVain {
  readonly asked: ReadonlySet<string>
  /** Where the one that was asked last says that the mailbox is. */
  readonly wayOn: ReadonlyArray<string>
}

const nothing: InVain = { asked: new Set(), wayOn: [] }
const firstPause = 5
const longestPause = 200

const isLost = (error: CoreError | Lost): error is Lost =>
  error._tag === "Moved" ||
  error._tag === "PeerAway" ||
  (error._tag === "Unavailable" && error.what === "mailbox")

/** The owner, then who is to be it. That a lease is over is no reason not to ask: without Valkey owners go on. */
const addressesOf = (view: ShardMapView | null, shardId: ShardId): ReadonlyArray<string> => {
  const entry = view?.shards.get(shardId)
  const ids = [entry?.owner?.runnerId, entry?.target]
  return ids.flatMap((id) => (id === null || id === undefined ? [] : (view?.runners.get(id)?.address ?? [])))
}

const allAddresses = (view: ShardMapView | null): ReadonlyArray<string> =>
  [...(view?.runners.values() ?? [])].map(({ address }) => address)

/**
 * Shards that have another owner than was known, or the same one again; now that is known. A shard of which no owner was known
 * is one of them: while the map could not be read, whoever showed the way may have been an owner of before.
 */
const passedOn = (known: Map<ShardId, Epoch>, view: ShardMapView | null): ReadonlyArray<ShardId> =>
  [...(view?.shards ?? [])].flatMap(([shardId, { owner }]) => {
    if (owner === null || known.get(shardId) === owner.epoch) return []
    known.set(shardId, owner.epoch)
    return [shardId]
  })
