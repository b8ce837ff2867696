import { Clock, Effect, Either, Layer, Redacted } from "effect"
import { canonicalAddress, parseAddress } from "../domain/EmailAddress.ts"
import { InvalidRequest, LimitExceeded, Unauthenticated } from "../domain/errors.ts"
import { Credentials } from "../storage/directory/Credentials.ts"
import type { RateLimits } from "../storage/limits/RateLimits.ts"
import { readAuthorization } from "./authorization.ts"
import { Identity } from "./Identity.ts"
import { Passwords } from "./Passwords.ts"
import type { UserPrincipal } from "./Principal.ts"
import {
  defaultPasswordSignInOptions,
  makePasswordSignIn,
  type PasswordSignInOptions
} from "./passwordSignIn.ts"
import { operatorToken, retentionToken } from "./platformTokens.ts"
import {
  defaultTokenSignInOptions,
  makeTokenSignIn,
  type PlatformToken,
  type TokenSignInOptions
} from "./tokenSignIn.ts"
import { isTokenShaped, newToken, tokenHash } from "./tokens.ts"

export interface IdentityOptions {
  readonly password: PasswordSignInOptions
  readonly token: TokenSignInOptions
  /** Tokens that one user may have. */
  readonly maxTokens: number
  /** Of the platform's own parts in other processes, by the name that each has. */
  readonly serviceTokens: Readonly<Record<string, Redacted.Redacted>>
}

export const defaultIdentityOptions: IdentityOptions = {
  password: defaultPasswordSignInOptions,
  token: defaultTokenSignInOptions,
  maxTokens: 100,
  serviceTokens: {}
}

const make = (operator: Redacted.Redacted | null, options: IdentityOptions) =>
  Effect.gen(function* () {
    const credentials = yield* Credentials
    const passwords = yield* Passwords
    const { byPassword, forget: forgetPasswords } = yield* makePasswordSignIn(options.password)
    const { byToken, forget: forgetTokens } = yield* makeTokenSignIn(
      platformTokens(operator, options.serviceTokens),
      options.token
    )
    const forget = Effect.sync(() => {
      forgetPasswords()
      forgetTokens()
    })

    const validLabel = (label: string) =>
      label.length <= 100 && !/[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]/u.test(label)
        ? Effect.succeed(label)
        : new InvalidRequest({ message: "A label has up to 100 characters on one line." })

    /** A token in place of the password, for what asks for nothing else: phones. It must be the address's own. */
    const byAppPassword: Identity["Type"]["byPassword"] = (address, token, caller) =>
      Effect.filterOrFail(
        byToken(token, caller),
        (principal): principal is UserPrincipal =>
          principal._tag === "User" &&
          Either.getOrNull(Either.map(parseAddress(address), canonicalAddress)) === principal.address,
        () => new Unauthenticated()
      )

    const byBasic: Identity["Type"]["byPassword"] = (address, secret, caller) =>
      (isTokenShaped(Redacted.value(secret)) ? byAppPassword : byPassword)(address, secret, caller)

    return Identity.of({
      byPassword,
      byToken,
      fromHeaders: ({ authorization }, caller) =>
        Effect.gen(function* () {
          const read = authorization === undefined ? null : readAuthorization(authorization)
          if (read === null) return yield* new Unauthenticated()
          if (read._tag === "Bearer") return yield* byToken(read.token, caller)
          return yield* byBasic(read.username, read.password, caller)
        }),
      createToken: ({ userId, label: text, expiresAt }) =>
        Effect.gen(function* () {
          const label = yield* validLabel(text)
          if (expiresAt !== null && expiresAt <= (yield* Clock.currentTimeMillis)) {
            return yield* new InvalidRequest({ message: "The token would have expired already." })
          }
          const held = yield* credentials.tokens(userId, { after: null, limit: options.maxTokens })
          if (held.length >= options.maxTokens) {
            return yield* new LimitExceeded({ limit: "batch", max: options.maxTokens })
          }
          const secret = newToken()
          const token = yield* credentials.createToken({ userId, label, hash: tokenHash(secret), expiresAt })
          return { token, secret }
        }),
      tokens: credentials.tokens,
      revokeToken: (userId, tokenId) => Effect.ensuring(credentials.revokeToken(userId, tokenId), forget),
      setPassword: (userId, password) =>
        Effect.gen(function* () {
          const hash = yield* passwords.hash(password)
          yield* Effect.ensuring(credentials.setPassword(userId, hash), forget)
        }),
      forget
    })
  })

const platformTokens = (
  operator: Redacted.Redacted | null,
  services: IdentityOptions["serviceTokens"]
): ReadonlyArray<PlatformToken> => [
  ...(operator === null ? [] : [{ token: operator, principal: { _tag: "Operator" } } as const]),
  ...Object.entries(services).map(
    ([name, token]) => ({ token, principal: { _tag: "Service", name } }) as const
  )
]

/** With the operator's token as given; null = nobody is the operator. */
export const layerIdentity = (
  operator: Redacted.Redacted | null,
  options: Partial<IdentityOptions> = {}
): Layer.Layer<Identity, never, Credentials | Passwords | RateLimits> =>
  Layer.scoped(Identity, make(operator, { ...defaultIdentityOptions, ...options }))

/** With the platform's own tokens from the configuration or the data folder. */
export const layerIdentityFrom = (dataFolder: string, options: Partial<IdentityOptions> = {}) =>
  Layer.unwrapEffect(
    Effect.gen(function* () {
      const serviceTokens = { "worker-retention": yield* retentionToken(dataFolder) }
      return layerIdentity(yield* operatorToken(dataFolder), { serviceTokens, ...options })
    })
  )
