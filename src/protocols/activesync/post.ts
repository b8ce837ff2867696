import type { IncomingMessage } from "node:http"
import { Cause, Clock, Effect, FiberRef, HashMap, Schedule, type Tracer } from "effect"
import { type CoreError, isTemporary } from "../../domain/errors.ts"
import { DeviceId } from "../../domain/ids.ts"
import type { Identity } from "../../identity/Identity.ts"
import { principalName, type UserPrincipal } from "../../identity/Principal.ts"
import { traced } from "../../observability/correlation.ts"
import { metrics } from "../../observability/metrics.ts"
import { within } from "../../observability/spans.ts"
import type { Tracing } from "../../observability/tracing.ts"
import { perWindow, type RateLimits } from "../../storage/limits/RateLimits.ts"
import type { ActiveSyncSettings } from "./ActiveSyncConfig.ts"
import type { Request } from "./Command.ts"
import type { Commands } from "./Commands.ts"
import { type DeviceRequests, deviceName, type UnderWay, type Whose } from "./DeviceRequests.ts"
import type { Exchange } from "./exchange.ts"
import { deviceProblem, type Head, readHead } from "./head.ts"
import { offers, resyncHeaders } from "./offers.ts"
import { digestOf, readPayload } from "./payload.ts"
import { readQuery } from "./query.ts"
import type { Repeats } from "./Repeats.ts"
import { type Refused, replyToCause } from "./refusals.ts"
import { counted, later, Refusal, type Reply, refused, replyOf, withHeaders } from "./replies.ts"
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
  readonly whose: Whose
}

/** A request that was read whole: all that is kept of it while its command is carried out, maybe for an hour. */
export interface Turn {
  readonly received: Request
  /** Names it where it is looked for again; null where it is not. */
  readonly repeated: string | null
  readonly underWay: UnderWay
  readonly span: Tracer.Span | null
  readonly startedAt: number
}

/** A POST in two steps: while the second waits, nothing is left of the first. */
export interface Post {
  /** Who it is, what it asks, whether it may, and only then its body. */
  readonly prepare: (exchange: Exchange) => Effect.Effect<Turn, Refusal>
  readonly carryOut: (turn: Turn) => Effect.Effect<Reply>
}

const tooManyAtOnceSeconds = 5

/** What was away a moment ago may be so again. */
const patiently = Schedule.spaced("1 second").pipe(Schedule.upTo("30 seconds"))

