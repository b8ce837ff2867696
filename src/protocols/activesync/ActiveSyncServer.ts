import type { IncomingMessage, ServerResponse } from "node:http"
import { Context, Effect, Layer, Runtime } from "effect"
import { Identity } from "../../identity/Identity.ts"
import { Tracing } from "../../observability/tracing.ts"
import { Devices } from "../../rpc/Devices.ts"
import { RateLimits } from "../../storage/limits/RateLimits.ts"
import { ActiveSyncConfig } from "./ActiveSyncConfig.ts"
import { Commands } from "./Commands.ts"
import { DeviceRequests } from "./DeviceRequests.ts"
import { type Exchange, openExchange, respond } from "./exchange.ts"
import { offers } from "./offers.ts"
import { makeAdmit } from "./policy.ts"
import { makePost } from "./post.ts"
import { Repeats } from "./Repeats.ts"
import { bare, counted, type Refusal, type Reply } from "./replies.ts"
import { signedIn } from "./signIn.ts"
import { tellParked } from "./tellParked.ts"

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

export const layer = Layer.scoped(
  ActiveSyncServer,
  Effect.gen(function* () {
    const settings = yield* ActiveSyncConfig
    const identity = yield* Identity
    const commands = yield* Commands
    const requests = new DeviceRequests(settings.requestsAtOnce)
    const devices = yield* Devices
    yield* Effect.forkScoped(tellParked(devices, requests))
    const post = makePost({
      settings,
      identity,
      commands,
      requests,
      admit: makeAdmit(devices),
      limits: yield* RateLimits,
      tracing: yield* Tracing,
      repeats: new Repeats({ free: settings.repeats, capacity: rememberedRequests })
    })
    const runFork = Runtime.runFork(yield* Effect.runtime<never>())

    const options = ({ request }: Exchange) =>
      Effect.as(signedIn(identity, request), bare(200, { ...methods, ...offers(commands) })).pipe(
        Effect.tapBoth({
          onSuccess: (reply) => Effect.sync(() => counted("OPTIONS", reply)),
          onFailure: ({ reply }) => Effect.sync(() => counted("OPTIONS", reply))
        })
      )

    const answer = (exchange: Exchange): Effect.Effect<Reply, Refusal> => {
      switch (exchange.request.method) {
        case "POST":
          return Effect.flatMap(post.prepare(exchange), post.carryOut)
        case "OPTIONS":
          return options(exchange)
        default:
          return Effect.succeed(counted("unknown", bare(501, methods)))
      }
    }

    return ActiveSyncServer.of({
      handle: (request, response) => {
        if (!path.test(request.url ?? "")) return false
        const exchange = openExchange(request, response)
        runFork(respond(exchange, answer(exchange)))
        return true
      },
      stop: Effect.sync(() => requests.stop())
    })
  })
)
