import type { IncomingMessage, ServerResponse } from "node:http"
import { Cause, Context, Effect, Layer, Runtime } from "effect"
import { Identity } from "../../identity/Identity.ts"
import { correlationIdOf, traceIdOf } from "../../observability/correlation.ts"
import { metrics } from "../../observability/metrics.ts"
import { Tracing } from "../../observability/tracing.ts"
import { Devices } from "../../rpc/Devices.ts"
import { RateLimits } from "../../storage/limits/RateLimits.ts"
import { ActiveSyncConfig } from "./ActiveSyncConfig.ts"
import { Commands } from "./Commands.ts"
import { DeviceRequests } from "./DeviceRequests.ts"
import { offers } from "./offers.ts"
import { makeAdmit } from "./policy.ts"
import { type Exchange, makePost } from "./post.ts"
import { Repeats } from "./Repeats.ts"
import { replyToRefusal } from "./refusals.ts"
import { bare, later, packed, type Reply } from "./replies.ts"
import { signedIn } from "./signIn.ts"

/** ActiveSync (MS-ASHTTP), over whatever HTTP server brings the requests. */
export class ActiveSyncServer extends Context.Tag("postroom/protocols/activesync/ActiveSyncServer")<
  ActiveSyncServer,
  {
    /** Takes the request where its path is ours; false = somebody else's. Never throws. */
    readonly handle: (request: IncomingMessage, response: ServerResponse) => boolean
    /** Ends what is parked and sends new requests away: the server stops. */
    readonly stop: Effect.Effect<void>
  }
>() {}

const path = /^\/microsoft-server-activesync\/?(?:\?|$)/i
const methods = { allow: "OPTIONS,POST", public: "OPTIONS,POST" }

/** Requests that are remembered in search of loops. */
const rememberedRequests = 20_000
const afterDefectSeconds = 60

export const layer = Layer.effect(
  ActiveSyncServer,
  Effect.gen(function* () {
    const settings = yield* ActiveSyncConfig
    const identity = yield* Identity
    const commands = yield* Commands
    const requests = new DeviceRequests(settings.requestsAtOnce)
    const post = makePost({
      settings,
      identity,
      commands,
      requests,
      admit: makeAdmit(yield* Devices),
      limits: yield* RateLimits,
      tracing: yield* Tracing,
      repeats: new Repeats({ free: settings.repeats, capacity: rememberedRequests })
    })
    const runFork = Runtime.runFork(yield* Effect.runtime<never>())

    const options = ({ request }: Exchange) =>
      Effect.as(signedIn(identity, request), bare(200, { ...methods, ...offers(commands) }))

    /** Refused before it was known what is asked. */
    const refusedEarly = <R>(answering: Effect.Effect<Reply, Parameters<typeof replyToRefusal>[0], R>) =>
      Effect.catchAll(answering, (error) => Effect.sync(() => counted("unknown", replyToRefusal(error))))

    const answer = (exchange: Exchange): Effect.Effect<Reply> => {
      switch (exchange.request.method) {
        case "POST":
          return refusedEarly(post(exchange))
        case "OPTIONS":
          return refusedEarly(Effect.map(options(exchange), (reply) => counted("OPTIONS", reply)))
        default:
          return Effect.succeed(counted("unknown", bare(501, methods)))
      }
    }

    const serve = (exchange: Exchange) =>
      answer(exchange).pipe(
        Effect.flatMap((reply) => packed(reply, exchange.request.headers["accept-encoding"])),
        Effect.catchAllCause((cause) =>
          Effect.as(
            Effect.logError("an ActiveSync request failed by a defect", Cause.squash(cause)),
            replyToRefusal(later(afterDefectSeconds))
          )
        ),
        Effect.map((reply) => send(exchange.response, reply))
      )

    return ActiveSyncServer.of({
      handle: (request, response) => {
        if (!path.test(request.url ?? "")) return false
        const correlationId = correlationIdOf(request.headers["x-correlation-id"])
        const traceId = traceIdOf(request.headers["x-trace-id"])
        response.setHeader("x-correlation-id", correlationId)
        if (traceId !== null) response.setHeader("x-trace-id", traceId)
        runFork(serve({ request, response, correlationId }))
        return true
      },
      stop: Effect.sync(() => requests.stop())
    })
  })
)

const counted = (command: string, reply: Reply): Reply => {
  metrics.activesyncRequests.inc({ command, status: reply.status })
  return reply
}

/** MS-ASHTTP 2.2.2.1.2. */
const always = { "ms-server-activesync": "16.1", "cache-control": "private" }

/** Where node has no words of its own, as what it is known for. */
const reasons: Readonly<Record<number, string>> = { 449: "Retry after sending a PROVISION command" }

const send = (response: ServerResponse, { code, headers, body }: Reply): void => {
  if (response.destroyed || response.headersSent) return
  const all = { ...always, ...headers, "content-length": body?.length ?? 0 }
  const reason = reasons[code]
  if (reason === undefined) response.writeHead(code, all)
  else response.writeHead(code, reason, all)
  response.end(body ?? undefined)
}
