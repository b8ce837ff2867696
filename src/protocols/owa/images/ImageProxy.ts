import { randomBytes } from "node:crypto"
import type { IncomingMessage, ServerResponse } from "node:http"
import { Cause, Clock, Context, Effect, Layer, Option, Redacted, Runtime, Schema } from "effect"
import { Sessions } from "../../../identity/Sessions.ts"
import { metrics } from "../../../observability/metrics.ts"
import type { Resolve } from "../../../outbound/checkedLookup.ts"
import { makeAtOncePerUser } from "../atOncePerUser.ts"
import { askNameServers, makeFetchImage } from "./fetchImage.ts"
import { ImageProxyConfig } from "./ImageProxyConfig.ts"
import { type ImageRefused, refuse } from "./ImageRefused.ts"
import { imageLink, imagesPath, isSignedFor, readImageLink, readImageUrl } from "./imageLinks.ts"
import { sendImage } from "./sendImage.ts"

/**
 * Fetches remote pictures of a mail, so that its sender learns neither who reads it nor from where, and so that no mail
 * makes a browser call anybody. `POST /owa/images/` with a JSON list of addresses answers a list of paths, null where
 * an address is none of a picture; `GET` of such a path, by the same user, is the picture.
 */
export class ImageProxy extends Context.Tag("postroom/protocols/owa/ImageProxy")<
  ImageProxy,
  {
    /** Takes the request where its path is ours; false = somebody else's. Never throws. */
    readonly handle: (request: IncomingMessage, response: ServerResponse) => boolean
  }
>() {
  static readonly layer = (resolve: Resolve = askNameServers) =>
    Layer.scoped(
      ImageProxy,
      Effect.map(make(resolve), (handle) => ImageProxy.of({ handle }))
    )
}

const maxListBytes = 1024 * 1024
const Addresses = Schema.parseJson(Schema.Array(Schema.String).pipe(Schema.maxItems(1000)))

const make = (resolve: Resolve) =>
  Effect.gen(function* () {
    const settings = yield* ImageProxyConfig
    const sessions = yield* Sessions
    const fetchImage = yield* makeFetchImage(settings, resolve)
    const key = Option.getOrElse(settings.key, () => Redacted.make(randomBytes(32).toString("base64url")))
    const runFork = Runtime.runFork(yield* Effect.runtime<never>())

    const signedIn = Effect.fnUntraced(function* ({ headers }: IncomingMessage) {
      const site = headers["sec-fetch-site"] ?? "same-origin"
      if (site !== "same-origin") return yield* refuse("cross-site")
      const principal = yield* Effect.mapError(sessions.authenticate(headers.cookie), () => refuse("away"))
      return principal === null ? yield* refuse("not-signed-in") : principal.mailboxId
    })

    const oneOf = makeAtOncePerUser(settings.atOncePerUser, () => refuse("too-many-at-once"))

    const show = Effect.fnUntraced(function* (request: IncomingMessage, response: ServerResponse) {
      const whose = yield* signedIn(request)
      const link = readImageLink(request.url ?? "")
      if (link === null || !isSignedFor(key, link, whose)) return yield* refuse("wrong-link")
      const now = yield* Clock.currentTimeMillis
      if (link.expiresAtSeconds * 1000 <= now) return yield* refuse("old-link")
      yield* oneOf(whose)
      const picture = yield* fetchImage(link.url)
      yield* sendImage(picture, response, settings.maxSizeBytes)
    }, Effect.scoped)

    const sign = Effect.fnUntraced(function* (request: IncomingMessage, response: ServerResponse) {
      const whose = yield* signedIn(request)
      // Another site's page cannot ask with this type unless it is allowed to (Fetch 3.2.2), and nobody allows it.
      if (request.headers["content-type"] !== "application/json") return yield* refuse("wrong-request")
      const text = yield* readText(request)
      const urls = yield* Effect.mapError(Schema.decode(Addresses)(text), () => refuse("wrong-request"))
      const nowMillis = yield* Clock.currentTimeMillis
      const paths = urls.map((text) => {
        const url = readImageUrl(text)
        return url === null ? null : imageLink(key, { whose, url, nowMillis })
      })
      response.writeHead(200, { "content-type": "application/json", "cache-control": "no-store" })
      response.end(JSON.stringify(paths))
    })

    const answer = (
      request: IncomingMessage,
      response: ServerResponse
    ): Effect.Effect<void, ImageRefused> => {
      const isList = request.url === imagesPath
      if (request.method === "POST" && isList) return sign(request, response)
      if (request.method === "GET" && !isList) return show(request, response)
      return refuse("wrong-request")
    }

    return (request: IncomingMessage, response: ServerResponse): boolean => {
      if (request.url?.startsWith(imagesPath) !== true) return false
      response.once("close", () => metrics.httpRequests.inc({ route: "images", code: response.statusCode }))
      const gone = Effect.async<never>((resume) => {
        response.once("close", () => resume(Effect.interrupt))
      })
      runFork(
        answer(request, response).pipe(
          Effect.timeoutFail({ duration: settings.timeout, onTimeout: () => refuse("too-slow") }),
          Effect.raceFirst(gone),
          Effect.catchAllCause((cause) => excuse(response, cause))
        )
      )
      return true
    }
  })

const readText = (request: IncomingMessage): Effect.Effect<string, ImageRefused> =>
  Effect.async((resume) => {
    const chunks: Array<Buffer> = []
    let left = maxListBytes
    request.on("data", (chunk: Buffer) => {
      left -= chunk.length
      if (left < 0) resume(refuse("wrong-request"))
      else chunks.push(chunk)
    })
    request.once("end", () => resume(Effect.succeed(Buffer.concat(chunks).toString("utf8"))))
    request.once("error", () => resume(refuse("wrong-request")))
  })

const excuse = (response: ServerResponse, cause: Cause.Cause<ImageRefused>): Effect.Effect<void> =>
  Effect.gen(function* () {
    if (Cause.isInterruptedOnly(cause)) return
    const failure = Cause.failureOption(cause)
    if (Option.isNone(failure)) yield* Effect.logError("a picture could not be fetched", cause)
    const { code, reason } = Option.getOrElse(failure, () => refuse("defect"))
    if (response.headersSent) {
      response.destroy()
      return
    }
    response.writeHead(code, {
      "cache-control": "no-store",
      connection: "close",
      "content-type": "text/plain; charset=utf-8",
      ...(code === 429 && { "retry-after": "1" })
    })
    response.end(`${reason}\n`)
  })
