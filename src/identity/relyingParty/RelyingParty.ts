import { Clock, Context, Duration, Effect, Either, Layer, Option, Redacted } from "effect"
import * as oidc from "openid-client"
import { canonicalAddress, parseAddress } from "../../domain/EmailAddress.ts"
import type { Unavailable } from "../../domain/errors.ts"
import { Secrets } from "../../settings/Secrets.ts"
import { Credentials } from "../../storage/directory/Credentials.ts"
import { makeExpiringMap } from "../../storage/directory/ExpiringMap.ts"
import { SignInKeys } from "../../storage/directory/SignInKeys.ts"
import { issuerPath, LocalIssuer, ownClientId } from "../issuer/LocalIssuer.ts"
import type { UserPrincipal } from "../Principal.ts"
import { principalOf } from "../passwordSignIn.ts"
import { OidcClientSecret, SignInConfig, type SignInSettings } from "../SignInConfig.ts"
import { type Attempt, makeSealKey, readSealKey, seal, unseal } from "./Attempt.ts"
import { fromIssuer, type IssuerAway, type SignInRefused } from "./failure.ts"

/** Who the issuer says it is. */
export interface SignedInAt {
  /** By primary address; null = nobody who has a mailbox here and may use it. */
  readonly user: UserPrincipal | null
  /** To be shown to it by who signs out there. */
  readonly idToken: string | null
}

/**
 * Lets an OpenID provider find out who somebody is: authorization code with PKCE (OpenID Connect Core 3.1, RFC 9700 2.1).
 * The ID token's signature, issuer, audience, nonce and times are checked whatever road it came.
 */
export class RelyingParty extends Context.Tag("postroom/identity/RelyingParty")<
  RelyingParty,
  {
    /** Where the browser goes, and what it must keep by its state until it is back at `redirectUri`. */
    readonly begin: (of: {
      readonly origin: string
      readonly redirectUri: string
      readonly language: string
      readonly returnTo: string
    }) => Effect.Effect<
      { readonly url: string; readonly state: string; readonly sealed: string },
      IssuerAway | SignInRefused
    >
    /** What a browser kept; null = nothing of ours, or of a sign-in that took too long. */
    readonly attemptIn: (sealed: string) => Effect.Effect<Attempt | null>
    /** What the browser came back with, as the URL that it came to. */
    readonly finish: (of: {
      readonly origin: string
      readonly cameTo: URL
      readonly attempt: Attempt
    }) => Effect.Effect<SignedInAt, IssuerAway | SignInRefused | Unavailable>
    /** Where the browser signs out at the issuer, too; null = there is no such place. */
    readonly signOutUrl: (of: {
      readonly origin: string
      readonly returnTo: string
      readonly idToken: string | null
    }) => Effect.Effect<string | null, IssuerAway | SignInRefused>
    /** Whose pages a form of ours may lead to; null = none but ours. */
    readonly issuerOrigin: string | null
  }
>() {
  static readonly layer = Layer.effect(
    RelyingParty,
    Effect.suspend(() => make)
  )
}

/** What the issuer says of itself is asked again after so long; its keys sooner, and at once for one that is not known. */
const describedFor = Duration.toMillis("1 hour")

/** Issuers for one platform that is reached at several origins. */
const maxIssuers = 16

interface Issuer {
  readonly url: URL
  /** Another one is another client: what was read for the one before is not used for it. */
  readonly secret: string
  readonly clientId: string
  readonly auth: oidc.ClientAuth
  readonly fetch: oidc.CustomFetch | null
}

/** The platform's own takes a password each time, so that to sign out here is to sign out. */
const ownParameters = { scope: "openid email", prompt: "login" }

