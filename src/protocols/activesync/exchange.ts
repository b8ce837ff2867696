import type { IncomingMessage, ServerResponse } from "node:http"
import { Cause, Effect, Option } from "effect"
import type { CorrelationId } from "../../domain/ids.ts"
import { correlationIdOf, traceIdOf } from "../../observability/correlation.ts"
import { secondsAfter } from "./refusals.ts"
import { later, packed, type Refusal, type Reply, takesGzip } from "./replies.ts"

/** A request and where its answer goes. */
export interface Exchange {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly correlationId: CorrelationId
  readonly takesGzip: boolean
}

/** The answer carries the ids of the request. */
export const openExchange = (request: IncomingMessage, response: ServerResponse): Exchange => {
  const correlationId = correlationIdOf(request.headers["x-correlation-id"])
  const traceId = traceIdOf(request.headers["x-trace-id"])
  response.setHeader("x-correlation-id", correlationId)
  if (traceId !== null) response.setHeader("x-trace-id", traceId)
  const gzip = takesGzip(request.headers["accept-encoding"])
  return { request, response, correlationId, takesGzip: gzip }
}

/** Answers, whatever happens. */
export const respond = (exchange: Exchange, answer: Effect.Effect<Reply, Refusal>): Effect.Effect<void> =>
  Effect.matchCauseEffect(answer, {
    onSuccess: (reply) => deliver(exchange, reply),
    onFailure: (cause) =>
      Option.match(Cause.failureOption(cause), {
        onSome: ({ reply }) => deliver(exchange, reply),
        onNone: () => apologise(exchange, cause)
      })
  })

const deliver = (exchange: Exchange, reply: Reply): Effect.Effect<void> =>
  (exchange.takesGzip ? packed(reply) : Effect.succeed(reply)).pipe(
    Effect.map((packedReply) => send(exchange.response, packedReply)),
    Effect.catchAllCause((cause) => apologise(exchange, cause))
  )

const apologise = ({ response, correlationId }: Exchange, cause: Cause.Cause<unknown>): Effect.Effect<void> =>
  secondsAfter("a request", cause).pipe(
    Effect.annotateLogs("correlation_id", correlationId),
    Effect.map((seconds) => send(response, later(seconds).reply))
  )

/** MS-ASHTTP 2.2.2.1.2. */
const always = { "ms-server-activesync": "16.1", "cache-control": "private" }

/** Where node has no words of its own. */
const reasons: Readonly<Record<number, string>> = { 449: "Retry after sending a PROVISION command" }

const send = (response: ServerResponse, { code, headers, body }: Reply): void => {
  if (response.destroyed || response.headersSent) return
  const all = { ...always, ...headers, "content-length": body?.length ?? 0 }
  const reason = reasons[code]
  if (reason === undefined) response.writeHead(code, all)
  else response.writeHead(code, reason, all)
  response.end(body ?? undefined)
}
