import { Clock, Duration, Effect, Redacted } from "effect"
import { LimitExceeded, Unauthenticated } from "../domain/errors.ts"
import { Credentials } from "../storage/directory/Credentials.ts"
import { makeExpiringMap } from "../storage/directory/ExpiringMap.ts"
import { RateLimits } from "../storage/limits/RateLimits.ts"
import type { Identity } from "./Identity.ts"
import { networkOfCaller } from "./network.ts"
import type { Principal } from "./Principal.ts"
import { principalOf } from "./passwordSignIn.ts"
import { makeThrottle, type ThrottleOptions } from "./throttle.ts"
import { isSameHash, isTokenShaped, tokenHash } from "./tokens.ts"

export interface TokenSignInOptions {
  /** How long a token need not be looked up again; bounds how late another process sees that it was revoked. */
  readonly rememberFor: Duration.DurationInput
  readonly rememberCapacity: number
  readonly perNetwork: ThrottleOptions
}

export const defaultTokenSignInOptions: TokenSignInOptions = {
  rememberFor: "5 seconds",
  rememberCapacity: 50_000,
  perNetwork: {
    freeFailures: 100,
    firstDelay: "1 second",
    maxDelay: "1 minute",
    forgetAfter: "5 minutes"
  }
}

/** `byToken`, and how to forget what was looked up lately. */
export interface TokenSignIn {
  readonly byToken: Identity["Type"]["byToken"]
  readonly forget: () => void
}

/** A token of the platform's own, above all tenants. */
export interface PlatformToken {
  readonly token: Redacted.Redacted
  readonly principal: Principal
}

export const makeTokenSignIn = (
  platformTokens: ReadonlyArray<PlatformToken>,
  options: TokenSignInOptions
): Effect.Effect<TokenSignIn, never, Credentials | RateLimits> =>
  Effect.gen(function* () {
    const credentials = yield* Credentials
    const platform = platformTokens.map(({ token, principal }) => ({ hash: tokenHash(token), principal }))
    const remembered = makeExpiringMap<Principal>(options.rememberCapacity)
    const rememberMillis = Duration.toMillis(options.rememberFor)
    const perNetwork = makeThrottle(yield* RateLimits, { route: "token", ...options.perNetwork })
    const tooMany = () => new LimitExceeded({ limit: "rate", max: options.perNetwork.freeFailures })
    // What was looked up before a change must not be remembered after it.
    let generation = 0

    const lookUp = (hash: string) =>
      Effect.gen(function* () {
        const askedIn = generation
        const found = yield* credentials.byTokenHash(hash)
        if (found === null || found.user.status !== "active") return null
        const principal = principalOf(found.user)
        const until = (yield* Clock.currentTimeMillis) + rememberMillis
        if (askedIn === generation) {
          remembered.set(hash, principal, Math.min(until, found.token.expiresAt ?? until))
        }
        return principal
      })

    /** Looks for a token that is not remembered; a miss counts against the network that it came from. */
    const find = (hash: string, network: string | null) =>
      Effect.gen(function* () {
        const now = yield* Clock.currentTimeMillis
        if (perNetwork.mustWait(network, now)) return yield* tooMany()
        const principal = yield* lookUp(hash)
        if (principal !== null) return principal
        const isWithin = yield* perNetwork.begin(network)
        return yield* isWithin ? new Unauthenticated() : tooMany()
      })

    const byToken: TokenSignIn["byToken"] = (token, caller) =>
      Effect.gen(function* () {
        const hash = tokenHash(token)
        const own = platform.find((known) => isSameHash(hash, known.hash))
        if (own !== undefined) return own.principal
        const known = remembered.get(hash, yield* Clock.currentTimeMillis)
        if (known !== undefined) return known
        if (!isTokenShaped(Redacted.value(token))) return yield* new Unauthenticated()
        return yield* find(hash, networkOfCaller(caller))
      })

    return {
      byToken,
      forget: () => {
        generation += 1
        remembered.clear()
      }
    }
  })