/** Answers POSTs (MS-ASHTTP 2.2.1). */
export const makePost = (parts: PostParts): Post => {
  const { settings, identity, limits, commands, tracing, requests, repeats } = parts

  const admit = Effect.fnUntraced(function* ({ request }: Exchange) {
    const principal = yield* signedIn(identity, request)
    const query = readQuery(queryOf(request))
    if (query === null) return yield* refused(400)
    const head = yield* readHead(query, request.headers)
    yield* checkDevice(head)
    const { tenantId, mailboxId } = principal
    const whose = { tenantId, mailboxId, deviceId: DeviceId(head.deviceId) }
    yield* keepToRate(deviceName(whose))
    return { head, principal, whose } satisfies Admitted
  })

  /** Before its id becomes part of keys. */
  const checkDevice = Effect.fnUntraced(function* (head: Head) {
    const status = deviceProblem(head)
    if (status === null) return
    const reply = yield* replyToCause(Cause.fail(new StatusError({ status })), head)
    return yield* new Refusal({ reply })
  })

  const keepToRate = Effect.fnUntraced(function* (device: string) {
    if (settings.requestsPerMinute === 0) return
    const limit = perWindow(settings.requestsPerMinute, "1 minute")
    const { isWithin, waitMillis } = yield* limits.take({ who: device, route: "activesync" }, limit)
    if (!isWithin) return yield* later(waitMillis / 1000)
  })

  const receive = Effect.fnUntraced(function* (
    { request, response, correlationId }: Exchange,
    { head, principal, whose }: Admitted,
    underWay: UnderWay
  ) {
    const startedAt = performance.now()
    const { tenantId: tenant, mailboxId, address } = principal
    yield* annotated({ correlation_id: correlationId, user: principalName(principal), tenant })
    const span = traced(tracing, request.headers, () => ({
      name: `ActiveSync/${head.command}`,
      kind: "server",
      attributes: { correlation_id: correlationId, tenant }
    }))
    if (span !== null) response.setHeader("x-trace-id", span.traceId)
    const { document, mime, digest } = yield* readPayload(request, head, settings)
    const repeated = digest === null ? null : `${deviceName(whose)} ${head.command} ${digest}`
    if (repeated !== null) yield* slowDown(repeated, head)
    const remote = request.socket.remoteAddress ?? null
    const { gone } = underWay
    const received = { ...head, principal, mailboxId, address, correlationId, remote, document, mime, gone }
    return { received, repeated, underWay, span, startedAt } satisfies Turn
  })

  /** Told in the log while it is slowed down, which is a few times; who is refused may come as often as it likes. */
  const slowDown = Effect.fnUntraced(function* (repeated: string, { command, deviceId }: Head) {
    const slowing = repeats.ask(repeated, yield* Clock.currentTimeMillis)
    if (slowing === null) return
    metrics.activesyncRepeats.inc({ command, outcome: slowing._tag })
    if (slowing._tag === "refuse") return yield* later(slowing.millis / 1000)
    yield* Effect.annotateLogs(Effect.logWarning("a device asks the same again and again"), {
      command,
      device: deviceId
    })
    yield* Effect.sleep(slowing.millis)
  })

  const begin = (exchange: Exchange, admitted: Admitted): Effect.Effect<Turn, Refusal> => {
    const { head, whose } = admitted
    const underWay = requests.begin(whose, head.command)
    if (underWay === null) {
      return new Refusal({ reply: counted(head.command, later(tooManyAtOnceSeconds).reply) })
    }
    if (exchange.response.destroyed) underWay.leave("gone")
    else exchange.response.once("close", () => underWay.leave("gone"))
    return Effect.catchAllCause(receive(exchange, admitted, underWay), (cause) =>
      Effect.flatMap(replyToCause(cause, head), (reply) => {
        underWay.end()
        return new Refusal({ reply: counted(head.command, reply) })
      })
    )
  }

  const running = ({ received, span, underWay }: Turn): Effect.Effect<Reply, Refused> => {
    const command = commands[received.command]
    if (command === undefined) return new StatusError({ status: 137 })
    const admitted = Effect.map(parts.admit(received), () => underWay.admitted(isStillLetIn(received)))
    return Effect.map(within(Effect.zipRight(admitted, command(received)), span), replyOf)
  }

  /** As a Sync would be, which is told of the policy. False where nobody can say so for a while. */
  const isStillLetIn = (received: Request): Effect.Effect<boolean> =>
    Effect.suspend(() => parts.admit({ ...received, command: "Sync" })).pipe(
      Effect.retry({
        schedule: patiently,
        while: (error) => error._tag !== "StatusError" && isTemporary(error)
      }),
      Effect.isSuccess
    )

  const finish = ({ received, repeated, underWay, startedAt }: Turn, reply: Reply): Reply => {
    const { command } = received
    underWay.end()
    if (repeated !== null) repeats.answered(repeated, digestOf(reply.body ?? "") ?? "")
    counted(command, reply)
    if (!underWay.hasParked) {
      metrics.activesyncDuration.observe({ command }, (performance.now() - startedAt) / 1000)
    }
    return beginsAnew(received) ? withHeaders(reply, { ...offers(commands), ...resyncHeaders }) : reply
  }

  return {
    prepare: (exchange) =>
      admit(exchange).pipe(
        Effect.tapError(({ reply }) => Effect.sync(() => counted("unknown", reply))),
        Effect.flatMap((admitted) => begin(exchange, admitted))
      ),
    carryOut: (turn) =>
      Effect.matchCauseEffect(running(turn), {
        onSuccess: (reply) => Effect.sync(() => finish(turn, reply)),
        onFailure: (cause) => Effect.map(replyToCause(cause, turn.received), (reply) => finish(turn, reply))
      })
  }
}

/** For the rest of the fiber: a scope of its own would be kept beside every parked request. */
const annotated = (fields: Readonly<Record<string, string>>): Effect.Effect<void> =>
  FiberRef.update(FiberRef.currentLogAnnotations, (annotations) =>
    HashMap.union(annotations, HashMap.fromIterable(Object.entries(fields)))
  )

const queryOf = ({ url = "" }: IncomingMessage): string => {
  const at = url.indexOf("?")
  return at < 0 ? "" : url.slice(at + 1)
}

/** Such a client is told again what there is (MS-ASHTTP_R1202). */
const beginsAnew = ({ command, document }: Request): boolean =>
  command === "FolderSync" && document !== null && childText(document, "FolderHierarchy:SyncKey") === "0"
