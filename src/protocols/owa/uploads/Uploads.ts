import type { IncomingMessage, ServerResponse } from "node:http"
import { Cause, Context, Effect, Layer, Option, Runtime, Stream } from "effect"
import { type CoreError, InvalidRequest } from "../../../domain/errors.ts"
import { Sessions } from "../../../identity/Sessions.ts"
import { correlationIdOf } from "../../../observability/correlation.ts"
import { metrics } from "../../../observability/metrics.ts"
import { Writing } from "../../../rpc/Writing.ts"
import { publicUrl } from "../../../settings/publicUrl.ts"
import { admitted, type Denial } from "../admission.ts"
import { makeAtOncePerUser } from "../atOncePerUser.ts"
import { ComposeConfig } from "../compose/ComposeConfig.ts"
import { overLimit } from "../compose/limits.ts"
import type { Refusal, Uploaded } from "../OwaAnswers.ts"
import { away, busy, invalid, refusalOf, refused } from "../refusal.ts"

/**
 * Takes a file that is to be attached: `POST /owa/uploads`, the file as the body, its type as Content-Type. What comes is
 * written down as it comes. Answers an `Uploaded`, or why not as a `Refusal`.
 */
export class Uploads extends Context.Tag("postroom/protocols/owa/Uploads")<
  Uploads,
  {
    /** Takes the request where its path is ours; false = somebody else's. Never throws. */
    readonly handle: (request: IncomingMessage, response: ServerResponse) => boolean
  }
>() {}

const path = /^\/owa\/uploads(?:\?|$)/

export const layer = Layer.scoped(
  Uploads,
  Effect.gen(function* () {
    const { attachmentBytes, uploadsPerUser } = yield* ComposeConfig
    const admission = { sessions: yield* Sessions, publicUrl: yield* publicUrl }
    const writing = yield* Writing
    const run = Runtime.runFork(yield* Effect.runtime<never>())
    const oneOf = makeAtOncePerUser(uploadsPerUser, () => busy)

    const take = Effect.fnUntraced(function* (request: IncomingMessage) {
      const principal = yield* Effect.mapError(admitted(admission, request), refusalOfDenial)
      if (request.method !== "POST") return yield* Effect.fail(invalid)
      if (Number(request.headers["content-length"] ?? 0) > attachmentBytes) {
        return yield* Effect.fail(overLimit("attachmentSize"))
      }
      yield* oneOf(principal.mailboxId)
      const call = {
        principal,
        correlationId: correlationIdOf(undefined),
        remote: request.socket.remoteAddress ?? null,
        origin: "owa"
      }
      const uploaded: Uploaded = yield* writing
        .upload(call, {
          mailboxId: principal.mailboxId,
          mediaType: typeOf(request.headers["content-type"]),
          maxBytes: attachmentBytes,
          bytes: octetsOf(request)
        })
        .pipe(
          Effect.mapError((error) =>
            error._tag === "LimitExceeded" ? overLimit("attachmentSize") : refusalOf(error)
          )
        )
      return uploaded
    }, Effect.scoped)

    return Uploads.of({
      handle: (request, response) => {
        if (!path.test(request.url ?? "")) return false
        response.once("close", () =>
          metrics.httpRequests.inc({ route: "uploads", code: response.statusCode })
        )
        const gone = Effect.async<never>((resume) => {
          response.once("close", () => resume(Effect.interrupt))
        })
        run(
          take(request).pipe(
            Effect.raceFirst(gone),
            Effect.matchCauseEffect({
              onSuccess: (uploaded) => answer(response, 201, uploaded),
              onFailure: (cause) => excuse(response, cause)
            })
          )
        )
        return true
      }
    })
  })
)

/**
 * The iterator leaves the request alone where it is given up: there is an answer to be sent yet, and Node drops the rest of
 * the body after it.
 */
const octetsOf = (request: IncomingMessage): Stream.Stream<Uint8Array, CoreError> =>
  Stream.fromAsyncIterable(
    request.iterator({ destroyOnReturn: false }),
    () => new InvalidRequest({ message: "The file did not come whole." })
  )

const typeOf = (field: string | undefined): string => {
  const [type = ""] = (field ?? "").split(";")
  const text = type.trim().toLowerCase()
  return /^[\w!#$&^.+-]{1,100}\/[\w!#$&^.+-]{1,100}$/.test(text) ? text : "application/octet-stream"
}

const denials = {
  401: refused("signedOut", false),
  403: refused("denied", false),
  429: busy,
  503: away
} as const satisfies Record<Denial, Refusal>

const refusalOfDenial = (denial: Denial): Refusal => denials[denial]

const codes: Readonly<Partial<Record<Refusal["reason"], number>>> = {
  invalid: 400,
  signedOut: 401,
  denied: 403,
  limit: 413,
  busy: 429,
  away: 503
}

const answer = (response: ServerResponse, code: number, body: Uploaded | Refusal): Effect.Effect<void> =>
  Effect.sync(() => {
    if (response.headersSent || response.destroyed) return
    response.writeHead(code, { "content-type": "application/json", "cache-control": "no-store" })
    response.end(JSON.stringify(body))
  })

const excuse = (response: ServerResponse, cause: Cause.Cause<Refusal>): Effect.Effect<void> =>
  Effect.gen(function* () {
    if (Cause.isInterruptedOnly(cause)) return
    const failure = Cause.failureOption(cause)
    if (Option.isNone(failure)) yield* Effect.logError("a file could not be taken", cause)
    const refusal = Option.getOrElse(failure, () => away)
    yield* answer(response, codes[refusal.reason] ?? 400, refusal)
  })
