import { Context, Duration, Effect, Exit, Layer, Scope, TestClock } from "effect"
import * as MailboxesLocal from "../../src/actors/mailbox/MailboxesLocal.ts"
import { Mailboxes, Router } from "../../src/actors/mailbox/MailboxProtocol.ts"
import * as HeldShards from "../../src/actors/sharding/HeldShards.ts"
import { MapMirror } from "../../src/actors/sharding/MapMirror.ts"
import { type Peer, PeerAway, Peers } from "../../src/actors/sharding/Peers.ts"
import * as RouterCluster from "../../src/actors/sharding/RouterCluster.ts"
import * as Runner from "../../src/actors/sharding/Runner.ts"
import { RunnerConfig } from "../../src/actors/sharding/RunnerConfig.ts"
import { ShardCosts } from "../../src/actors/sharding/ShardCosts.ts"
import * as Signpost from "../../src/actors/sharding/Signpost.ts"
import { Epoch, Incarnation, type MailboxId, RunnerId, type ShardId } from "../../src/domain/ids.ts"
import { Health } from "../../src/observability/health.ts"
import { ShardEpochs } from "../../src/storage/cluster/ShardEpochs.ts"
import { ShardMap, ShardMapUnavailable } from "../../src/storage/cluster/ShardMap.ts"
import { makeShardMapMemory } from "../../src/storage/cluster/ShardMapMemory.ts"
import { MailboxStore } from "../../src/storage/mailbox/MailboxStore.ts"
import { OutboxBell } from "../../src/storage/outbox/OutboxBell.ts"
import { makeMemory } from "./mailboxStoreMemory.ts"

/** Epochs as Postgres counts them. */
const makeEpochs = (): ShardEpochs["Type"] => {
  const epochs = new Map<ShardId, Epoch>()
  return {
    shardCount: Effect.succeed,
    known: Effect.sync(() => new Map(epochs)),
    acquire: (shards) =>
      Effect.sync(() => {
        for (const shard of shards) epochs.set(shard, Epoch((epochs.get(shard) ?? 0) + 1))
        return new Map(shards.map((shard) => [shard, epochs.get(shard) ?? Epoch(0)]))
      })
  }
}

export interface Node {
  readonly router: Router["Type"]
  readonly shards: ReadonlyMap<ShardId, Epoch>
  /** Nobody hears it, and it hears nobody; the stores it still reaches. */
  readonly cut: () => void
  readonly mend: () => void
  /** It alone reaches the shard map no more; runners and stores it still does. */
  readonly blind: () => void
  /** As at SIGTERM. */
  readonly stop: Effect.Effect<void>
}

const away = new PeerAway({ isOpen: false })

/** Runners of one process over stores and a shard map in memory, each reached by the others as if it were far away. */
export const makeClusterWorld = (mailboxes: ReadonlyArray<MailboxId>, shardCount = 16) =>
  Effect.gen(function* () {
    const store = makeMemory(mailboxes)
    const { shardMap, flush } = makeShardMapMemory()
    const reachable = new Map<string, Peer>()
    const cut = new Set<string>()
    const blind = new Set<string>()
    const settings = yield* Effect.orDie(RunnerConfig)
    const epochs = makeEpochs()
    let lives = 0

    const peersOf = (name: string) =>
      Peers.of({
        at: (address) => {
          const to = <A, E>(call: (peer: Peer) => Effect.Effect<A, E>) =>
            Effect.suspend((): Effect.Effect<A, E | PeerAway> => {
              const peer = cut.has(name) || cut.has(address) ? undefined : reachable.get(address)
              return peer === undefined ? away : call(peer)
            })
          return {
            ask: (ask) => to((peer) => peer.ask(ask)),
            state: (mailboxId) => to((peer) => peer.state(mailboxId)),
            listen: (...named) => to((peer) => peer.listen(...named)),
            handOver: (wish) => to((peer) => peer.handOver(wish))
          }
        }
      })
    const mapOf = (name: string): ShardMap["Type"] => {
      const unlessCut = <A, E>(effect: Effect.Effect<A, E>): Effect.Effect<A, E | ShardMapUnavailable> =>
        Effect.suspend(
          (): Effect.Effect<A, E | ShardMapUnavailable> =>
            cut.has(name) || blind.has(name) ? new ShardMapUnavailable({}) : effect
        )
      return {
        read: unlessCut(shardMap.read),
        listen: (changed) => shardMap.listen(() => cut.has(name) || changed()),
        register: (...named) => unlessCut(shardMap.register(...named)),
        renew: (...named) => unlessCut(shardMap.renew(...named)),
        leave: (...named) => unlessCut(shardMap.leave(...named)),
        lead: (...named) => unlessCut(shardMap.lead(...named)),
        swap: (...named) => unlessCut(shardMap.swap(...named)),
        pin: (...named) => unlessCut(shardMap.pin(...named)),
        drain: (...named) => unlessCut(shardMap.drain(...named))
      }
    }

    const start = (name: string, { weight = 100, zone = "" } = {}) =>
      Effect.gen(function* () {
        lives++
        const scope = yield* Scope.make()
        yield* Effect.addFinalizer(() => Scope.close(scope, Exit.void))
        const record = {
          runnerId: RunnerId(name),
          incarnation: Incarnation(`${name}#${lives}`),
          address: name,
          weight,
          zone,
          version: "test"
        }
        const layer = RouterCluster.layer.pipe(
          Layer.provideMerge(Runner.layer(record, settings)),
          Layer.provideMerge(
            Layer.provide(Signpost.layer(record.runnerId, shardCount), MailboxesLocal.layer)
          ),
          Layer.provideMerge(HeldShards.layer(shardCount)),
          Layer.provide(MapMirror.layer),
          Layer.provide(
            Layer.mergeAll(
              Layer.succeed(MailboxStore, store),
              Layer.succeed(ShardMap, mapOf(name)),
              Layer.succeed(ShardEpochs, epochs),
              Layer.succeed(Peers, peersOf(name)),
              OutboxBell.layer,
              ShardCosts.layer,
              Health.layer
            )
          )
        )
        const context = yield* Scope.extend(Layer.build(layer), scope)
        const { handOver } = Context.get(context, Runner.Runner)
        reachable.set(name, { ...Context.get(context, Mailboxes), handOver })
        return {
          router: Context.get(context, Router),
          shards: Context.get(context, HeldShards.Held).epochs,
          cut: () => void cut.add(name),
          mend: () => void cut.delete(name),
          blind: () => void blind.add(name),
          stop: Effect.zipRight(
            Scope.close(scope, Exit.void),
            Effect.sync(() => reachable.delete(name))
          )
        } satisfies Node
      })
    return { start, flush, store, shardMap, shardCount }
  })

/** Time goes by in steps, and between them everything comes to rest that does not wait for the clock. */
export const pass = (time: Duration.DurationInput): Effect.Effect<void> => {
  const rest = Effect.repeatN(
    Effect.promise(() => new Promise<void>((resolve) => setTimeout(resolve, 0))),
    6
  )
  const steps = Math.ceil(Duration.toMillis(time) / 100)
  return Effect.asVoid(Effect.repeatN(Effect.zipRight(TestClock.adjust("100 millis"), rest), steps - 1))
}
