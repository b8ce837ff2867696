import type { IncomingMessage, ServerResponse } from "node:http"
import { Context, Duration, Effect, Layer } from "effect"
import inject from "light-my-request"
import type { Unavailable } from "../../domain/errors.ts"
import type { MailboxId } from "../../domain/ids.ts"
import { Directory } from "../../storage/directory/Directory.ts"
import { makeExpiringMap } from "../../storage/directory/ExpiringMap.ts"
import { IssuedStore } from "../../storage/directory/IssuedStore.ts"
import { SignInKeys } from "../../storage/directory/SignInKeys.ts"
import { SignInConfig } from "../SignInConfig.ts"
import { makeAdapter } from "./adapter.ts"
import { issuerKeys } from "./issuerKeys.ts"
import { makeProvider, type Provider } from "./provider.ts"

/** Below this the issuer answers; its form is a page of ours. */
export const issuerPath = "/oidc"

/** What the issuer calls the platform's own pages. */
export const ownClientId = "postroom"

/** Where the browser is asked for a password, and where it comes back to. */
export interface SignInPaths {
  readonly password: string
  readonly callback: string
}

/** A sign-in that waits for a password. */
export interface Waiting {
  /** Where the browser goes on once somebody was found to be `userId`. */
  readonly finish: (userId: MailboxId) => Effect.Effect<string>
}

/** Issuers for one platform that is reached at several origins; what they remember is in Postgres. */
const maxOrigins = 16

/** The platform's own OpenID provider, over its accounts. */
export class LocalIssuer extends Context.Tag("postroom/identity/LocalIssuer")<
  LocalIssuer,
  {
    /** Answers a request below `issuerPath`. Never throws. */
    readonly handle: (origin: string, request: IncomingMessage, response: ServerResponse) => void
    /** The sign-in that the browser is at; null = there is none, or it took too long. */
    readonly waiting: (
      origin: string,
      request: IncomingMessage,
      response: ServerResponse
    ) => Effect.Effect<Waiting | null, Unavailable>
    /** The way to it that needs no network, as `fetch`. */
    readonly fetchFor: (origin: string) => (url: string, init: RequestInit) => Promise<Response>
  }
>() {
  static readonly layer = (paths: SignInPaths) => Layer.scoped(LocalIssuer, make(paths))
}

const make = (paths: SignInPaths) =>
  Effect.gen(function* () {
    const { attemptLasts } = yield* SignInConfig
    const directory = yield* Directory
    const store = yield* IssuedStore
    const keys = yield* issuerKeys(yield* SignInKeys)
    const runtime = yield* Effect.runtime<never>()
    const providers = makeExpiringMap<Provider>(maxOrigins)

    yield* Effect.forkScoped(Effect.forever(Effect.delay(Effect.ignore(store.sweep), "5 minutes")))

    const providerFor = (origin: string): Provider => {
      const known = providers.get(origin, 0)
      if (known !== undefined) return known
      const made = makeProvider({
        issuer: `${origin}${issuerPath}`,
        client: { id: ownClientId, redirectUri: `${origin}${paths.callback}` },
        passwordPath: paths.password,
        lastsSeconds: Math.floor(Duration.toSeconds(attemptLasts)),
        adapter: makeAdapter(store, runtime),
        keys,
        directory,
        runtime
      })
      providers.set(origin, made, Number.POSITIVE_INFINITY)
      return made
    }

    const handle: LocalIssuer["Type"]["handle"] = (origin, request, response) => {
      seenFrom(origin, request)
      const { url = "" } = request
      // It finds its own paths by what is mounted before them.
      Object.assign(request, { originalUrl: url, url: url.slice(issuerPath.length) })
      void providerFor(origin).callback()(request, response)
    }

    return LocalIssuer.of({
      handle,
      waiting: (origin, request, response) =>
        Effect.gen(function* () {
          const provider = providerFor(origin)
          seenFrom(origin, request)
          if (!(yield* provider.isWaiting(request, response))) return null
          return { finish: (userId) => provider.finish(request, response, userId) }
        }),
      fetchFor:
        (origin) =>
        async (url, { method = "GET", headers, body }) => {
          const { pathname, search } = new URL(url)
          const answer = await inject((request, response) => handle(origin, request, response), {
            method,
            url: `${pathname}${search}`,
            headers: Object.fromEntries(new Headers(headers)),
            ...(body === undefined || body === null ? {} : { payload: String(body) })
          })
          const sent = Object.entries(answer.headers).map(([name, value]) => [name, String(value)] as const)
          return new Response(answer.rawPayload.length === 0 ? null : answer.rawPayload, {
            status: answer.statusCode,
            headers: Object.fromEntries(sent)
          })
        }
    })
  })

/** It reads where it is reached from these; what strangers or a proxy put there is no matter. */
const seenFrom = (origin: string, { headers }: IncomingMessage): void => {
  const { protocol, host } = new URL(origin)
  headers["x-forwarded-proto"] = protocol.slice(0, -1)
  headers["x-forwarded-host"] = host
  delete headers["x-forwarded-for"]
}
