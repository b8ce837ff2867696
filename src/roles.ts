import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { Config, Context, Effect, Layer, Option, type Redacted } from "effect"
import * as RouterLocal from "./actors/mailbox/RouterLocal.ts"
import { Ownership } from "./actors/sharding/Ownership.ts"
import * as ShardMapSingle from "./actors/sharding/ShardMapSingle.ts"
import type { WorkerRoleName } from "./args.ts"
import { layerIdentityFrom } from "./identity/IdentityLive.ts"
import { layerPasswordsFromConfig } from "./identity/Passwords.ts"
import { retentionToken } from "./identity/platformTokens.ts"
import { seedDemo } from "./identity/seed.ts"
import * as Tls from "./identity/tls/TlsCertificate.ts"
import { TlsCertificate } from "./identity/tls/TlsCertificate.ts"
import { Health } from "./observability/health.ts"
import * as gauges from "./pipeline/gauges.ts"
import * as IntakeLive from "./pipeline/IntakeLive.ts"
import * as indexWorker from "./pipeline/indexWorker.ts"
import * as ingest from "./pipeline/ingest.ts"
import * as notify from "./pipeline/notify/notify.ts"
import { layerWebhook } from "./pipeline/notify/webhook.ts"
import * as reconcile from "./pipeline/reconcile/reconcile.ts"
import * as relay from "./pipeline/relay.ts"
import { Expunger } from "./pipeline/retention/Expunger.ts"
import * as retention from "./pipeline/retention/retention.ts"
import * as schedule from "./pipeline/retention/schedule.ts"
import * as tracedStreams from "./pipeline/tracedStreams.ts"
import * as turnGauges from "./pipeline/turnGauges.ts"
import { ListenConfig } from "./ports.ts"
import * as activesync from "./protocols/activesync/ActiveSyncServer.ts"
import * as autodiscover from "./protocols/activesync/autodiscover/Autodiscover.ts"
import * as commandTable from "./protocols/activesync/commandTable.ts"
import { HttpServer } from "./protocols/http/HttpServer.ts"
import { Pages } from "./protocols/http/Pages.ts"
import { MimeReader } from "./protocols/mime/MimeReader.ts"
import { SmtpConfig } from "./protocols/smtp/SmtpConfig.ts"
import { SmtpServer } from "./protocols/smtp/SmtpServer.ts"
import * as AdminLive from "./rpc/AdminLive.ts"
import * as ClusterLive from "./rpc/ClusterLive.ts"
import * as CoreLive from "./rpc/CoreLive.ts"
import * as DevicesLive from "./rpc/DevicesLive.ts"
import * as ExpungerRemote from "./rpc/ExpungerRemote.ts"
import * as GuardLive from "./rpc/GuardLive.ts"
import * as IndexesLive from "./rpc/IndexesLive.ts"
import * as PeopleLive from "./rpc/PeopleLive.ts"
import * as QueuesLive from "./rpc/QueuesLive.ts"
import * as RpcHandlerLive from "./rpc/RpcHandler.ts"
import { RpcHandler } from "./rpc/RpcHandler.ts"
import * as SyncLive from "./rpc/SyncLive.ts"
import * as grpc from "./rpc/server.ts"
import * as UpkeepLive from "./rpc/UpkeepLive.ts"
import { setting } from "./settings/setting.ts"
import { boolean, secret, text } from "./settings/types.ts"
import * as AclPg from "./storage/acl/AclPg.ts"
import * as AuditPg from "./storage/audit/AuditPg.ts"
import * as backEnds from "./storage/backEnds.ts"
import { layerBlobStoreFs } from "./storage/blobs/BlobStoreFs.ts"
import { layerRecentBlobs } from "./storage/blobs/recentBlobs.ts"
import { layerBlobStoreS3Or } from "./storage/blobs/s3/BlobStoreS3.ts"
import { layerTracedBlobs } from "./storage/blobs/tracedBlobs.ts"
import * as RebalancesPg from "./storage/cluster/RebalancesPg.ts"
import { ShardEpochs } from "./storage/cluster/ShardEpochs.ts"
import { ShardReports } from "./storage/cluster/ShardReports.ts"
import { ContentStore } from "./storage/contents/ContentStore.ts"
import * as database from "./storage/database.ts"
import * as DeviceStorePg from "./storage/devices/DeviceStorePg.ts"
import { layerCredentialsPg } from "./storage/directory/CredentialsPg.ts"
import { layerDirectoryPg } from "./storage/directory/DirectoryPg.ts"
import { Ledger } from "./storage/ledger/Ledger.ts"
import { RateLimits } from "./storage/limits/RateLimits.ts"
import * as MailboxReaderPg from "./storage/mailbox/MailboxReaderPg.ts"
import * as MailboxStorePg from "./storage/mailbox/MailboxStorePg.ts"
import { Quarantine } from "./storage/mailbox/Quarantine.ts"
import * as NotifyTargetsPg from "./storage/notify/NotifyTargetsPg.ts"
import { Outbox } from "./storage/outbox/Outbox.ts"
import { OutboxBell } from "./storage/outbox/OutboxBell.ts"
import * as AddressBookPg from "./storage/people/AddressBookPg.ts"
import type { Postgres } from "./storage/postgres.ts"
import * as BlobReferencesPg from "./storage/reconcile/BlobReferencesPg.ts"
import * as RetentionPg from "./storage/retention/RetentionPg.ts"
import * as searchEngines from "./storage/search/engines.ts"
import * as SearchFeedPg from "./storage/search/pg/SearchFeedPg.ts"
import * as SearchUpkeepPg from "./storage/search/pg/SearchUpkeepPg.ts"
import type { Streams } from "./storage/streams/Streams.ts"
import * as StreamsPg from "./storage/streams/StreamsPg.ts"
import { ThreadMoves } from "./storage/threads/ThreadMoves.ts"
import { Turns } from "./storage/turns/Turns.ts"
import * as RateLimitsValkey from "./storage/valkey/RateLimitsValkey.ts"
import * as StreamsValkey from "./storage/valkey/StreamsValkey.ts"
import { Valkey } from "./storage/valkey/Valkey.ts"

