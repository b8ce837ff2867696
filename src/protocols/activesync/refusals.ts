import { Cause, Effect, Option } from "effect"
import type { CoreError } from "../../domain/errors.ts"
import type { BodyRefused } from "./body.ts"
import { carry, statusOfCore } from "./carrier.ts"
import type { Head } from "./head.ts"
import { bare, documentReply, later, type Refusal, type Reply, signInFirst } from "./replies.ts"
import { StatusError } from "./status.ts"

/** Everything that a request may fail with once it is known what it asks. */
export type Refused = Refusal | BodyRefused | StatusError | CoreError

const retrySeconds = { usual: 10, stopping: 5, defect: 60 }

/** The answer to a request that failed. */
export const replyToCause = (cause: Cause.Cause<Refused>, head: Head): Effect.Effect<Reply> => {
  const failure = Cause.failureOption(cause)
  return Option.isSome(failure)
    ? Effect.succeed(replyTo(failure.value, head))
    : Effect.map(secondsAfter("an ActiveSync command", cause), (retryAfter) =>
        replyTo(new StatusError({ status: 111, retryAfter }), head)
      )
}

/**
 * Seconds until what was broken off may work. A defect is told to the operator, and may pass or be mended; a server that
 * stops is soon there again, or another is.
 */
export const secondsAfter = (what: string, cause: Cause.Cause<unknown>): Effect.Effect<number> =>
  Cause.isInterruptedOnly(cause)
    ? Effect.succeed(retrySeconds.stopping)
    : Effect.as(Effect.logError(`${what} failed by a defect`, cause), retrySeconds.defect)

const replyTo = (error: Refused, head: Head): Reply => {
  switch (error._tag) {
    case "Refusal":
      return error.reply
    case "BodyRefused":
      // What a slow client still sends is not waited for.
      return bare(error.code, error.code === 408 ? { connection: "close" } : {})
    case "StatusError":
      return carried(error, head)
    case "Unauthenticated":
      return signInFirst.reply
    default:
      return carried(statusOfCore(error), head)
  }
}

const carried = ({ status, retryAfter = retrySeconds.usual }: StatusError, head: Head): Reply => {
  const carrier = carry(status, head)
  if (carrier._tag === "InDocument") return documentReply(carrier.document)
  return carrier.code === 503 ? later(retryAfter).reply : bare(carrier.code)
}
