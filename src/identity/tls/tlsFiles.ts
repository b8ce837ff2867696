import { createPrivateKey, X509Certificate } from "node:crypto"
import { FileSystem } from "@effect/platform"
import { type ConfigError, Effect, Schema, type Scope } from "effect"
import { secretsInterval } from "../../settings/Secrets.ts"

/** No certificate can be had: a file is missing, unreadable, or key and certificate do not belong together. */
export class TlsUnavailable extends Schema.TaggedError<TlsUnavailable>()("TlsUnavailable", {
  message: Schema.String,
  cause: Schema.optional(Schema.Defect)
}) {}

export const unavailable = (message: string) => (cause: unknown) => new TlsUnavailable({ message, cause })

/** A private key and its certificate. */
export interface Pair {
  readonly key: string
  readonly cert: string
}

export const readPair = (files: Pair): Effect.Effect<Pair, TlsUnavailable, FileSystem.FileSystem> =>
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

/** What somebody else may replace while we run. */
export interface Rotating<A> {
  readonly current: () => A
  /** Gives a newer one to a listener, until the scope ends. */
  readonly onRotation: (use: (value: A) => void) => Effect.Effect<void, never, Scope.Scope>
}

/**
 * Looked at again and again. What cannot be read or does not fit is being replaced, or a mistake: the one before stays.
 * `what` is its name in the log.
 */
export const rotating = <A extends Readonly<Record<keyof A, string>>, R>(
  what: string,
  read: Effect.Effect<A, TlsUnavailable, R>
): Effect.Effect<Rotating<A>, TlsUnavailable | ConfigError.ConfigError, R | Scope.Scope> =>
  Effect.gen(function* () {
    let known = yield* read
    const listeners = new Set<(value: A) => void>()
    let isTold = false
    const look = Effect.gen(function* () {
      const found = yield* read
      if (JSON.stringify(found) === JSON.stringify(known)) {
        isTold = false
        return
      }
      yield* Effect.try({
        try: () => listeners.forEach((use) => void use(found)),
        catch: unavailable("TLS refuses the key or certificate.")
      })
      known = found
      isTold = false
      yield* Effect.logInfo(`rotated: the ${what}; new connections see it`)
    }).pipe(
      Effect.catchAll(({ message }) => {
        if (isTold) return Effect.void
        isTold = true
        return Effect.logWarning(`the ${what} stays as it was: ${message}`)
      })
    )
    yield* Effect.forkScoped(Effect.forever(Effect.delay(look, yield* secretsInterval)))
    return {
      current: () => known,
      onRotation: (use) =>
        Effect.acquireRelease(
          Effect.sync(() => listeners.add(use)),
          () => Effect.sync(() => listeners.delete(use))
        )
    }
  })
