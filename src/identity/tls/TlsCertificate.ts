import { createPrivateKey, X509Certificate } from "node:crypto"
import { FileSystem, Path } from "@effect/platform"
import { Clock, Config, Context, DateTime, Duration, Effect, Layer, Option, Schema } from "effect"
import { generate } from "selfsigned"

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

/** Certificate and key from files that somebody else looks after. */
export const layerFiles = (files: {
  readonly key: string
  readonly cert: string
}): Layer.Layer<TlsCertificate, TlsUnavailable, FileSystem.FileSystem> =>
  Layer.effect(
    TlsCertificate,
    Effect.map(readPair(files), (pair) => ({ ...pair, isSelfSigned: false }))
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
      return { ...pair, isSelfSigned: true }
    })
  )

/** `POSTROOM_TLS_KEY` and `POSTROOM_TLS_CERT` name files; without them a self-signed pair is kept in the directory. */
export const layerConfig = (options: SelfSignedOptions) =>
  Layer.unwrapEffect(
    Effect.map(
      Config.all({
        key: Config.string("POSTROOM_TLS_KEY").pipe(
          Config.withDescription("PEM file of the TLS private key")
        ),
        cert: Config.string("POSTROOM_TLS_CERT").pipe(
          Config.withDescription("PEM file of the TLS certificate chain")
        )
      }).pipe(Config.option),
      Option.match({ onNone: () => layerSelfSigned(options), onSome: layerFiles })
    )
  )

interface Pair {
  readonly key: string
  readonly cert: string
}

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
