import { Clock, Config, Effect, Layer, Option, Redacted } from "effect"
import { InvalidRequest, LimitExceeded, Unauthenticated } from "../domain/errors.ts"
import { setting } from "../settings/setting.ts"
import { secret } from "../settings/types.ts"
import { Credentials } from "../storage/directory/Credentials.ts"
import { readAuthorization } from "./authorization.ts"
import { Identity } from "./Identity.ts"
import { Passwords } from "./Passwords.ts"
import {
  defaultPasswordSignInOptions,
  makePasswordSignIn,
  type PasswordSignInOptions
} from "./passwordSignIn.ts"
import { ensureSecret, secretPaths } from "./secretFile.ts"
import { defaultTokenSignInOptions, makeTokenSignIn, type TokenSignInOptions } from "./tokenSignIn.ts"
import { newToken, tokenHash } from "./tokens.ts"

export interface IdentityOptions {
  readonly password: PasswordSignInOptions
  readonly token: TokenSignInOptions
  /** Tokens that one user may have. */
  readonly maxTokens: number
}

export const defaultIdentityOptions: IdentityOptions = {
  password: defaultPasswordSignInOptions,
  token: defaultTokenSignInOptions,
  maxTokens: 100
}

const make = (operatorToken: Redacted.Redacted | null, options: IdentityOptions) =>
  Effect.gen(function* () {
    const credentials = yield* Credentials
    const passwords = yield* Passwords
    const { byPassword, forget: forgetPasswords } = yield* makePasswordSignIn(options.password)
    const { byToken, forget: forgetTokens } = yield* makeTokenSignIn(operatorToken, options.token)
    const forget = Effect.sync(() => {
      forgetPasswords()
      forgetTokens()
    })

    const validLabel = (label: string) =>
      label.length <= 100 && !/[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]/u.test(label)
        ? Effect.succeed(label)
        : new InvalidRequest({ message: "A label has up to 100 characters on one line." })

    return Identity.of({
      byPassword,
      byToken,
      fromHeaders: ({ authorization }, caller) =>
        Effect.gen(function* () {
          const read = authorization === undefined ? null : readAuthorization(authorization)
          if (read === null) return yield* new Unauthenticated()
          return read._tag === "Bearer"
            ? yield* byToken(read.token, caller)
            : yield* byPassword(read.username, read.password, caller)
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

/** Long enough that it cannot be guessed, however it was made. */
const operatorTokenConfig = setting({
  name: "POSTROOM_OPERATOR_TOKEN",
  type: secret,
  meaning: "The operator's token, instead of the one that is made at the first start.",
  check: {
    message: "a text of at least 32 characters",
    validation: (token) => Redacted.value(token).length >= 32
  }
}).pipe(Config.option)

/** With the operator's token as given; null = nobody is the operator. */
export const layerIdentity = (
  operatorToken: Redacted.Redacted | null,
  options: Partial<IdentityOptions> = {}
): Layer.Layer<Identity, never, Credentials | Passwords> =>
  Layer.scoped(Identity, make(operatorToken, { ...defaultIdentityOptions, ...options }))

/**
 * With the operator's token from `POSTROOM_OPERATOR_TOKEN`, or from `<data>/secrets/operator-token`, which is made at
 * the first start; the CLI on the same machine reads it there.
 */
export const layerIdentityFrom = (dataFolder: string, options: Partial<IdentityOptions> = {}) =>
  Layer.unwrapEffect(
    Effect.gen(function* () {
      const configured = yield* operatorTokenConfig
      if (Option.isSome(configured)) return layerIdentity(configured.value, options)
      const { operatorToken } = yield* secretPaths(dataFolder)
      const { secret } = yield* ensureSecret(operatorToken, newToken)
      return layerIdentity(secret, options)
    })
  )
