import { X509Certificate } from "node:crypto"
import { FileSystem } from "@effect/platform"
import { Config, ConfigError, Context, Effect, Either, Layer, Option } from "effect"
import { setting } from "../../settings/setting.ts"
import { text } from "../../settings/types.ts"
import { type Pair, type Rotating, readPair, rotating, unavailable } from "./tlsFiles.ts"

/** What a process of the deployment shows to the others, and whom it takes for one of them. */
export interface Credentials extends Pair {
  /** PEM. Who shows a certificate that this authority signed is one of us, and nobody else is. */
  readonly ca: string
}

/** How the processes of a deployment know each other; null where they do not have to, on one machine. */
export class MutualTls extends Context.Tag("postroom/identity/MutualTls")<
  MutualTls,
  Rotating<Credentials> | null
>() {}

const file = (name: "KEY" | "CERT" | "CA", what: string) =>
  Config.option(
    setting({
      name: `POSTROOM_REMOTE_TLS_${name}`,
      type: text,
      meaning: `PEM file of ${what} between the processes of a deployment. It may be replaced while we run.`
    })
  )

const MutualTlsConfig = Config.all({
  key: file("KEY", "the private key for calls"),
  cert: file("CERT", "the certificate for calls"),
  ca: file("CA", "the authority whose certificates are let in for calls")
}).pipe(
  Config.mapOrFail((files) => {
    const set = Object.values(files).filter(Option.isSome)
    return set.length === 0 || set.length === 3
      ? Either.right(Option.all(files))
      : Either.left(
          ConfigError.InvalidData(
            ["POSTROOM_REMOTE_TLS_CERT"],
            "POSTROOM_REMOTE_TLS_KEY and POSTROOM_REMOTE_TLS_CA are set together or not at all"
          )
        )
  })
)

export const layer = Layer.scoped(
  MutualTls,
  Effect.flatMap(
    MutualTlsConfig,
    Option.match({
      onNone: () => Effect.succeed(null),
      onSome: (files) => rotating("certificate for calls between processes", read(files))
    })
  )
)

const read = (files: Credentials) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const pair = yield* readPair(files)
    const ca = yield* Effect.mapError(
      fs.readFileString(files.ca),
      unavailable("The authority's certificate cannot be read.")
    )
    yield* Effect.try({
      try: () => new X509Certificate(ca),
      catch: unavailable("The authority's certificate is not PEM.")
    })
    return { ...pair, ca }
  })