/** Where the process listens once it is up. */
export interface Listening {
  readonly host: string
  readonly http: number
  readonly https: number
  readonly grpc: number
  readonly smtp: number
  readonly lmtp: number
}

/** Tasks are rows; where a Valkey is named it rings for them, and counts for all processes what callers may do. */
const shared = <E>(tasks: Layer.Layer<Streams, E, Postgres>) =>
  Layer.unwrapEffect(
    Effect.map(
      Valkey.configured,
      Option.match({
        onNone: () => Layer.merge(tasks, RateLimits.layerLocal()),
        onSome: (valkey) =>
          Layer.mergeAll(StreamsValkey.layerOver(tasks), RateLimitsValkey.layer, backEnds.valkey).pipe(
            Layer.provide(valkey)
          )
      })
    )
  )

const blobs = (dataFolder: string) =>
  layerTracedBlobs.pipe(Layer.provide(layerBlobStoreS3Or(layerBlobStoreFs({ dataFolder }))))

/** What everything stands on: Postgres, blobs, streams, the directory. */
const storage = (dataFolder: string) =>
  Layer.mergeAll(
    MailboxStorePg.layer,
    MailboxReaderPg.layer,
    shared(StreamsPg.layerSingle()),
    layerDirectoryPg(),
    layerCredentialsPg,
    ContentStore.layer,
    Outbox.layer,
    OutboxBell.layer,
    ShardEpochs.layer,
    Ledger.layer,
    AclPg.layer,
    AuditPg.layer,
    searchEngines.layer,
    SearchFeedPg.layer,
    SearchUpkeepPg.layer,
    NotifyTargetsPg.layer,
    RetentionPg.layer,
    BlobReferencesPg.layer,
    DeviceStorePg.layer,
    AddressBookPg.layer,
    Turns.layer,
    ThreadMoves.layer,
    layerRecentBlobs().pipe(Layer.provide(blobs(dataFolder)))
  ).pipe(Layer.provideMerge(database.layer(dataFolder)))

/** What is told of all that stands on. Mailboxes are served without blobs, too. */
const backEndHealth = gauges.layerBackEnds.pipe(
  Layer.provide(
    Layer.mergeAll(backEnds.postgres, backEnds.blobs({ isDispensable: true }), backEnds.searchEngine)
  )
)

const identity = (dataFolder: string) =>
  layerIdentityFrom(dataFolder).pipe(Layer.provideMerge(layerPasswordsFromConfig))

const mime = MimeReader.layer()

/** The cluster as its operators see it: here, of one runner. */
const cluster = ClusterLive.layer.pipe(
  Layer.provide(
    Layer.mergeAll(ShardMapSingle.layer, ShardReports.layerMemory, RebalancesPg.layer, Quarantine.layer)
  )
)

/** Mailbox actors and the one door to them. */
const core = Layer.mergeAll(
  CoreLive.layer,
  QueuesLive.layer,
  AdminLive.layer,
  UpkeepLive.layer,
  IndexesLive.layer,
  DevicesLive.layer,
  SyncLive.layer,
  PeopleLive.layer,
  cluster
).pipe(
  Layer.provideMerge(GuardLive.layer),
  Layer.provide(Layer.mergeAll(RouterLocal.layer, mime, IntakeLive.layer)),
  Layer.provide(Ownership.layerSingle)
)

