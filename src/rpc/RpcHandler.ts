import { setMaxListeners } from "node:events"
import type { IncomingMessage } from "node:http"
import { constants, type Http2ServerRequest } from "node:http2"
import {
  Code,
  ConnectError,
  type ContextValues,
  cors,
  createConnectRouter,
  createContextValues
} from "@connectrpc/connect"
import type { UniversalHandler, UniversalServerRequest } from "@connectrpc/connect/protocol"
import { codeToString } from "@connectrpc/connect/protocol-connect"
import {
  compressionGzip,
  universalRequestFromNodeRequest,
  universalResponseToNodeResponse
} from "@connectrpc/connect-node"
import { Cause, Context, Deferred, Duration, Effect, Exit, Layer, Option, Runtime, type Tracer } from "effect"
import { PermissionDenied } from "../domain/errors.ts"
import type { CorrelationId } from "../domain/ids.ts"
import { Identity } from "../identity/Identity.ts"
import type { Principal } from "../identity/Principal.ts"
import { correlationIdOf, headerText, traced, traceIdOf } from "../observability/correlation.ts"
import { metrics } from "../observability/metrics.ts"
import { ended } from "../observability/spans.ts"
import { Tracing } from "../observability/tracing.ts"
import { callKey, type KnownCall, makeBridge } from "./bridge.ts"
import { Health } from "./gen/grpc/health/v1/health_pb.ts"
import { isTenantSound } from "./headers.ts"
import { RpcConfig, type RpcSettings } from "./RpcConfig.ts"
import { type RpcResponse, refuse } from "./refuse.ts"
import { services } from "./routes/services.ts"
import { internalError, toConnectError } from "./status.ts"

export type RpcRequest = IncomingMessage | Http2ServerRequest

/** gRPC, gRPC-web and Connect calls of one process, over whatever server brings them. */
export class RpcHandler extends Context.Tag("postroom/rpc/RpcHandler")<
  RpcHandler,
  {
    /** Takes the request where its path is a method's; false = somebody else's. Never throws. */
    readonly handle: (request: RpcRequest, response: RpcResponse) => boolean
    /** Ends streams and refuses new calls; succeeds when no call is under way, or the drain timeout has passed. */
    readonly stop: Effect.Effect<void>
  }
>() {}

interface Exchange {
  readonly request: RpcRequest
  readonly response: RpcResponse
  readonly correlationId: CorrelationId
  readonly traceId: string | null
}

/** Aborted once, when the server begins to stop. Every open stream listens: node takes more than ten for a leak. */
const makeStopping = (): AbortController => {
  const stopping = new AbortController()
  setMaxListeners(0, stopping.signal)
  return stopping
}

const isHealth = (handler: UniversalHandler): boolean => handler.service.typeName === Health.typeName