const make = Effect.gen(function* () {
  const settings = yield* SignInConfig
  const local = yield* LocalIssuer
  const credentials = yield* Credentials
  const secretNow = yield* Effect.flatMap(Secrets, ({ current }) => current(OidcClientSecret))
  const key = readSealKey(yield* (yield* SignInKeys).ensure("attempts", makeSealKey))
  const described = makeExpiringMap<oidc.Configuration>(maxIssuers)

  const issuerFor = (origin: string): Effect.Effect<Issuer> =>
    Option.match(settings.external, {
      onNone: () =>
        Effect.succeed({
          url: new URL(`${origin}${issuerPath}`),
          secret: "",
          clientId: ownClientId,
          auth: oidc.None(),
          fetch: (url, { body, ...init }) =>
            local.fetchFor(origin)(url, { ...init, ...(body === undefined ? {} : { body: String(body) }) })
        }),
      onSome: ({ issuer, clientId }) =>
        Effect.map(secretNow, (kept) => {
          const secret = Option.match(kept, { onNone: () => "", onSome: Redacted.value })
          const auth = secret === "" ? oidc.None() : oidc.ClientSecretBasic(secret)
          return { url: issuer, secret, clientId, auth, fetch: null }
        })
    })

  /** With the keys of the issuer that were fetched before, and the secret that holds now. */
  const configurationFor = Effect.fnUntraced(function* (origin: string) {
    const issuer = yield* issuerFor(origin)
    const now = yield* Clock.currentTimeMillis
    const client = JSON.stringify([issuer.url.href, issuer.secret])
    const known = described.get(client, now)
    if (known !== undefined) return known
    const found = yield* fromIssuer(() => discover(issuer, settings))
    described.set(client, found, now + describedFor)
    return found
  })

  return RelyingParty.of({
    begin: ({ origin, redirectUri, language, returnTo }) =>
      Effect.gen(function* () {
        const configuration = yield* configurationFor(origin)
        const attempt = {
          state: oidc.randomState(),
          nonce: oidc.randomNonce(),
          verifier: oidc.randomPKCECodeVerifier(),
          returnTo,
          expiresAt: (yield* Clock.currentTimeMillis) + Duration.toMillis(settings.attemptLasts)
        }
        const challenge = yield* Effect.promise(() => oidc.calculatePKCECodeChallenge(attempt.verifier))
        const url = oidc.buildAuthorizationUrl(configuration, {
          ...(Option.isNone(settings.external) ? ownParameters : { scope: settings.scopes }),
          redirect_uri: redirectUri,
          state: attempt.state,
          nonce: attempt.nonce,
          code_challenge: challenge,
          code_challenge_method: "S256",
          ui_locales: language
        })
        return { url: url.href, state: attempt.state, sealed: seal(attempt, key) }
      }),
    attemptIn: (sealed) =>
      Effect.map(Clock.currentTimeMillis, (now) => Option.getOrNull(unseal(sealed, { key, now }))),
    finish: ({ origin, cameTo, attempt }) =>
      Effect.gen(function* () {
        const configuration = yield* configurationFor(origin)
        const tokens = yield* fromIssuer(() =>
          oidc.authorizationCodeGrant(configuration, cameTo, {
            expectedState: attempt.state,
            expectedNonce: attempt.nonce,
            pkceCodeVerifier: attempt.verifier,
            idTokenExpected: true
          })
        )
        const isExternal = Option.isSome(settings.external)
        const address = vouchedAddress(tokens.claims() ?? {}, isExternal ? settings.addressClaim : "email")
        const found = address === null ? null : yield* credentials.byAddress(address)
        return {
          user: found?.user.status === "active" ? principalOf(found.user) : null,
          idToken: isExternal ? (tokens.id_token ?? null) : null
        }
      }),
    signOutUrl: ({ origin, returnTo, idToken }) =>
      Effect.map(configurationFor(origin), (configuration) =>
        configuration.serverMetadata().end_session_endpoint === undefined
          ? null
          : oidc.buildEndSessionUrl(configuration, {
              post_logout_redirect_uri: returnTo,
              ...(idToken === null ? {} : { id_token_hint: idToken })
            }).href
      ),
    issuerOrigin: Option.match(settings.external, {
      onNone: () => null,
      onSome: ({ issuer }) => issuer.origin
    })
  })
})

const discover = (issuer: Issuer, settings: SignInSettings): Promise<oidc.Configuration> =>
  oidc.discovery(
    issuer.url,
    issuer.clientId,
    { [oidc.clockTolerance]: Math.floor(Duration.toSeconds(settings.clockTolerance)) },
    issuer.auth,
    {
      timeout: Math.max(1, Math.floor(Duration.toSeconds(settings.timeout))),
      ...(issuer.fetch === null ? {} : { [oidc.customFetch]: issuer.fetch }),
      execute: [
        oidc.enableNonRepudiationChecks,
        // Of the settings on this machine alone, and of ours, which is reached without a network.
        ...(issuer.url.protocol === "http:" ? [oidc.allowInsecureRequests] : [])
      ]
    }
  )

/** OpenID Connect Core 5.1: an address that nobody verified is what somebody wrote into a form. */
const vouchedAddress = (claims: Readonly<Record<string, unknown>>, name: string): string | null => {
  const address = claims[name]
  if (typeof address !== "string" || (name === "email" && claims["email_verified"] !== true)) return null
  return Either.getOrNull(Either.map(parseAddress(address), canonicalAddress))
}
