import { Config, Effect, Layer, Option } from "effect"
import type { WorkerRoleName } from "../args.ts"
import { retentionToken } from "../identity/platformTokens.ts"
import { Health } from "../observability/health.ts"
import * as gauges from "../pipeline/gauges.ts"
import * as indexWorker from "../pipeline/indexWorker.ts"
import * as ingest from "../pipeline/ingest.ts"
import * as notify from "../pipeline/notify/notify.ts"
import { layerWebhook } from "../pipeline/notify/webhook.ts"
import * as reconcile from "../pipeline/reconcile/reconcile.ts"
import * as relay from "../pipeline/relay.ts"
import { Expunger } from "../pipeline/retention/Expunger.ts"
import * as retention from "../pipeline/retention/retention.ts"
import * as schedule from "../pipeline/retention/schedule.ts"
import * as tracedStreams from "../pipeline/tracedStreams.ts"
import * as turnGauges from "../pipeline/turnGauges.ts"
import { ListenConfig } from "../ports.ts"
import { HttpServer } from "../protocols/http/HttpServer.ts"
import * as ExpungerRemote from "../rpc/ExpungerRemote.ts"
import { setting } from "../settings/setting.ts"
import { text } from "../settings/types.ts"
import * as backEnds from "../storage/backEnds.ts"
import * as database from "../storage/database.ts"
import * as NotifyTargetsPg from "../storage/notify/NotifyTargetsPg.ts"
import * as BlobReferencesPg from "../storage/reconcile/BlobReferencesPg.ts"
import * as RetentionPg from "../storage/retention/RetentionPg.ts"
import * as searchEngines from "../storage/search/engines.ts"
import * as SearchFeedPg from "../storage/search/pg/SearchFeedPg.ts"
import * as StreamsPg from "../storage/streams/StreamsPg.ts"
import { Turns } from "../storage/turns/Turns.ts"
import { blobs, mime, shared } from "./foundation.ts"

/** Makes mail findable. */
export const indexer = indexWorker.layer.pipe(Layer.provide(tracedStreams.layer("index")))

/** Tells who wants to know that a mailbox changed. */
export const notifier = notify.layer.pipe(
  Layer.provide(Layer.merge(layerWebhook, tracedStreams.layer("notify")))
)

/** Removes what has become too old. */
export const janitor = Layer.mergeAll(retention.layer, schedule.layer, turnGauges.layer)

/** Compares blobs and rows. */
export const reconciler = Layer.mergeAll(reconcile.layer, turnGauges.layer)

export const workers = Layer.mergeAll(
  ingest.layer,
  indexer,
  notifier,
  janitor.pipe(Layer.provide(Expunger.layer)),
  reconciler,
  relay.layer,
  gauges.layerQueues,
  gauges.layerLedger
).pipe(Layer.provide(mime))

/** Where a worker without mailboxes asks for removals: the process that owns them. */
const coreServer = setting({
  name: "POSTROOM_CORE_SERVER",
  type: text,
  defaultText: "the gRPC port of this machine",
  meaning: "host:port of the gRPC of the process that owns the mailboxes, for `worker-retention` without it."
}).pipe(Config.option)

const remoteMailboxes = (dataFolder: string) =>
  Layer.unwrapEffect(
    Effect.gen(function* () {
      const { host, grpc: port } = yield* ListenConfig
      const server = Option.getOrElse(yield* coreServer, () => `${host}:${port}`)
      return ExpungerRemote.layer({ server, token: yield* retentionToken(dataFolder) })
    })
  )

/** Each worker with what it needs besides Postgres and streams, and no more; of the others nothing is built. */
export const workersOf = (roles: ReadonlyArray<WorkerRoleName>, dataFolder: string) => {
  const only = <E, R>(role: WorkerRoleName, layer: Layer.Layer<never, E, R>): Layer.Layer<never, E, R> =>
    roles.includes(role) ? layer : Layer.empty
  const store = blobs(dataFolder)
  const storeHealth = backEnds.blobs({ isDispensable: false })
  return Layer.mergeAll(
    only(
      "worker-index",
      Layer.mergeAll(indexer, backEnds.searchEngine, storeHealth).pipe(
        Layer.provide(Layer.mergeAll(SearchFeedPg.layer, searchEngines.layer, store))
      )
    ),
    only("worker-notify", notifier.pipe(Layer.provide(NotifyTargetsPg.layer))),
    only(
      "worker-retention",
      janitor.pipe(Layer.provide(Layer.mergeAll(RetentionPg.layer, Turns.layer, remoteMailboxes(dataFolder))))
    ),
    only(
      "worker-reconciler",
      Layer.merge(reconciler, storeHealth).pipe(
        Layer.provide(Layer.mergeAll(BlobReferencesPg.layer, Turns.layer, store))
      )
    )
  )
}

/** Health and metrics alone. */
export const operations = Layer.unwrapEffect(
  Effect.map(ListenConfig, ({ host, http }) =>
    HttpServer.layer({ host, httpPort: http, httpsPort: 0, tls: null, mounts: [] })
  )
)

/** A process of workers. It owns no mailbox, so it may be started and killed beside others at any time. */
export const workersAlone = (roles: ReadonlyArray<WorkerRoleName>, dataFolder: string) =>
  Layer.merge(gauges.layerQueues, gauges.layerBackEnds).pipe(
    Layer.provide(Layer.merge(workersOf(roles, dataFolder), backEnds.postgres)),
    Layer.provide(shared(StreamsPg.layer)),
    Layer.provide(database.layer(dataFolder)),
    Layer.provideMerge(operations),
    Layer.provideMerge(Health.layer)
  )
