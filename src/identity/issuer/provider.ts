import type { IncomingMessage, ServerResponse } from "node:http"
import { Data, Effect, Runtime } from "effect"
import type { AdapterFactory, Configuration, KoaContextWithOIDC } from "oidc-provider"
import { SessionNotFound } from "oidc-provider/lib/helpers/errors.js"
import * as interactionPolicy from "oidc-provider/lib/helpers/interaction_policy/index.js"
import { Provider as OidcProvider } from "oidc-provider/lib/provider.js"
import { Unavailable } from "../../domain/errors.ts"
import { MailboxId } from "../../domain/ids.ts"
import type { Directory } from "../../storage/directory/Directory.ts"
import type { IssuerKeys } from "./issuerKeys.ts"

export interface ProviderOptions {
  readonly issuer: string
  /** The platform's own pages: the only client. */
  readonly client: { readonly id: string; readonly redirectUri: string }
  /** A slash and the id of the sign-in follow. */
  readonly passwordPath: string
  readonly lastsSeconds: number
  readonly adapter: AdapterFactory
  readonly keys: IssuerKeys
  readonly directory: Directory["Type"]
  readonly runtime: Runtime.Runtime<never>
}

export interface Provider {
  readonly callback: () => (request: IncomingMessage, response: ServerResponse) => Promise<void>
  /** Whether the browser is at a sign-in. */
  readonly isWaiting: (
    request: IncomingMessage,
    response: ServerResponse
  ) => Effect.Effect<boolean, Unavailable>
  readonly finish: (
    request: IncomingMessage,
    response: ServerResponse,
    userId: MailboxId
  ) => Effect.Effect<string>
}

class NoSignIn extends Data.TaggedError("NoSignIn") {}

/** Seconds. A code is redeemed by the next request of the browser, and its tokens are looked at once. */
const shortly = 60

export const makeProvider = (options: ProviderOptions): Provider => {
  const provider = new OidcProvider(options.issuer, configuration(options))
  provider.proxy = true
  provider.on("server_error", (_ctx, error) => {
    Runtime.runFork(options.runtime)(Effect.logError("the platform's issuer failed", error))
  })
  return {
    callback: () => provider.callback(),
    isWaiting: (request, response) =>
      Effect.tryPromise({
        try: async () => (await provider.interactionDetails(request, response)) !== undefined,
        catch: (cause) =>
          cause instanceof SessionNotFound ? new NoSignIn() : new Unavailable({ what: "storage", cause })
      }).pipe(Effect.catchTag("NoSignIn", () => Effect.succeed(false))),
    finish: (request, response, userId) =>
      Effect.promise(() =>
        provider.interactionResult(request, response, { login: { accountId: userId, remember: false } })
      )
  }
}

const configuration = (options: ProviderOptions): Configuration => ({
  adapter: options.adapter,
  clients: [
    {
      client_id: options.client.id,
      redirect_uris: [options.client.redirectUri],
      response_types: ["code"],
      grant_types: ["authorization_code"],
      // It is this program: what proves it is the verifier of PKCE.
      token_endpoint_auth_method: "none",
      id_token_signed_response_alg: "ES256"
    }
  ],
  clientAuthMethods: ["none"],
  responseTypes: ["code"],
  scopes: ["openid"],
  claims: { openid: ["sub"], email: ["email", "email_verified"] },
  // The pages read the ID token and ask for nothing else.
  conformIdTokenClaims: false,
  jwks: { keys: [options.keys.signing] },
  enabledJWA: { idTokenSigningAlgValues: ["ES256"] },
  cookies: {
    keys: [options.keys.cookies],
    // Of its session, which no page needs.
    long: { path: new URL(options.issuer).pathname },
    names: {
      session: "postroom-issuer",
      interaction: "postroom-issuer-sign-in",
      resume: "postroom-issuer-resume"
    }
  },
  features: {
    devInteractions: { enabled: false },
    dPoP: { enabled: false },
    pushedAuthorizationRequests: { enabled: false },
    resourceIndicators: { enabled: false },
    rpInitiatedLogout: { enabled: false },
    userinfo: { enabled: false }
  },
  pkce: { required: () => true },
  ttl: {
    AccessToken: shortly,
    AuthorizationCode: shortly,
    IdToken: shortly,
    Grant: options.lastsSeconds,
    Interaction: options.lastsSeconds,
    Session: options.lastsSeconds
  },
  clientBasedCORS: () => false,
  expiresWithSession: () => Promise.resolve(false),
  issueRefreshToken: () => Promise.resolve(false),
  interactions: {
    policy: onlyLogin(),
    url: (_ctx, { uid }) => Promise.resolve(`${options.passwordPath}/${uid}`)
  },
  findAccount: async (_ctx, sub) => {
    const user = await Runtime.runPromise(options.runtime)(
      Effect.catchTag(options.directory.userById(MailboxId(sub)), "NotFound", () => Effect.succeed(null))
    )
    if (user === null || user.status !== "active") return undefined
    return {
      accountId: sub,
      claims: () => Promise.resolve({ sub, email: user.email, email_verified: true })
    }
  },
  // The pages are the platform: nobody has to agree that they may see who signs in.
  loadExistingGrant: async ({ oidc }) => {
    const { accountId } = oidc.session ?? {}
    if (accountId === undefined) return undefined
    const grant = new oidc.provider.Grant({ accountId, clientId: options.client.id })
    grant.addOIDCScope("openid email")
    await grant.save()
    return grant
  },
  renderError: (ctx, { error }) => renderError(ctx, error)
})

/** A password each time: what the address of a request says of it (`prompt`, `max_age`) is the browser's to change. */
const onlyLogin = () => {
  const policy = interactionPolicy.base()
  policy.remove("consent")
  policy
    .get("login")
    ?.checks.add(
      new interactionPolicy.Check("each_time", "a password is taken each time", ({ oidc }) =>
        oidc.result?.login === undefined
          ? interactionPolicy.Check.REQUEST_PROMPT
          : interactionPolicy.Check.NO_NEED_TO_PROMPT
      )
    )
  return policy
}

/** In one word: whoever comes here with what is wrong did not come from our pages. */
const renderError = (ctx: KoaContextWithOIDC, error: string): void => {
  ctx.type = "text/plain"
  ctx.body = `${error}\n`
}