/** Makes mail findable. */
const indexer = indexWorker.layer.pipe(Layer.provide(tracedStreams.layer("index")))

/** Tells who wants to know that a mailbox changed. */
const notifier = notify.layer.pipe(Layer.provide(Layer.merge(layerWebhook, tracedStreams.layer("notify"))))

/** Removes what has become too old. */
const janitor = Layer.mergeAll(retention.layer, schedule.layer, turnGauges.layer)

/** Compares blobs and rows. */
const reconciler = Layer.mergeAll(reconcile.layer, turnGauges.layer)

const workers = Layer.mergeAll(
  ingest.layer,
  indexer,
  notifier,
  janitor.pipe(Layer.provide(Expunger.layer)),
  reconciler,
  relay.layer,
  gauges.layerQueues,
  gauges.layerLedger
).pipe(Layer.provide(mime))

/** Where `npm run build` leaves the pages, seen from here as from dist/. */
const builtPages = fileURLToPath(new URL("../dist/web", import.meta.url))

/** The edges. Built last, so that nobody is let in before what stands behind works. */
const edges = Layer.unwrapEffect(
  Effect.gen(function* () {
    const { host, ...ports } = yield* ListenConfig
    const tls = yield* TlsCertificate
    const rpc = yield* RpcHandler
    const phones = yield* activesync.ActiveSyncServer
    const discovery = yield* autodiscover.Autodiscover
    const pages = yield* Pages
    return Layer.mergeAll(
      HttpServer.layer({
        host,
        httpPort: ports.http,
        httpsPort: ports.https,
        tls,
        mounts: [phones.handle, discovery.handle, rpc.handle, pages.handle],
        stopping: phones.stop
      }),
      grpc.layer({ host, port: ports.grpc }),
      SmtpServer.layer({
        listeners: [
          { protocol: "smtp", tls: "starttls", host, port: ports.smtp },
          { protocol: "lmtp", tls: "starttls", host, port: ports.lmtp }
        ]
      })
    )
  })
).pipe(
  Layer.provideMerge(RpcHandlerLive.layer),
  Layer.provide(
    Layer.mergeAll(
      activesync.layer.pipe(Layer.provide(commandTable.layer), Layer.provide(mime)),
      autodiscover.layer,
      Pages.layer(builtPages)
    )
  ),
  Layer.provide(Layer.merge(IntakeLive.layer, SmtpConfig.layerConfig))
)

const DemoConfig = Config.all({
  isOff: setting({
    name: "POSTROOM_NO_DEMO",
    type: boolean,
    default: false,
    meaning: "Makes no demo tenant."
  }),
  password: Config.option(
    setting({
      name: "POSTROOM_DEMO_PASSWORD",
      type: secret,
      meaning: "Password of the demo users instead of a random one."
    })
  )
})

/** The demo tenant. It is there before the first connection is let in. */
export class Demo extends Context.Tag("postroom/Demo")<
  Demo,
  {
    /** Null where it was shown before, or there is no demo tenant. */
    readonly newPassword: Redacted.Redacted | null
  }
>() {
  static readonly layer = (dataFolder: string) =>
    Layer.effect(
      Demo,
      Effect.gen(function* () {
        const { isOff, password } = yield* DemoConfig
        if (isOff) return { newPassword: null }
        const demo = yield* seedDemo({ dataFolder, password: Option.getOrNull(password) })
        return { newPassword: demo.isNew ? demo.password : null }
      })
    )
}

/** Role `all`: the whole platform in one process. */
export const all = (dataFolder: string) =>
  edges.pipe(
    Layer.provideMerge(core),
    Layer.merge(workers.pipe(Layer.provide(core))),
    Layer.merge(backEndHealth),
    Layer.provideMerge(Demo.layer(dataFolder)),
    Layer.provideMerge(identity(dataFolder)),
    Layer.provideMerge(storage(dataFolder)),
    Layer.provideMerge(Tls.layerConfig({ directory: join(dataFolder, "tls"), names: [] })),
    Layer.provideMerge(Health.layer)
  )

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
const workersOf = (roles: ReadonlyArray<WorkerRoleName>, dataFolder: string) => {
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
const operations = Layer.unwrapEffect(
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

/** Reads off the built servers where they listen. */
export const listening = Effect.gen(function* () {
  const { host } = yield* ListenConfig
  const http = yield* HttpServer
  const { port } = yield* grpc.GrpcServer
  const { listeners } = yield* SmtpServer
  const portOf = (protocol: "smtp" | "lmtp") =>
    listeners.find((listener) => listener.protocol === protocol)?.port ?? 0
  return {
    host,
    http: http.httpPort,
    https: http.httpsPort,
    grpc: port,
    smtp: portOf("smtp"),
    lmtp: portOf("lmtp")
  } satisfies Listening
})
