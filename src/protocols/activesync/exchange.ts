import type { IncomingMessage, ServerResponse } from "node:http"
import { Effect } from "effect"
import type { CorrelationId } from "../../domain/ids.ts"
import { correlationIdOf, traceIdOf } from "../../observability/correlation.ts"
import { type HttpRefusal, later, packed, type Reply } from "./replies.ts"

/** A request and where its answer goes. */
export interface Exchange {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly correlationId: CorrelationId
}

/** The answer carries the ids of the request. */
export const openExchange = (request: IncomingMessage, response: ServerResponse): Exchange => {
  const correlationId = correlationIdOf(request.headers["x-correlation-id"])
  const traceId = traceIdOf(request.headers["x-trace-id"])
  response.setHeader("x-correlation-id", correlationId)
  if (traceId !== null) response.setHeader("x-trace-id", traceId)
  return { request, response, correlationId }
}

/** A bug may pass, or be mended. */
const afterDefectSeconds = 60

/** Answers, whatever happens. */
export const respond = (
  { request, response, correlationId }: Exchange,
  answer: Effect.Effect<Reply, HttpRefusal>
): Effect.Effect<void> =>
  answer.pipe(
    Effect.catchAll(({ reply }) => Effect.succeed(reply)),
    Effect.flatMap((reply) => packed(reply, request.headers["accept-encoding"])),
    Effect.catchAllCause((cause) =>
      Effect.logError("a request failed by a defect", cause).pipe(
        Effect.annotateLogs("correlation_id", correlationId),
        Effect.as(later(afterDefectSeconds).reply)
      )
    ),
    Effect.map((reply) => send(response, reply))
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
