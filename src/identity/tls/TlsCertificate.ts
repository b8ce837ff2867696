import { createPrivateKey, X509Certificate } from "node:crypto"
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
  Schema,
  type Scope
} from "effect"
import { generate } from "selfsigned"
import { secretsInterval } from "../../settings/Secrets.ts"
import { setting } from "../../settings/setting.ts"
import { text } from "../../settings/types.ts"

/** No certificate can be had: a file is missing, unreadable, or key and certificate do not belong together. */
export class TlsUnavailable extends Schema.TaggedError<TlsUnavailable>()("TlsUnavailable", {
  message: Schema.String,
  cause: Schema.optional(Schema.Defect)
}) {}

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

/** A private key and its certificate. */
interface Pair {
  readonly key: string
  readonly cert: string
}

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
      const first = yield* readPair(files)
      const listeners = new Set<(pair: Pair) => void>()
      yield* Effect.forkScoped(watch({ files, listeners, known: first, interval: yield* secretsInterval }))
      return {
        ...first,
        isSelfSigned: false,
        onRotation: (use) =>
          Effect.acquireRelease(
            Effect.sync(() => listeners.add(use)),
            () => Effect.sync(() => listeners.delete(use))
          )
      }
    })
  )

interface Watched {
  readonly files: Pair
  readonly listeners: ReadonlySet<(pair: Pair) => void>
  readonly interval: Duration.Duration
  known: Pair
}

/** A pair that cannot be read or does not fit is one that is being replaced, or a mistake: the one before stays. */
const watch = (watched: Watched) => {
  let isTold = false
  const look = Effect.gen(function* () {
    const pair = yield* readPair(watched.files)
    if (pair.key === watched.known.key && pair.cert === watched.known.cert) {
      isTold = false
      return
    }
    yield* Effect.try({
      try: () => watched.listeners.forEach((use) => void use(pair)),
      catch: unavailable("TLS refuses the key or certificate.")
    })
    watched.known = pair
    isTold = false
    yield* Effect.logInfo("rotated: the TLS certificate; new connections see it")
  }).pipe(
    Effect.catchAll(({ message }) => {
      if (isTold) return Effect.void
      isTold = true
      return Effect.logWarning(`the TLS certificate stays as it was: ${message}`)
    })
  )
  return Effect.forever(Effect.delay(look, watched.interval))
}

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

const unavailable = (message: string) => (cause: unknown) => new TlsUnavailable({ message, cause })

const readPair = (files: Pair): Effect.Effect<Pair, TlsUnavailable, FileSystem.FileSystem> =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const pair = yield* Effect.all({
      key: fs.readFileString(files.key),
      cert: fs.readFileString(files.cert)
    }).pipe(Effect.mapError(unavailable("The TLS key or certificate cannot be read.")))
    const matches = yield* Effect.try({
      try: () => new X509Certificate(pair.cert).checkPrivateKey(createPrivateKey(pair.key)),
      catch: unavailable("The TLS key or certificate is not PEM.")
    })
    if (!matches)
      return yield* new TlsUnavailable({ message: "The TLS key does not belong to the certificate." })
    return pair
  })

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
