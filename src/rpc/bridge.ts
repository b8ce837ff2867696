import { Code, ConnectError, createContextKey, type HandlerContext } from "@connectrpc/connect"
import { codeToString } from "@connectrpc/connect/protocol-connect"
import { Cause, Effect, Either, Exit, Option, Runtime, Stream, type Tracer } from "effect"
import type { CoreError } from "../domain/errors.ts"
import { type Principal, principalName } from "../identity/Principal.ts"
import { metrics } from "../observability/metrics.ts"
import { ended, under } from "../observability/spans.ts"
import type { Call } from "./Call.ts"
import { openPulls } from "./pulls.ts"
import { internalError, toConnectError } from "./status.ts"
import { read } from "./wire/fromWire.ts"

/** What a server knows of a request once it knows who asks. */
export interface KnownCall {
  readonly call: Call
  readonly traceId: string | null
  /** Null where the call is not traced. Ends with the call. */
  readonly span: Tracer.Span | null
}

export const callKey = createContextKey<KnownCall | undefined>(undefined)

/** How requests become inputs and answers become responses. `read` may throw InvalidRequest. */
interface Codec<Request, I, A, Response> {
  readonly read: (request: Request, principal: Principal) => I
  readonly write: (answer: A) => Response
}

/** Lets Connect call methods that are effects. Made once for a server. */
export interface Bridge {
  readonly unary: <Request, I, A, Response>(
    method: (call: Call, input: I) => Effect.Effect<A, CoreError>,
    codec: Codec<Request, I, A, Response>
  ) => (request: Request, context: HandlerContext) => Promise<Response>
  readonly stream: <Request, I, A, Response>(
    method: (call: Call, input: I) => Stream.Stream<A, CoreError>,
    codec: Codec<Request, I, A, Response>
  ) => (request: Request, context: HandlerContext) => AsyncIterable<Response>
}

/** `stopping` aborts when the server stops: streams end then, so that their clients go elsewhere. */
export const makeBridge = (runtime: Runtime.Runtime<never>, stopping: AbortSignal): Bridge => {
  const runExit = Runtime.runPromiseExit(runtime)
  const runFork = Runtime.runFork(runtime)

  /** Tells the operator of a bug, the caller only under which name. */
  const thrown = (cause: Cause.Cause<CoreError>, context: HandlerContext): ConnectError => {
    const failure = Cause.failureOption(cause)
    if (Option.isSome(failure)) return toConnectError(failure.value)
    if (Cause.isInterruptedOnly(cause)) return stopping.aborted ? stopped() : interrupted(context)
    const { call, fields } = callOf(context)
    runFork(Effect.annotateLogs(Effect.logError("a call failed by a defect", cause), fields))
    return internalError(call.correlationId)
  }

  return {
    unary: (method, codec) => async (request, context) => {
      const { call, span, fields } = callOf(context)
      const done = measure(context, span)
      const input = read(() => codec.read(request, call.principal))
      const effect = Either.isLeft(input) ? Effect.fail(input.left) : method(call, input.right)
      const exit = await runExit(under(Effect.annotateLogs(effect, fields), span), { signal: context.signal })
      if (Exit.isSuccess(exit)) {
        done("ok")
        return codec.write(exit.value)
      }
      const error = thrown(exit.cause, context)
      done(codeToString(error.code))
      throw error
    },

    stream: (method, codec) =>
      async function* (request, context) {
        const { call, span, fields } = callOf(context)
        const done = measure(context, span)
        const input = read(() => codec.read(request, call.principal))
        const stream = Either.isLeft(input) ? Stream.fail(input.left) : method(call, input.right)
        let isBegun = false
        const pulls = openPulls(stream, {
          runtime,
          until: [context.signal, stopping],
          annotate: (pull) => {
            // How it begins is told in its trace; a watch may go on for days.
            const within = isBegun ? null : span
            isBegun = true
            return under(Effect.annotateLogs(pull, fields), within)
          },
          thrown: (cause) => thrown(cause, context)
        })
        let code = "canceled"
        try {
          for (let answers = await pulls.next(); answers !== undefined; answers = await pulls.next()) {
            for (const answer of answers) yield codec.write(answer)
          }
          code = "ok"
        } catch (error) {
          code = codeToString(ConnectError.from(error).code)
          throw error
        } finally {
          done(code)
          await pulls.close()
        }
      }
  }
}

const stopped = () => new ConnectError("The server is stopping; connect again.", Code.Unavailable)

/** Deadline passed, caller gone, or server stopping: Connect has put the reason on the signal. */
const interrupted = (context: HandlerContext): ConnectError => {
  const { reason } = context.signal
  return reason instanceof ConnectError ? reason : new ConnectError("The call was given up.", Code.Canceled)
}

const callOf = (context: HandlerContext) => {
  const known = context.values.get(callKey)
  // Only a server that forgot to authenticate gets here.
  if (known === undefined) throw new ConnectError("No caller.", Code.Internal)
  const { call, traceId, span } = known
  return {
    call,
    span,
    fields: {
      correlation_id: call.correlationId,
      user: principalName(call.principal),
      ...(call.principal._tag === "User" ? { tenant: call.principal.tenantId } : {}),
      ...(traceId === null ? {} : { trace_id: traceId })
    }
  }
}

/** Counts the call once it ends, and ends its span. */
const measure = (context: HandlerContext, span: Tracer.Span | null) => {
  const startedAt = performance.now()
  const route = `${context.service.name}/${context.method.name}`
  return (code: string): void => {
    metrics.httpRequests.inc({ route, code })
    metrics.requestDuration.observe({ route, code }, (performance.now() - startedAt) / 1000)
    if (span === null) return
    span.attribute("outcome", code)
    Effect.runSync(ended([span], code === "ok" ? Exit.void : Exit.fail({ _tag: code })))
  }
}