export const layer = Layer.scoped(
  RpcHandler,
  Effect.gen(function* () {
    const settings = yield* RpcConfig
    const identity = yield* Identity
    const mount = yield* services
    const tracing = yield* Tracing
    const runtime = yield* Effect.runtime<never>()
    const runExit = Runtime.runPromiseExit(runtime)
    const runFork = Runtime.runFork(runtime)
    const runSync = Runtime.runSync(runtime)
    const stopping = makeStopping()
    const idle = yield* Deferred.make<void>()
    let underWay = 0

    const router = createConnectRouter({
      acceptCompression: [compressionGzip],
      compressMinBytes: settings.compressMinBytes,
      readMaxBytes: settings.maxRequestBytes,
      maxTimeoutMs: Duration.toMillis(settings.maxTimeout)
    })
    mount(router, makeBridge(runtime, stopping.signal), stopping.signal)
    const handlers = new Map(router.handlers.map((handler) => [handler.requestPath, handler]))

    const authenticate = async (
      request: RpcRequest,
      {
        handler,
        correlationId
      }: { readonly handler: UniversalHandler; readonly correlationId: CorrelationId }
    ): Promise<Principal | undefined> => {
      if (isHealth(handler)) return undefined
      const authorization = headerText(request.headers.authorization)
      const ip = request.socket?.remoteAddress ?? null
      const signedIn = identity.fromHeaders({ authorization }, { ip })
      const exit = await runExit(Effect.annotateLogs(signedIn, "correlation_id", correlationId))
      if (Exit.isFailure(exit)) {
        const failure = Cause.failureOption(exit.cause)
        throw Option.isSome(failure) ? toConnectError(failure.value) : exit.cause
      }
      const principal = exit.value
      const tenantId = principal._tag === "User" ? principal.tenantId : null
      if (!isTenantSound(request.headers["x-tenant"], tenantId)) throw toConnectError(new PermissionDenied())
      return principal
    }

    const answer = async (exchange: Exchange, handler: UniversalHandler): Promise<void> => {
      const { request, response, correlationId, traceId } = exchange
      if (stopping.signal.aborted) throw new ConnectError("The server is stopping.", Code.Unavailable)
      const principal = await authenticate(request, { handler, correlationId })
      // Gone while its password was checked.
      if (response.destroyed) return
      const values = createContextValues()
      if (principal !== undefined) {
        if (principal._tag === "User") response.setHeader("x-tenant", principal.tenantId)
        const remote = request.socket?.remoteAddress ?? null
        const call = { principal, correlationId, remote, origin: "grpc" }
        const span = trace(exchange, handler, principal)
        if (span !== null) {
          response.setHeader("x-trace-id", span.traceId)
          // Before its method was reached, if the method has not ended it.
          response.once("close", () => runSync(ended([span], Exit.fail({ _tag: "Refused" }))))
        }
        values.set(callKey, { call, traceId: span?.traceId ?? traceId, span } satisfies KnownCall)
      }
      const result = await handler(universal(request, response, values))
      await universalResponseToNodeResponse(result, response)
    }

    const trace = (
      { request, correlationId }: Exchange,
      { service, method }: UniversalHandler,
      principal: Principal
    ): Tracer.Span | null =>
      traced(tracing, request.headers, () => ({
        name: `${service.name}/${method.name}`,
        kind: "server",
        attributes: {
          correlation_id: correlationId,
          ...(principal._tag === "User" ? { tenant: principal.tenantId } : {})
        }
      }))

    const onThrown =
      ({ request, response, correlationId }: Exchange, handler: UniversalHandler) =>
      (thrown: unknown) => {
        if (response.destroyed || response.headersSent) return
        const error = thrown instanceof ConnectError ? thrown : internalError(correlationId)
        if (error.code === Code.Internal) {
          const log = Effect.logError("a request failed by a defect", Cause.die(thrown))
          runFork(Effect.annotateLogs(log, { correlation_id: correlationId }))
        }
        const route = `${handler.service.name}/${handler.method.name}`
        metrics.httpRequests.inc({ route, code: codeToString(error.code) })
        refuse(request.headers, response, error)
      }

    const serve = (request: RpcRequest, response: RpcResponse, handler: UniversalHandler): Promise<void> => {
      const correlationId = correlationIdOf(request.headers["x-correlation-id"])
      const traceId = traceIdOf(request.headers["x-trace-id"])
      response.setHeader("x-correlation-id", correlationId)
      if (traceId !== null) response.setHeader("x-trace-id", traceId)
      const exchange = { request, response, correlationId, traceId }
      return answer(exchange, handler).catch(onThrown(exchange, handler))
    }

    const isEnded = () => stopping.signal.aborted && underWay === 0

    return RpcHandler.of({
      handle: (request, response) => {
        const handler = handlers.get(request.url?.split("?", 1)[0] ?? "")
        if (handler === undefined) return false
        if (answersCors(settings, request, response)) return true
        underWay++
        dropUnread(request)
        response.once("close", () => {
          underWay--
          if (isEnded()) Deferred.unsafeDone(idle, Exit.void)
        })
        void serve(request, response, handler)
        return true
      },
      stop: Effect.suspend(() => {
        stopping.abort()
        if (isEnded()) Deferred.unsafeDone(idle, Exit.void)
        // Finalizers run uninterruptibly, and a wait that cannot be interrupted never times out.
        return Effect.timeoutOption(Effect.interruptible(Deferred.await(idle)), settings.drainTimeout)
      })
    })
  })
)

/** A caller whose authority is no host makes a URL that cannot be. */
const universal = (
  request: RpcRequest,
  response: RpcResponse,
  values: ContextValues
): UniversalServerRequest => {
  try {
    return universalRequestFromNodeRequest(request, response, undefined, values)
  } catch {
    throw new ConnectError("The request names no host.", Code.InvalidArgument)
  }
}

/**
 * What an answered caller still sends is never read, and over HTTP/2 it would wait for that forever: so once the trailers
 * are on their way it is told to stop (RFC 9113 8.1). Over HTTP/1.1 node reads and forgets it.
 */
const dropUnread = (request: RpcRequest): void => {
  if (!("stream" in request)) return
  const { stream } = request
  stream.once("wantTrailers", () => {
    setImmediate(() => {
      if (request.complete) return
      stream.close(constants.NGHTTP2_NO_ERROR)
      // A stream with bytes left to read would never end by itself.
      stream.destroy()
    })
  })
}

const ownHeaders = ["Authorization", "X-Correlation-Id", "X-Trace-Id", "X-Tenant", "Traceparent"]

/** Lets pages of the configured origins in (Fetch standard, "CORS protocol"); true where that was all that was asked. */
const answersCors = (settings: RpcSettings, request: RpcRequest, response: RpcResponse): boolean => {
  const { origin } = request.headers
  if (origin === undefined || !settings.corsOrigins.includes(origin)) return false
  response.setHeader("access-control-allow-origin", origin)
  response.setHeader("vary", "origin")
  response.setHeader("access-control-expose-headers", [...cors.exposedHeaders, ...ownHeaders].join(", "))
  if (request.method !== "OPTIONS") return false
  response.setHeader("access-control-allow-methods", cors.allowedMethods.join(", "))
  response.setHeader("access-control-allow-headers", [...cors.allowedHeaders, ...ownHeaders].join(", "))
  response.setHeader("access-control-max-age", "7200")
  response.statusCode = 204
  response.end()
  return true
}
