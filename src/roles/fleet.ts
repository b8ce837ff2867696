import { randomUUID } from "node:crypto"
import { join } from "node:path"
import { ConfigError, Duration, Effect, Layer, Option } from "effect"
import * as MailboxesLocal from "../actors/mailbox/MailboxesLocal.ts"
import * as PeersLive from "../actors/remote/PeersLive.ts"
import * as RunnerServer from "../actors/remote/RunnerServer.ts"
import * as HeldShards from "../actors/sharding/HeldShards.ts"
import { MapMirror } from "../actors/sharding/MapMirror.ts"
import { shardCount } from "../actors/sharding/Ownership.ts"
import * as RouterCluster from "../actors/sharding/RouterCluster.ts"
import * as Runner from "../actors/sharding/Runner.ts"
import { RunnerConfig } from "../actors/sharding/RunnerConfig.ts"
import { rebalancing } from "../actors/sharding/rebalancing.ts"
import { publishCosts, ShardCosts } from "../actors/sharding/ShardCosts.ts"
import * as Signpost from "../actors/sharding/Signpost.ts"
import { type ApartRoleName, type FleetRoleName, isWorker } from "../args.ts"
import { Incarnation, RunnerId } from "../domain/ids.ts"
import * as MutualTls from "../identity/tls/MutualTls.ts"
import * as Tls from "../identity/tls/TlsCertificate.ts"
import { Health } from "../observability/health.ts"
import * as gauges from "../pipeline/gauges.ts"
import * as ingest from "../pipeline/ingest.ts"
import * as relay from "../pipeline/relay.ts"
import { ListenConfig } from "../ports.ts"
import * as RebalancesPg from "../storage/cluster/RebalancesPg.ts"
import * as StreamsPg from "../storage/streams/StreamsPg.ts"
import * as ShardMapValkey from "../storage/valkey/ShardMapValkey.ts"
import * as ShardReportsValkey from "../storage/valkey/ShardReportsValkey.ts"
import { Valkey } from "../storage/valkey/Valkey.ts"
import { version } from "../version.ts"
import { core } from "./core.ts"
import { Demo } from "./demo.ts"
import { grpcEdge, mail, webEdge } from "./edges.ts"
import { backEndHealth, identity, mime, storage } from "./foundation.ts"
import { operations, workersOf } from "./workers.ts"

const shardMap = Layer.unwrapEffect(
  Effect.flatMap(
    Valkey.configured,
    Option.match({
      onNone: () =>
        Effect.fail(
          ConfigError.MissingData(
            ["POSTROOM_VALKEY_URLS"],
            "roles in processes of their own find each other through a Valkey"
          )
        ),
      onSome: (valkey) =>
        Effect.succeed(
          Layer.merge(ShardMapValkey.layer(), ShardReportsValkey.layer).pipe(Layer.provide(valkey))
        )
    })
  )
)

/** Where mailboxes are, and the way there. */
const cluster = Layer.merge(MapMirror.layer, PeersLive.layer).pipe(
  Layer.provideMerge(Layer.merge(shardMap, MutualTls.layer))
)

/** A process without mailboxes. */
const caller = Layer.unwrapEffect(Effect.map(shardCount, RouterCluster.layerCaller))

/** This process as one that owns mailboxes. */
const runner = Layer.unwrapEffect(
  Effect.gen(function* () {
    const { name, address, weight, zone, ...settings } = yield* RunnerConfig
    const shards = yield* shardCount
    const { host, runner: port } = yield* ListenConfig
    const record = {
      runnerId: RunnerId(name),
      incarnation: Incarnation(randomUUID()),
      address: Option.getOrElse(address, () => `${host}:${port}`),
      weight,
      zone,
      version
    }
    const server = Layer.unwrapEffect(
      Effect.map(Runner.Runner, ({ handOver }) => RunnerServer.layer({ host, port, handOver }))
    )
    const upkeep = Layer.scopedDiscard(
      Effect.zipRight(publishCosts(record.runnerId), rebalancing(record, Duration.toMillis(settings.lease)))
    )
    return Layer.merge(RouterCluster.layer, upkeep).pipe(
      Layer.provideMerge(server),
      Layer.provideMerge(Runner.layer(record, settings)),
      Layer.provideMerge(Layer.provide(Signpost.layer(record.runnerId, shards), MailboxesLocal.layer)),
      Layer.provide(Layer.merge(ShardCosts.layer, RebalancesPg.layer)),
      Layer.provideMerge(HeldShards.layer(shards))
    )
  })
)

/** Before anything else ends, others take this runner's shards; until then it serves. */
const retirement = Layer.scopedDiscard(
  Effect.flatMap(Runner.Runner, ({ retire }) => Effect.addFinalizer(() => retire))
)

const nothing = Layer.empty

/** Roles of a deployment of many processes; all of them may be killed at any time. */
export const fleet = (roles: ReadonlyArray<ApartRoleName>, dataFolder: string) => {
  const has = (role: FleetRoleName): boolean => roles.includes(role)
  const doors = Layer.mergeAll(
    has("svc-activesync") ? webEdge : operations,
    has("svc-grpc") ? Layer.mergeAll(grpcEdge, relay.layer, gauges.layerQueues, gauges.layerLedger) : nothing,
    has("svc-smtp-ingest") ? mail : nothing,
    has("worker-ingest") ? ingest.layer.pipe(Layer.provide(mime)) : nothing,
    workersOf(roles.filter(isWorker), dataFolder)
  )
  const served = has("svc-grpc")
    ? retirement.pipe(Layer.provideMerge(doors), Layer.provideMerge(core), Layer.provideMerge(runner))
    : doors.pipe(Layer.provideMerge(core), Layer.provideMerge(caller))
  return served.pipe(
    Layer.merge(backEndHealth),
    Layer.provideMerge(Demo.layer(dataFolder)),
    Layer.provideMerge(identity(dataFolder)),
    Layer.provideMerge(cluster),
    Layer.provideMerge(storage(dataFolder, StreamsPg.layer)),
    Layer.provideMerge(Tls.layerConfig({ directory: join(dataFolder, "tls"), names: [] })),
    Layer.provideMerge(Health.layer)
  )
}
