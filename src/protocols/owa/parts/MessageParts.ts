import type { IncomingMessage, ServerResponse } from "node:http"
import { Cause, Context, Effect, Layer, Option, Runtime, Stream } from "effect"
import type { CoreError } from "../../../domain/errors.ts"
import { Sessions, type SignedIn } from "../../../identity/Sessions.ts"
import { correlationIdOf } from "../../../observability/correlation.ts"
import { metrics } from "../../../observability/metrics.ts"
import { Core } from "../../../rpc/Core.ts"
import { makeAtOncePerUser } from "../atOncePerUser.ts"
import { type PartRefused, refuse, refusedBy } from "./PartRefused.ts"
import { PartsConfig, type PartsSettings } from "./PartsConfig.ts"
import { always, attached, messageName, partName, previewType } from "./partHeaders.ts"
import { partsPath, readWanted, type Wanted } from "./partsPath.ts"
import { type Sending, sendPieces } from "./sendPieces.ts"
import { zipOf } from "./zipOf.ts"

/**
 * What a browser takes of a message beside its text: attachments, one by one or in a zip, pictures to be shown, the message
 * as a file, its source. `GET` below `/owa/parts/` (see `readWanted`), for who is signed in, asked by a page of ours.
 */
export class MessageParts extends Context.Tag("postroom/protocols/owa/MessageParts")<
  MessageParts,
  {
    /** Takes the request where its path is ours; false = somebody else's. Never throws. */
    readonly handle: (request: IncomingMessage, response: ServerResponse) => boolean
  }
>() {
  static readonly layer = Layer.scoped(
    MessageParts,
    Effect.suspend(() => Effect.map(make, (handle) => MessageParts.of({ handle })))
  )
}

type Services = Pick<Context.Tag.Service<typeof Core>, "getMessage" | "getPart" | "getRaw">

const make = Effect.gen(function* () {
  const settings = yield* PartsConfig
  const sessions = yield* Sessions
  const core = yield* Core
  const runtime = yield* Effect.runtime<never>()
  const runFork = Runtime.runFork(runtime)
  const oneOf = makeAtOncePerUser(settings.atOncePerUser, () => refuse("too-many-at-once"))

  const signedIn = Effect.fnUntraced(function* ({ headers }: IncomingMessage) {
    const site = headers["sec-fetch-site"] ?? "same-origin"
    if (site !== "same-origin") return yield* refuse("cross-site")
    const principal = yield* Effect.mapError(sessions.authenticate(headers.cookie), () => refuse("away"))
    return principal ?? (yield* refuse("not-signed-in"))
  })

  const answer = Effect.fnUntraced(function* (request: IncomingMessage, response: ServerResponse) {
    if (request.method !== "GET") return yield* refuse("wrong-method")
    const principal = yield* signedIn(request)
    const wanted = readWanted(request.url ?? "")
    if (wanted === null) return yield* refuse("wrong-request")
    yield* oneOf(principal.mailboxId)
    yield* sessions.used(principal.sessionId)
    const remote = request.socket.remoteAddress ?? null
    const sending = yield* sendingOf({ core, settings, runtime, principal, remote }, wanted)
    yield* sendPieces(sending, response)
  }, Effect.scoped)

  return (request: IncomingMessage, response: ServerResponse): boolean => {
    if (request.url?.startsWith(partsPath) !== true) return false
    response.once("close", () => metrics.httpRequests.inc({ route: "parts", code: response.statusCode }))
    const gone = Effect.async<never>((resume) => {
      response.once("close", () => resume(Effect.interrupt))
    })
    runFork(
      answer(request, response).pipe(
        Effect.raceFirst(gone),
        Effect.catchAllCause((cause) => excuse(response, cause))
      )
    )
    return true
  }
})

interface Asking {
  readonly core: Services
  readonly settings: PartsSettings
  readonly runtime: Runtime.Runtime<never>
  readonly principal: SignedIn
  readonly remote: string | null
}

/** What is sent of a message that is there; what is not is refused before anything was said. */
const sendingOf = Effect.fnUntraced(function* (
  { core, settings: { stall, previewBytes }, runtime, principal, remote }: Asking,
  wanted: Wanted
) {
  const { mailboxId } = principal
  const { messageId } = wanted
  const call = { principal, correlationId: correlationIdOf(undefined), remote, origin: "owa" } as const
  const { message, parts } = yield* Effect.mapError(
    core.getMessage(call, { mailboxId, messageId }),
    refusedBy
  )
  const raw = refusing(core.getRaw(call, { mailboxId, messageId }))
  const piecesOf = (path: string) => refusing(core.getPart(call, { mailboxId, messageId, path }))
  const partAt = (path: string) =>
    Effect.fromNullable(parts.find((part) => part.path === path)).pipe(
      Effect.mapError(() => refuse("not-there"))
    )
  const asFile = (pieces: Sending["pieces"], name: string, type: string): Sending => ({
    pieces,
    stall,
    headers: () => Effect.succeed({ ...always, "content-type": type, "content-disposition": attached(name) })
  })
  switch (wanted.what) {
    case "message":
      return asFile(raw, messageName(message.subject, ".eml"), "message/rfc822")
    case "source":
      return { pieces: raw, stall, headers: () => Effect.succeed(shownAs("text/plain; charset=utf-8")) }
    case "part": {
      const part = yield* partAt(wanted.path)
      // Whatever it says it is, a browser that opens it finds nothing to run.
      return asFile(piecesOf(part.path), partName(part), "application/octet-stream")
    }
    case "preview": {
      const part = yield* partAt(wanted.path)
      if (part.decodedSizeBytes > previewBytes) return yield* refuse("too-large")
      const headers = (head: Buffer) => {
        const type = previewType(part, head)
        return type === null ? refuse("not-shown") : Effect.succeed(shownAs(type))
      }
      return { pieces: piecesOf(part.path), stall, headers }
    }
    case "zip": {
      const wantedParts = yield* Effect.forEach(wanted.paths, partAt)
      const files = wantedParts.map((part) => ({ name: partName(part), pieces: piecesOf(part.path) }))
      const zip = zipOf(files, { date: message.receivedAt, runtime })
      return asFile(zip, messageName(message.subject, ".zip"), "application/zip")
    }
  }
})

const refusing = (pieces: Stream.Stream<Uint8Array, CoreError>): Sending["pieces"] =>
  Stream.mapError(pieces, refusedBy)

const shownAs = (type: string) => ({ ...always, "content-type": type, "content-disposition": "inline" })

const excuse = (response: ServerResponse, cause: Cause.Cause<PartRefused>): Effect.Effect<void> =>
  Effect.gen(function* () {
    if (Cause.isInterruptedOnly(cause)) return
    const failure = Cause.failureOption(cause)
    if (Option.isNone(failure)) yield* Effect.logError("a part could not be sent", cause)
    const { code, reason } = Option.getOrElse(failure, () => refuse("defect"))
    if (response.headersSent) {
      response.destroy()
      return
    }
    response.writeHead(code, {
      ...always,
      connection: "close",
      "content-type": "text/plain; charset=utf-8",
      ...(code === 405 && { allow: "GET" }),
      ...(code === 429 && { "retry-after": "1" })
    })
    response.end(`${reason}\n`)
  })
