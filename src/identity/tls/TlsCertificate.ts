import { X509Certificate } from "node:crypto"
import { FileSystem, Path } from "@effect/platform"
import {
  Clock,
  Config,
  ConfigError,
  Context,
  DateTime,
  Duration,
  Effect,
  Either,
  Layer,
  Option,
  type Scope
} from "effect"
import { generate } from "selfsigned"
import { setting } from "../../settings/setting.ts"
import { text } from "../../settings/types.ts"
import { type Pair, readPair, rotating, type TlsUnavailable, unavailable } from "./tlsFiles.ts"

/** What the TLS listeners of every protocol show. */
export class TlsCertificate extends Context.Tag("postroom/identity/TlsCertificate")<
  TlsCertificate,
  {
    /** PEM. */
    readonly key: string
    /** PEM, the chain from the server's own certificate on. */
    readonly cert: string
    readonly isSelfSigned: boolean
    /** Gives a newer pair to a listener, until the scope ends. */
    readonly onRotation: (use: (pair: Pair) => void) => Effect.Effect<void, never, Scope.Scope>
  }
>() {}

export interface SelfSignedOptions {
  /** Kept here as `key.pem` (owner only) and `cert.pem`. */
  readonly directory: string
  /** DNS names for subjectAltName beside `localhost` and the loopback addresses. */
  readonly names: ReadonlyArray<string>
}

const validFor = Duration.days(3650)
const renewBefore = Duration.days(30)

/** Certificate and key from files that somebody else looks after: looked at again and again. */
export const layerFiles = (
  files: Pair
): Layer.Layer<TlsCertificate, TlsUnavailable | ConfigError.ConfigError, FileSystem.FileSystem> =>
  Layer.scoped(
    TlsCertificate,
    Effect.gen(function* () {
      const { current, onRotation } = yield* rotating("TLS certificate", readPair(files))
      return { ...current(), isSelfSigned: false, onRotation }
    })
  )

/** Made at first start, kept, and made anew when it is about to end or names are missing. */
export const layerSelfSigned = (
  options: SelfSignedOptions
): Layer.Layer<TlsCertificate, TlsUnavailable, FileSystem.FileSystem | Path.Path> =>
  Layer.effect(
    TlsCertificate,
    Effect.gen(function* () {
      const path = yield* Path.Path
      const files = {
        key: path.join(options.directory, "key.pem"),
        cert: path.join(options.directory, "cert.pem")
      }
      const now = yield* Clock.currentTimeMillis
      const kept = Option.filter(yield* Effect.option(readPair(files)), ({ cert }) =>
        isGood(cert, options.names, now)
      )
      const pair = Option.isSome(kept) ? kept.value : yield* makePair(options, { files, now })
      return { ...pair, isSelfSigned: true, onRotation: () => Effect.void }
    })
  )

const TlsConfig = Config.all({
  key: Config.option(
    setting({
      name: "POSTROOM_TLS_KEY",
      type: text,
      meaning:
        "PEM file of the private key of the TLS listeners; without it they show a certificate of our own."
    })
  ),
  cert: Config.option(
    setting({
      name: "POSTROOM_TLS_CERT",
      type: text,
      meaning:
        "PEM file of the certificate, and of those that vouch for it. Both files may be replaced while we run."
    })
  )
}).pipe(
  Config.mapOrFail(({ key, cert }) =>
    Option.isSome(key) === Option.isSome(cert)
      ? Either.right(Option.all({ key, cert }))
      : Either.left(
          ConfigError.InvalidData(
            ["POSTROOM_TLS_CERT"],
            "and POSTROOM_TLS_KEY are set together or not at all"
          )
        )
  )
)

/** `POSTROOM_TLS_KEY` and `POSTROOM_TLS_CERT` name files; without them a self-signed pair is kept in the directory. */
export const layerConfig = (options: SelfSignedOptions) =>
  Layer.unwrapEffect(
    Effect.map(TlsConfig, Option.match({ onNone: () => layerSelfSigned(options), onSome: layerFiles }))
  )

const isGood = (cert: string, names: ReadonlyArray<string>, now: number): boolean => {
  const certificate = new X509Certificate(cert)
  const endsAt = Date.parse(certificate.validTo)
  return (
    endsAt - now > Duration.toMillis(renewBefore) &&
    names.every((name) => certificate.checkHost(name) !== undefined)
  )
}

const makePair = (
  { directory, names }: SelfSignedOptions,
  { files, now }: { readonly files: Pair; readonly now: number }
): Effect.Effect<Pair, TlsUnavailable, FileSystem.FileSystem> =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const dnsNames = [...new Set(["localhost", ...names])]
    const made = yield* Effect.tryPromise({
      try: () =>
        generate([{ name: "commonName", value: dnsNames.at(-1) ?? "localhost" }], {
          keyType: "ec",
          curve: "P-256",
          algorithm: "sha256",
          notBeforeDate: DateTime.toDateUtc(DateTime.unsafeMake(now - Duration.toMillis("1 hour"))),
          notAfterDate: DateTime.toDateUtc(DateTime.unsafeMake(now + Duration.toMillis(validFor))),
          extensions: [
            { name: "basicConstraints", cA: false, critical: true },
            { name: "keyUsage", digitalSignature: true, critical: true },
            { name: "extKeyUsage", serverAuth: true },
            {
              name: "subjectAltName",
              altNames: [
                ...dnsNames.map((value) => ({ type: 2, value }) as const),
                { type: 7, ip: "127.0.0.1" },
                { type: 7, ip: "::1" }
              ]
            }
          ]
        }),
      catch: unavailable("No self-signed certificate could be made.")
    })
    const pair = { key: made.private, cert: made.cert }
    yield* fs.makeDirectory(directory, { recursive: true, mode: 0o700 }).pipe(
      // The certificate goes last: half a pair does not match and is made anew.
      Effect.zipRight(fs.writeFileString(files.key, pair.key, { mode: 0o600 })),
      Effect.zipRight(fs.writeFileString(files.cert, pair.cert, { mode: 0o644 })),
      Effect.mapError(unavailable("The self-signed certificate cannot be kept."))
    )
    return pair
  })
