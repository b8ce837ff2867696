import { createHmac, randomBytes } from "node:crypto"
import { Clock, Deferred, Duration, Effect, Either, Exit, Redacted, type Scope } from "effect"
import { canonicalAddress, parseAddress } from "../domain/EmailAddress.ts"
import { LimitExceeded, Unauthenticated } from "../domain/errors.ts"
import { Credentials } from "../storage/directory/Credentials.ts"
import type { User } from "../storage/directory/Directory.ts"
import { makeExpiringMap } from "../storage/directory/ExpiringMap.ts"
import { RateLimits } from "../storage/limits/RateLimits.ts"
import type { Caller, Identity, SignInError } from "./Identity.ts"
import { networkOfCaller } from "./network.ts"
import { Passwords } from "./Passwords.ts"
import type { UserPrincipal } from "./Principal.ts"
import { makeThrottle, type ThrottleOptions } from "./throttle.ts"

export interface PasswordSignInOptions {
  /** A success forgets the account's failures. */
  readonly perAccount: ThrottleOptions
  /** A success takes nothing back, or whoever owns one account could guess at the others for ever. */
  readonly perNetwork: ThrottleOptions
  /**
   * How long a password that was right need not be hashed again from the same network. Bounds how late another process
   * sees that a user was disabled or has a new password.
   */
  readonly rememberFor: Duration.DurationInput
  readonly rememberCapacity: number
}

export const defaultPasswordSignInOptions: PasswordSignInOptions = {
  perAccount: {
    freeFailures: 5,
    firstDelay: "1 second",
    maxDelay: "5 minutes",
    forgetAfter: "15 minutes"
  },
  perNetwork: {
    freeFailures: 20,
    firstDelay: "1 second",
    maxDelay: "5 minutes",
    forgetAfter: "15 minutes"
  },
  rememberFor: "1 minute",
  rememberCapacity: 50_000
}

export const principalOf = (user: User): UserPrincipal => ({
  _tag: "User",
  mailboxId: user.id,
  tenantId: user.tenantId,
  address: user.email,
  roles: user.roles
})

const tooMany = ({ freeFailures }: ThrottleOptions) => new LimitExceeded({ limit: "rate", max: freeFailures })

interface Attempt {
  /** Canonical address; null = what was given is none. */
  readonly account: string | null
  readonly password: Redacted.Redacted
  readonly network: string | null
  /** Account and network. */
  readonly place: string
  /** Names account, password and network to this process alone. */
  readonly key: string
}

/** Who was right lately, at one account and from one network. */
interface Remembered {
  readonly key: string
  readonly principal: UserPrincipal
  readonly endsAt: number
  /** Other passwords that were tried meanwhile. */
  readonly guesses: number
}

/** `unknown`: it could not be found out, which is nobody's failure. */
type Outcome = "right" | "wrong" | "unknown"

const outcomeOf = (result: Exit.Exit<UserPrincipal, SignInError>): Outcome => {
  if (Exit.isSuccess(result)) return "right"
  return result.cause._tag === "Fail" && result.cause.error._tag === "Unauthenticated" ? "wrong" : "unknown"
}

/** `byPassword`, and how to forget who was right lately. */
export interface PasswordSignIn {
  readonly byPassword: Identity["Type"]["byPassword"]
  readonly forget: () => void
}

