import { Resolver } from "node:dns"
import {
  type ClientRequest,
  Agent as HttpAgent,
  request as httpRequest,
  type IncomingMessage,
  type RequestOptions
} from "node:http"
import { Agent as HttpsAgent, request as httpsRequest } from "node:https"
import { Effect, type Scope } from "effect"
import {
  AddressRefused,
  makeLookup,
  namesRefusedAddress,
  type Resolve
} from "../../../outbound/checkedLookup.ts"
import { makeIsAllowed } from "../../../outbound/networks.ts"
import type { ImageProxySettings } from "./ImageProxyConfig.ts"
import { type ImageRefused, refuse } from "./ImageRefused.ts"
import { readImageUrl } from "./imageLinks.ts"

/** The answer that holds the picture, of which nothing was read yet. Ends with the scope. */
export type FetchImage = (url: URL) => Effect.Effect<IncomingMessage, ImageRefused, Scope.Scope>

const maxRedirects = 5
const redirects = new Set([301, 302, 303, 307, 308])

/** Nothing of who reads the mail, and no coding: what is small on the way could be huge here. */
const headers = {
  accept: "image/avif,image/webp,image/png,image/jpeg,image/gif;q=0.9,image/*;q=0.5",
  "accept-encoding": "identity",
  "user-agent": "Mozilla/5.0 (compatible; Postroom)"
}

/**
 * Asks the name servers themselves: the system's way occupies a thread that files wait for, too, for as long as a hostile
 * name server likes.
 */
export const askNameServers: Resolve = (hostname, done) => {
  const resolver = new Resolver({ timeout: 2000, tries: 2 })
  resolver.resolve4(hostname, (error, four) => {
    const found = (four ?? []).map((address) => ({ address, family: 4 }))
    if (found.length > 0) return done(null, found)
    resolver.resolve6(hostname, (none, six) => {
      const others = (six ?? []).map((address) => ({ address, family: 6 }))
      done(others.length > 0 ? null : (none ?? error), others)
    })
  })
}

/** Fetches from addresses that may be called, and from no others: after a redirect it looks again. */
export const makeFetchImage = (
  { allowedNetworks, maxSockets, maxSizeBytes }: ImageProxySettings,
  resolve: Resolve
): Effect.Effect<FetchImage, never, Scope.Scope> =>
  Effect.gen(function* () {
    const isAllowed = makeIsAllowed(allowedNetworks)
    const lookup = makeLookup(isAllowed, resolve)
    const agents = yield* Effect.acquireRelease(
      Effect.sync(() => {
        // Each picture has a connection of its own, so that nobody can tell by it who looks at several.
        const options = { keepAlive: false, maxTotalSockets: maxSockets }
        return { http: new HttpAgent(options), https: new HttpsAgent(options) }
      }),
      ({ http, https }) =>
        Effect.sync(() => {
          http.destroy()
          https.destroy()
        })
    )

    const open = (url: URL): ClientRequest => {
      const options: RequestOptions = { headers, lookup }
      return url.protocol === "https:"
        ? httpsRequest(url, { ...options, agent: agents.https })
        : httpRequest(url, { ...options, agent: agents.http })
    }

    const follow = (url: URL, redirectsLeft: number): ReturnType<FetchImage> =>
      Effect.gen(function* () {
        if (namesRefusedAddress(url, isAllowed)) return yield* refuse("address-not-public")
        const answer = yield* exchange(() => open(url))
        const next = yield* verdict(answer, url, maxSizeBytes)
        if (next === null) return answer
        answer.destroy()
        if (redirectsLeft === 0) return yield* refuse("too-many-redirects")
        return yield* follow(next, redirectsLeft - 1)
      })
    return (url) => follow(url, maxRedirects)
  })

/** Where to look instead; null where the answer is what was asked for. */
const verdict = (
  { statusCode = 0, headers: said }: IncomingMessage,
  from: URL,
  maxSizeBytes: number
): Effect.Effect<URL | null, ImageRefused> => {
  if (redirects.has(statusCode)) {
    const next = redirectTarget(from, said.location)
    return next === null ? refuse("wrong-redirect") : Effect.succeed(next)
  }
  if (statusCode !== 200) return refuse("no-picture-there")
  const coding = said["content-encoding"]?.trim().toLowerCase() ?? "identity"
  if (coding !== "identity") return refuse("compressed")
  return Number(said["content-length"] ?? 0) > maxSizeBytes ? refuse("too-large") : Effect.succeed(null)
}

const redirectTarget = (from: URL, location: string | undefined): URL | null =>
  location !== undefined && URL.canParse(location, from.href)
    ? readImageUrl(new URL(location, from.href).href)
    : null

const exchange = (start: () => ClientRequest): Effect.Effect<IncomingMessage, ImageRefused, Scope.Scope> =>
  Effect.uninterruptibleMask((restore) =>
    Effect.async<IncomingMessage, ImageRefused>((resume) => {
      const request = start()
      request.once("response", (response) => {
        // Who reads it hears of a broken connection; here it must not end the process.
        response.on("error", () => undefined)
        resume(Effect.succeed(response))
      })
      // Stays: a connection may break after its answer began, too.
      request.on("error", (error) =>
        resume(refuse(error instanceof AddressRefused ? "address-not-public" : "unreachable"))
      )
      request.end()
      return Effect.sync(() => request.destroy())
    }).pipe(
      restore,
      Effect.tap((response) => Effect.addFinalizer(() => Effect.sync(() => response.destroy())))
    )
  )
