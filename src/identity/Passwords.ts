import * as argon2 from "@node-rs/argon2"
import { Config, type ConfigError, Context, Effect, Layer, Redacted } from "effect"
import { Busy, InvalidRequest } from "../domain/errors.ts"
import { setting } from "../settings/setting.ts"
import { atLeast, bytes, integer } from "../settings/types.ts"

export interface PasswordOptions {
  /** KiB of memory per hash. */
  readonly memoryKiB: number
  readonly passes: number
  /** Hashes computed at the same time: each takes `memoryKiB` and a thread. */
  readonly concurrency: number
  /** Callers that may wait for their turn; more are told `Busy`. */
  readonly maxWaiting: number
  /** Octets in UTF-8 that a password may have. */
  readonly maxPasswordBytes: number
}

/** argon2id at the least that the OWASP Password Storage Cheat Sheet asks for (19 MiB, 2 passes, 1 lane). */
export const defaultPasswordOptions: PasswordOptions = {
  memoryKiB: 19_456,
  passes: 2,
  concurrency: 2,
  maxWaiting: 256,
  maxPasswordBytes: 1_024
}

/** `POSTROOM_ARGON2_*`: stronger than the defaults, never weaker. */
export const passwordOptionsConfig: Config.Config<PasswordOptions> = Config.all({
  memoryKiB: setting({
    name: "POSTROOM_ARGON2_MEMORY_KIB",
    type: integer,
    default: defaultPasswordOptions.memoryKiB,
    meaning: "KiB of memory for one hash of a password.",
    check: atLeast(19_456)
  }),
  passes: setting({
    name: "POSTROOM_ARGON2_PASSES",
    type: integer,
    default: defaultPasswordOptions.passes,
    meaning: "Passes over that memory.",
    check: atLeast(2)
  }),
  concurrency: setting({
    name: "POSTROOM_ARGON2_CONCURRENCY",
    type: integer,
    default: defaultPasswordOptions.concurrency,
    meaning: "Hashes computed at a time; each takes its memory and a thread.",
    check: atLeast(1)
  }),
  maxWaiting: setting({
    name: "POSTROOM_ARGON2_MAX_WAITING",
    type: integer,
    default: defaultPasswordOptions.maxWaiting,
    meaning: "Callers that may wait for their turn; more are told to come back.",
    check: atLeast(1)
  }),
  maxPasswordBytes: setting({
    name: "POSTROOM_PASSWORD_MAX_BYTES",
    type: bytes,
    default: defaultPasswordOptions.maxPasswordBytes,
    meaning: "Octets in UTF-8 that a password may have.",
    check: atLeast(64)
  })
})

/** What computes; another one counts calls in tests. */
export interface Argon2 {
  readonly hash: (password: string, options: PasswordOptions) => Promise<string>
  readonly verify: (hash: string, password: string) => Promise<boolean>
}

const native: Argon2 = {
  hash: (password, { memoryKiB, passes }) =>
    argon2.hash(password, { memoryCost: memoryKiB, timeCost: passes, parallelism: 1 }),
  verify: (hash, password) => argon2.verify(hash, password)
}

/** Hashes passwords, few at once: a flood of sign-ins waits or is told `Busy`, and takes neither all CPU nor all memory. */
export class Passwords extends Context.Tag("postroom/identity/Passwords")<
  Passwords,
  {
    /** An argon2id string with a salt of its own. */
    readonly hash: (password: Redacted.Redacted) => Effect.Effect<string, Busy | InvalidRequest>
    /** Costs the same whatever it is given: with null, or with a password that is too long, it works in vain. */
    readonly verify: (hash: string | null, password: Redacted.Redacted) => Effect.Effect<boolean, Busy>
  }
>() {}

const passwordRule = ({ maxPasswordBytes }: PasswordOptions) =>
  `A password has at least 1 character and at most ${maxPasswordBytes} bytes.`

/** RFC 8265 4.2.1: the same password typed on systems with other ideas of `é` is the same password. */
const normalised = (password: Redacted.Redacted) => Redacted.value(password).normalize("NFC")

const make = (options: PasswordOptions, engine: Argon2) =>
  Effect.gen(function* () {
    const turns = yield* Effect.makeSemaphore(options.concurrency)
    let waiting = 0

    // Not interruptible once begun: the thread works on anyway, and its turn must not be given away before it ends.
    const inTurn = <A>(work: () => Promise<A>): Effect.Effect<A, Busy> =>
      Effect.suspend(() => {
        if (waiting >= options.maxWaiting + options.concurrency) {
          return Effect.fail(new Busy({ retryAfterMillis: 1_000 }))
        }
        waiting += 1
        return turns
          .withPermits(1)(Effect.uninterruptible(Effect.promise(work)))
          .pipe(
            Effect.ensuring(
              Effect.sync(() => {
                waiting -= 1
              })
            )
          )
      })

    const isTooLong = (password: string) => Buffer.byteLength(password) > options.maxPasswordBytes
    const nobodys = yield* Effect.promise(() => engine.hash(crypto.randomUUID(), options))

    return Passwords.of({
      hash: (secret) =>
        Effect.suspend((): Effect.Effect<string, Busy | InvalidRequest> => {
          const password = normalised(secret)
          if (password === "" || isTooLong(password)) {
            return Effect.fail(new InvalidRequest({ message: passwordRule(options) }))
          }
          return inTurn(() => engine.hash(password, options))
        }),
      verify: (hash, secret) =>
        Effect.suspend(() => {
          const password = normalised(secret)
          const usable = hash !== null && !isTooLong(password)
          return Effect.map(
            inTurn(() => engine.verify(usable ? hash : nobodys, usable ? password : "")),
            (isRight) => isRight && usable
          )
        })
    })
  })

export const layerPasswords = (
  options: Partial<PasswordOptions> = {},
  engine: Argon2 = native
): Layer.Layer<Passwords> => Layer.effect(Passwords, make({ ...defaultPasswordOptions, ...options }, engine))

/** With `POSTROOM_ARGON2_*` and `POSTROOM_PASSWORD_MAX_BYTES`. */
export const layerPasswordsFromConfig: Layer.Layer<Passwords, ConfigError.ConfigError> = Layer.unwrapEffect(
  Effect.map(passwordOptionsConfig, (options) => layerPasswords(options))
)