export const makePasswordSignIn = (
  options: PasswordSignInOptions
): Effect.Effect<PasswordSignIn, never, Credentials | Passwords | RateLimits | Scope.Scope> =>
  Effect.gen(function* () {
    const credentials = yield* Credentials
    const passwords = yield* Passwords
    const scope = yield* Effect.scope
    const processKey = randomBytes(32)
    const remembered = makeExpiringMap<Remembered>(options.rememberCapacity)
    const rememberMillis = Duration.toMillis(options.rememberFor)
    const limits = yield* RateLimits
    const perAccount = makeThrottle(limits, { route: "account", ...options.perAccount })
    const perNetwork = makeThrottle(limits, { route: "password", ...options.perNetwork })
    const inFlight = new Map<string, Deferred.Deferred<UserPrincipal, SignInError>>()
    // Part of every key: what was verified before a change, or is being verified, says nothing after it.
    let generation = 0

    const read = (address: string, password: Redacted.Redacted, caller: Caller): Attempt => {
      const account = Either.getOrNull(Either.map(parseAddress(address), canonicalAddress))
      const network = networkOfCaller(caller)
      const place = JSON.stringify([account ?? address, network])
      const whole = JSON.stringify([generation, place, Redacted.value(password)])
      const key = createHmac("sha256", processKey).update(whole).digest("base64")
      return { account, password, network, place, key }
    }

    const remember = ({ place, key }: Attempt, principal: UserPrincipal, now: number) => {
      const endsAt = now + rememberMillis
      remembered.set(place, { key, principal, endsAt, guesses: 0 }, endsAt)
    }

    /** Who this is, where it was found out lately. While the account must wait, nobody else counts guesses at that. */
    const recall = ({ place, key }: Attempt, now: number): UserPrincipal | undefined => {
      const found = remembered.get(place, now)
      if (found === undefined || found.key === key) return found?.principal
      if (found.guesses >= options.perAccount.freeFailures) remembered.remove(place)
      else remembered.set(place, { ...found, guesses: found.guesses + 1 }, found.endsAt)
      return undefined
    }

    /** Exactly one argon2 on every way through. */
    const check = ({ account, password }: Attempt) =>
      Effect.gen(function* () {
        const found = account === null ? null : yield* credentials.byAddress(account)
        const isRight = yield* passwords.verify(found?.passwordHash ?? null, password)
        if (!isRight || found === null || found.user.status !== "active") return yield* new Unauthenticated()
        return principalOf(found.user)
      })

    /** Counts the attempt as failed until it is settled, or fails with what it is refused with. */
    const admit = ({ account, network }: Attempt) =>
      Effect.gen(function* () {
        if (!(yield* perNetwork.begin(network))) return yield* tooMany(options.perNetwork)
        if (yield* perAccount.begin(account)) return
        yield* perNetwork.undo(network)
        return yield* tooMany(options.perAccount)
      })

    const settle = ({ account, network }: Attempt, outcome: Outcome): Effect.Effect<void> =>
      outcome === "wrong"
        ? Effect.void
        : Effect.zipRight(
            perNetwork.undo(network),
            outcome === "right" ? perAccount.reset(account) : perAccount.undo(account)
          )

    const verify = (attempt: Attempt) =>
      Effect.gen(function* () {
        yield* admit(attempt)
        const result = yield* Effect.exit(check(attempt))
        yield* settle(attempt, outcomeOf(result))
        if (Exit.isSuccess(result)) {
          remember(attempt, result.value, yield* Clock.currentTimeMillis)
        }
        return yield* result
      })

    /**
     * The connections that a client opens at once with one password share one hash. It is computed beside the callers,
     * so that one who leaves takes it from nobody, and cannot undo a failure by leaving.
     */
    const shared = (attempt: Attempt) =>
      Effect.uninterruptibleMask((restore) =>
        Effect.gen(function* () {
          const mine = yield* Deferred.make<UserPrincipal, SignInError>()
          const running = inFlight.get(attempt.key)
          if (running !== undefined) return yield* restore(Deferred.await(running))
          inFlight.set(attempt.key, mine)
          yield* Effect.interruptible(verify(attempt)).pipe(
            Effect.intoDeferred(mine),
            Effect.ensuring(Effect.sync(() => inFlight.delete(attempt.key))),
            Effect.forkIn(scope)
          )
          return yield* restore(Deferred.await(mine))
        })
      )

    return {
      byPassword: (address, password, caller) =>
        Effect.gen(function* () {
          const attempt = read(address, password, caller)
          const now = yield* Clock.currentTimeMillis
          if (perNetwork.mustWait(attempt.network, now)) return yield* tooMany(options.perNetwork)
          // Before the account's own delay: a phone that signed in keeps working while somebody elsewhere guesses.
          const known = recall(attempt, now)
          if (known !== undefined) return known
          return yield* shared(attempt)
        }),
      forget: () => {
        generation += 1
        remembered.clear()
      }
    }
  })
