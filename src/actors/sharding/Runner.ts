import { Clock, type Config, Context, Duration, Effect, FiberSet, Layer, Schedule } from "effect"
import type { ShardId } from "../../domain/ids.ts"
import { Health, NotReady } from "../../observability/health.ts"
import { ShardEpochs } from "../../storage/cluster/ShardEpochs.ts"
import {
  isSame,
  type Runner as RunnerRecord,
  ShardMap,
  type ShardMapView,
  takesShards
} from "../../storage/cluster/ShardMap.ts"
import { Mailboxes, Moved } from "../mailbox/MailboxProtocol.ts"
import { makeClaims } from "./claims.ts"
import { makeCoordinator } from "./coordinator.ts"
import { Held } from "./HeldShards.ts"
import { MapMirror } from "./MapMirror.ts"
import { type HandOver, Peers } from "./Peers.ts"
import type { RunnerConfig } from "./RunnerConfig.ts"
import { unlessUnderWay } from "./unlessUnderWay.ts"

/** This process as an owner of mailboxes: its lease, its shards, and what it does when others want them. */
export class Runner extends Context.Tag("postroom/actors/Runner")<
  Runner,
  {
    readonly record: Omit<RunnerRecord, "isStopping">
    /** See `Peer.handOver`. */
    readonly handOver: (wish: HandOver) => Effect.Effect<void, Moved>
    /** Gives all shards to others, as long as there are any, within a bound; then leaves the map. */
    readonly retire: Effect.Effect<void>
  }
>() {}

type Settings = Config.Config.Success<typeof RunnerConfig>

/** A commit under way is waited for this long; later it is the epoch that stops it. */
const settleWithin = Duration.seconds(1)
/** Who asked for a shard has this long to claim it. */
const claimWithin = Duration.seconds(2)

/** Follows the shard map under this name and life. */
export const layer = (
  record: Omit<RunnerRecord, "isStopping">,
  settings: Omit<Settings, "name" | "address" | "weight" | "zone">
) =>
  Layer.scoped(
    Runner,
    Effect.gen(function* () {
      const map = yield* ShardMap
      const mirror = yield* MapMirror
      const held = yield* Held
      const mailboxes = yield* Mailboxes
      const health = yield* Health
      const run = yield* FiberSet.makeRuntime<never>()
      const given = new Set<ShardId>()
      const leaseMillis = Duration.toMillis(settings.lease)
      let isStopping = false
      let isSuperseded = false
      /** This life was on the map. Until then, who is there under its name is an earlier life, whose place it takes. */
      let wasKnown = false
      let hasLeft = false
      let leaseEnds = 0n
      const oneAtATime = unlessUnderWay()

      const claims = makeClaims({
        me: record,
        map,
        held,
        epochs: yield* ShardEpochs,
        peers: yield* Peers,
        moves: yield* Effect.makeSemaphore(settings.moves)
      })
      const coordinate = makeCoordinator({
        me: record,
        map,
        mirror,
        epochs: yield* ShardEpochs,
        shardCount: held.shardCount,
        leaseMillis
      })

      const releaseAll = (): void => {
        for (const shardId of [...held.epochs.keys()]) held.release(shardId)
      }
      const giveUp = (view: ShardMapView): void => {
        const other = view.runners.get(record.runnerId)
        const isTaken = other !== undefined && other.leaseMillis > 0 && !isSame(other, record)
        // Not for ever: it may have been an earlier life, whose word came late.
        if (isSuperseded && !isTaken) isSuperseded = false
        if (isSuperseded || !wasKnown || !isTaken) return
        isSuperseded = true
        releaseAll()
        run(
          Effect.logError(
            `another process runs as "${record.runnerId}"; this one gives its shards up. Give each its own POSTROOM_RUNNER.`
          )
        )
      }
      const follow = (view: ShardMapView): void => {
        giveUp(view)
        if (isSuperseded) return
        if (!isStopping && !view.runners.has(record.runnerId)) run(Effect.ignore(renew))
        for (const work of claims.follow(view, { given, isStopping })) run(work)
        run(coordinate(view))
      }

      const known = Effect.sync(() => {
        wasKnown = true
      })
      const register = Effect.suspend(() =>
        Effect.zipLeft(map.register({ ...record, isStopping }, leaseMillis), known)
      )
      // What the map says comes before the new lease counts: somebody may have what this runner had.
      const comeBack = Effect.zipRight(
        mirror.refresh,
        Effect.unless(Effect.zipRight(register, mirror.refresh), () => isSuperseded)
      )
      const renew = Effect.gen(function* () {
        const sentAt = yield* Clock.currentTimeNanos
        if (!(yield* map.renew(record, leaseMillis))) yield* comeBack
        else if (sentAt >= leaseEnds) yield* Effect.zipRight(known, mirror.refresh)
        leaseEnds = sentAt + BigInt(leaseMillis) * 1_000_000n
        held.renewed(leaseEnds)
      }).pipe(
        // The place of another one is not taken, and not one that was left.
        Effect.unless(() => isSuperseded || hasLeft),
        oneAtATime
      )

      const handOver = ({ shardId, owner }: HandOver): Effect.Effect<void, Moved> =>
        Effect.gen(function* () {
          if (!isSame(owner, record) || held.epochs.get(shardId) !== owner.epoch) return yield* new Moved()
          given.add(shardId)
          held.release(shardId)
          yield* Effect.timeoutOption(mailboxes.settle(shardId), settleWithin)
          const forget = Effect.sync(() => given.delete(shardId))
          run(Effect.ignore(Effect.zipRight(Effect.delay(forget, claimWithin), mirror.refresh)))
        })

      const isAlone = (): boolean =>
        ![...(mirror.view()?.runners.values() ?? [])].some(
          (other) => !isSame(other, record) && takesShards(other)
        )
      const retire = Effect.gen(function* () {
        if (isStopping) return
        isStopping = true
        // Who cannot say that it stops has nobody to wait for.
        const isOver = (): boolean => held.epochs.size === 0 || isAlone()
        if (!isSuperseded) {
          yield* Effect.zipRight(register, mirror.refresh).pipe(
            Effect.zipRight(Effect.repeat(mirror.next, { until: isOver }).pipe(Effect.unless(isOver))),
            Effect.timeout(settings.retireWithin),
            Effect.ignore
          )
        }
        releaseAll()
        hasLeft = true
        yield* Effect.ignore(map.leave(record))
      })

      yield* health.register({
        name: "shardMap",
        isDispensable: true,
        check: Effect.flatMap(Clock.currentTimeNanos, (now) =>
          isSuperseded || now >= leaseEnds
            ? new NotReady({
                reason: "no lease: the shard map is away, or another process has this runner's name"
              })
            : Effect.void
        )
      })
      mirror.whenRead(follow)
      yield* Effect.ignore(renew)
      yield* Effect.forkScoped(
        Effect.repeat(Effect.ignore(renew), Schedule.fixed(Duration.times(settings.lease, 0.25)))
      )
      // Before the lease is let go.
      yield* Effect.addFinalizer(() => retire)
      return Runner.of({ record, handOver, retire })
    })
  )
