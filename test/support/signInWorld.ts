import { ConfigProvider, Context, Effect, Layer, type Scope } from "effect"
import { layerIdentity } from "../../src/identity/IdentityLive.ts"
import { LocalIssuer } from "../../src/identity/issuer/LocalIssuer.ts"
import { layerPasswords } from "../../src/identity/Passwords.ts"
import { RelyingParty } from "../../src/identity/relyingParty/RelyingParty.ts"
import * as SessionsLive from "../../src/identity/SessionsLive.ts"
import { Health } from "../../src/observability/health.ts"
import { HttpServer } from "../../src/protocols/http/HttpServer.ts"
import { paths } from "../../src/protocols/signIn/paths.ts"
import * as signIn from "../../src/protocols/signIn/SignInServer.ts"
import { layerCredentialsPg } from "../../src/storage/directory/CredentialsPg.ts"
import { layerDirectoryPg } from "../../src/storage/directory/DirectoryPg.ts"
import { IssuedStore } from "../../src/storage/directory/IssuedStore.ts"
import * as SessionStorePg from "../../src/storage/directory/SessionStorePg.ts"
import { SignInKeys } from "../../src/storage/directory/SignInKeys.ts"
import { RateLimits } from "../../src/storage/limits/RateLimits.ts"
import { layerTestPostgres } from "./postgres.ts"

/** Hashes that cost nothing. */
const plainArgon2 = {
  hash: (text: string) => Promise.resolve(text),
  verify: (hash: string, text: string) => Promise.resolve(hash === text)
}

/** What several edges share, on a database of their own. A password's hash is the password. */
export const layerSignInStores = Layer.mergeAll(
  layerDirectoryPg(),
  layerCredentialsPg,
  SessionStorePg.layer,
  IssuedStore.layer,
  SignInKeys.layer,
  layerPasswords({}, plainArgon2)
).pipe(Layer.provideMerge(layerTestPostgres))

type Stores = Layer.Layer.Success<typeof layerSignInStores>

/** An edge with the pages of signing in, that shares nothing with another but the stores. Gives its URL. */
export const signInEdge = (
  settings: Readonly<Record<string, string>> = {}
): Effect.Effect<string, never, Stores | Scope.Scope> =>
  Effect.gen(function* () {
    const config = Layer.setConfigProvider(ConfigProvider.fromMap(new Map(Object.entries(settings))))
    const signing = signIn.layer.pipe(
      Layer.provide(RelyingParty.layer),
      Layer.provide(LocalIssuer.layer(paths)),
      Layer.provide(SessionsLive.layer),
      Layer.provide(layerIdentity(null)),
      Layer.provide(RateLimits.layerLocal()),
      Layer.provide(config)
    )
    const { handle } = Context.get(yield* Layer.build(Layer.fresh(signing)), signIn.SignInServer)
    const server = HttpServer.layer({
      host: "127.0.0.1",
      httpPort: 0,
      httpsPort: 0,
      tls: null,
      mounts: [handle]
    }).pipe(Layer.provide(Health.layer))
    const { httpPort } = Context.get(yield* Layer.build(Layer.fresh(server)), HttpServer)
    return `http://127.0.0.1:${httpPort}`
  }).pipe(Effect.orDie)
