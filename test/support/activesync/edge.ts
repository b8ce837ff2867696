import { ConfigProvider, Context, Effect, Layer, type Scope } from "effect"
import { layerIdentity } from "../../../src/identity/IdentityLive.ts"
import { layerPasswords } from "../../../src/identity/Passwords.ts"
import { newToken } from "../../../src/identity/tokens.ts"
import { Health } from "../../../src/observability/health.ts"
import * as activesync from "../../../src/protocols/activesync/ActiveSyncServer.ts"
import {
  Autodiscover,
  layer as autodiscoverLayer
} from "../../../src/protocols/activesync/autodiscover/Autodiscover.ts"
import { Commands } from "../../../src/protocols/activesync/Commands.ts"
import { HttpServer } from "../../../src/protocols/http/HttpServer.ts"
import { Directory } from "../../../src/storage/directory/Directory.ts"
import { layerDirectoryMemory } from "../../../src/storage/directory/DirectoryMemory.ts"
import { RateLimits } from "../../../src/storage/limits/RateLimits.ts"
import { demoPassword, type Settings } from "../platform.ts"
import { layerEveryDevice } from "./devices.ts"

/** Who may do everything, and has no mail. */
export const operatorToken = newToken()

/** Hashes are the passwords themselves, so that tests are quick. */
const passwords = layerPasswords(
  {},
  { hash: (text) => Promise.resolve(text), verify: (hash, text) => Promise.resolve(hash === text) }
)

const people = Effect.gen(function* () {
  const directory = yield* Directory
  const tenant = yield* directory.createTenant("demo")
  yield* directory.createDomain(tenant.id, "demo.test")
  const named = ["alice", "bob"].map((name) => ({
    email: `${name}@demo.test`,
    displayName: name,
    roles: ["user"] as const,
    quotaBytes: null,
    passwordHash: demoPassword
  }))
  yield* directory.createUsers(named)
})

export interface Edge {
  readonly at: { readonly host: string; readonly http: number }
  /** The documents are the test's own. */
  readonly lints: boolean
}

/** The HTTP face of ActiveSync for alice and bob, with these commands behind it; stops with the scope. */
export const edgeWith = (
  commands: Commands["Type"],
  settings: Settings = {}
): Effect.Effect<Edge, never, Scope.Scope> =>
  Effect.gen(function* () {
    const host = "127.0.0.1"
    const server = Layer.unwrapEffect(
      Effect.zipWith(activesync.ActiveSyncServer, Autodiscover, ({ handle, stop }, discovery) =>
        HttpServer.layer({
          host,
          httpPort: 0,
          httpsPort: 0,
          tls: null,
          mounts: [handle, discovery.handle],
          stopping: stop
        })
      )
    )
    const context = yield* Layer.build(
      server.pipe(
        Layer.provide(Layer.merge(activesync.layer, autodiscoverLayer)),
        Layer.provide(layerEveryDevice),
        Layer.provide(Layer.merge(Layer.succeed(Commands, commands), Layer.effectDiscard(people))),
        Layer.provide(layerIdentity(operatorToken)),
        Layer.provide(
          Layer.mergeAll(layerDirectoryMemory(), passwords, RateLimits.layerLocal(), Health.layer)
        )
      )
    )
    return { lints: false, at: { host, http: Context.get(context, HttpServer).httpPort } }
  }).pipe(Effect.withConfigProvider(ConfigProvider.fromMap(new Map(Object.entries(settings)))), Effect.orDie)
