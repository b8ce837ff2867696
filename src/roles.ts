import { join } from "node:path"
import { Effect, Layer } from "effect"
import * as RouterLocal from "./actors/mailbox/RouterLocal.ts"
import { Ownership } from "./actors/sharding/Ownership.ts"
import { publishCosts, ShardCosts } from "./actors/sharding/ShardCosts.ts"
import * as ShardMapSingle from "./actors/sharding/ShardMapSingle.ts"
import { singleRunner } from "./actors/sharding/ShardMapSingle.ts"
import * as Tls from "./identity/tls/TlsCertificate.ts"
import { Health } from "./observability/health.ts"
import { ListenConfig } from "./ports.ts"
import { HttpServer } from "./protocols/http/HttpServer.ts"
import { SmtpServer } from "./protocols/smtp/SmtpServer.ts"
import { core } from "./roles/core.ts"
import { Demo } from "./roles/demo.ts"
import { edges } from "./roles/edges.ts"
import { backEndHealth, identity, storage } from "./roles/foundation.ts"
import { workers } from "./roles/workers.ts"
import * as grpc from "./rpc/server.ts"
import { ShardReports } from "./storage/cluster/ShardReports.ts"
import * as StreamsPg from "./storage/streams/StreamsPg.ts"

/** Where the process listens once it is up. */
export interface Listening {
  readonly host: string
  readonly http: number
  readonly https: number
  readonly grpc: number
  readonly smtp: number
  readonly lmtp: number
}

/** Mailbox actors of the only process that has any. */
const ownCore = Layer.merge(core, Layer.scopedDiscard(publishCosts(singleRunner))).pipe(
  Layer.provide(Layer.mergeAll(RouterLocal.layer, ShardMapSingle.layer, ShardReports.layerMemory)),
  Layer.provide(Layer.merge(Ownership.layerSingle, ShardCosts.layer))
)

/** Role `all`: the whole platform in one process. */
export const all = (dataFolder: string) =>
  edges.pipe(
    Layer.provideMerge(ownCore),
    Layer.merge(workers.pipe(Layer.provide(ownCore))),
    Layer.merge(backEndHealth),
    Layer.provideMerge(Demo.layer(dataFolder)),
    Layer.provideMerge(identity(dataFolder)),
    Layer.provideMerge(storage(dataFolder, StreamsPg.layerSingle())),
    Layer.provideMerge(Tls.layerConfig({ directory: join(dataFolder, "tls"), names: [] })),
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
