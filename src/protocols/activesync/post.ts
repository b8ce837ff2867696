import type { IncomingMessage } from "node:http"
import { Clock, Effect } from "effect"
import type { CoreError } from "../../domain/errors.ts"
import type { Identity } from "../../identity/Identity.ts"
import { principalName, type UserPrincipal } from "../../identity/Principal.ts"
import { traced } from "../../observability/correlation.ts"
import { metrics } from "../../observability/metrics.ts"
import { within } from "../../observability/spans.ts"
import type { Tracing } from "../../observability/tracing.ts"
import { perWindow, type RateLimits } from "../../storage/limits/RateLimits.ts"
import type { ActiveSyncSettings } from "./ActiveSyncConfig.ts"
import type { Answer, Request } from "./Command.ts"
import type { Commands } from "./Commands.ts"
import type { DeviceRequests, UnderWay } from "./DeviceRequests.ts"
import type { Exchange } from "./exchange.ts"
import { deviceProblem, type Head, readHead } from "./head.ts"
import { offers, resyncHeaders } from "./offers.ts"
import { digestOf, readPayload } from "./payload.ts"
import { readQuery } from "./query.ts"
import type { Repeats } from "./Repeats.ts"
import { type Refused, replyToCause } from "./refusals.ts"
import { type HttpRefusal, later, type Reply, refused, replyOf, withHeaders } from "./replies.ts"
import { signedIn } from "./signIn.ts"
import { StatusError } from "./status.ts"
import { childText } from "./wbxml/element.ts"

export interface PostParts {
  /** Refuses requests of devices that may not. */
  readonly admit: (request: Request) => Effect.Effect<void, StatusError | CoreError>
  readonly settings: ActiveSyncSettings
  readonly identity: Identity["Type"]
  readonly limits: RateLimits["Type"]
  readonly commands: Commands["Type"]
  readonly tracing: Tracing["Type"]
  readonly requests: DeviceRequests
  readonly repeats: Repeats
}

/** A device that may ask now. */
interface Admitted {
  readonly head: Head
  readonly principal: UserPrincipal
  /** Names the device among all. */
  readonly device: string
}

/** A command's request, read whole. */
interface Received {
  readonly received: Request
  /** Names it where it is looked for again. */
  readonly repeated: string | null
}

const tooManyAtOnceSeconds = 5

/** Answers a POST (MS-ASHTTP 2.2.1): who it is, what it asks, whether it may, and only then its body. */
export const makePost = (parts: PostParts) => {
  const { settings, identity, limits, commands, tracing, requests, repeats } = parts

  const admit = Effect.fnUntraced(function* ({ request }: Exchange) {
    const principal = yield* signedIn(identity, request)
    const query = readQuery(queryOf(request))
    if (query === null) return yield* refused(400)
    const head = yield* readHead(query, request.headers)
    const device = `${principal.mailboxId}:${head.deviceId}`
    yield* keepToRate(device)
    return { head, principal, device } satisfies Admitted
  })

  const keepToRate = Effect.fnUntraced(function* (device: string) {
    if (settings.requestsPerMinute === 0) return
    const limit = perWindow(settings.requestsPerMinute, "1 minute")
    const { isWithin, waitMillis } = yield* limits.take({ who: device, route: "activesync" }, limit)
    if (!isWithin) return yield* later(waitMillis / 1000)
  })

  const receive = Effect.fnUntraced(function* (
    { request, correlationId }: Exchange,
    { head, principal, device }: Admitted,
    { gone }: UnderWay
  ) {
    const problem = deviceProblem(head)
    if (problem !== null) return yield* new StatusError({ status: problem })
    const { document, mime, digest } = yield* readPayload(request, head, settings)
    const repeated = digest === null ? null : `${device} ${head.command} ${digest}`
    if (repeated !== null) yield* slowDown(repeated, head)
    const received = {
      ...head,
      principal,
      mailboxId: principal.mailboxId,
      address: principal.address,
      correlationId,
      remote: request.socket.remoteAddress ?? null,
      document,
      mime,
      gone
    }
    return { received, repeated } satisfies Received
  })

  const slowDown = Effect.fnUntraced(function* (repeated: string, { command }: Head) {
    const slowing = repeats.ask(repeated, yield* Clock.currentTimeMillis)
    if (slowing === null) return
    metrics.activesyncRepeats.inc({ command, outcome: slowing._tag })
    if (slowing._tag === "refuse") return yield* later(slowing.millis / 1000)
    yield* Effect.sleep(slowing.millis)
  })

  const run = ({ received, repeated }: Received): Effect.Effect<Reply> => {
    const command = commands[received.command]
    const running: Effect.Effect<Answer, Refused> =
      command === undefined
        ? new StatusError({ status: 137 })
        : Effect.zipRight(parts.admit(received), command(received))
    return running.pipe(
      Effect.map(replyOf),
      Effect.catchAllCause((cause) => replyToCause(cause, received)),
      Effect.map((reply) => {
        if (repeated !== null) repeats.answered(repeated, digestOf(reply.body ?? "") ?? "")
        return beginsAnew(received) ? withHeaders(reply, { ...offers(commands), ...resyncHeaders }) : reply
      })
    )
  }

  const answer = (exchange: Exchange, admitted: Admitted, underWay: UnderWay): Effect.Effect<Reply> => {
    const { request, response, correlationId } = exchange
    const { head, principal } = admitted
    const span = traced(tracing, request.headers, () => ({
      name: `ActiveSync/${head.command}`,
      kind: "server",
      attributes: { correlation_id: correlationId, tenant: principal.tenantId }
    }))
    if (span !== null) response.setHeader("x-trace-id", span.traceId)
    return within(Effect.flatMap(receive(exchange, admitted, underWay), run), span).pipe(
      Effect.catchAllCause((cause) => replyToCause(cause, head)),
      Effect.annotateLogs({
        correlation_id: correlationId,
        user: principalName(principal),
        tenant: principal.tenantId
      })
    )
  }

  const inTurn = (exchange: Exchange, admitted: Admitted): Effect.Effect<Reply, HttpRefusal> => {
    const { command } = admitted.head
    const underWay = requests.begin(admitted.device, command)
    if (underWay === null) return later(tooManyAtOnceSeconds)
    const startedAt = performance.now()
    if (exchange.response.destroyed) underWay.leave()
    else exchange.response.once("close", underWay.leave)
    return Effect.map(answer(exchange, admitted, underWay), (reply) => {
      underWay.end()
      metrics.activesyncRequests.inc({ command, status: reply.status })
      if (!underWay.hasParked) {
        metrics.activesyncDuration.observe({ command }, (performance.now() - startedAt) / 1000)
      }
      return reply
    })
  }

  return (exchange: Exchange): Effect.Effect<Reply, HttpRefusal> =>
    Effect.flatMap(admit(exchange), (admitted) => inTurn(exchange, admitted))
}

const queryOf = ({ url = "" }: IncomingMessage): string => {
  const at = url.indexOf("?")
  return at < 0 ? "" : url.slice(at + 1)
}

/** Such a client is told again what there is (MS-ASHTTP_R1202). */
const beginsAnew = ({ command, document }: Request): boolean =>
  command === "FolderSync" && document !== null && childText(document, "FolderHierarchy:SyncKey") === "0"
