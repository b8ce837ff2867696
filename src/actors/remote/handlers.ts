import type { Headers } from "@effect/platform"
import { type Cause, Effect, Stream } from "effect"
import { Unavailable } from "../../domain/errors.ts"
import { under } from "../../observability/spans.ts"
import { parseTraceparent } from "../../observability/traceparent.ts"
import type { Mailboxes, Moved } from "../mailbox/MailboxProtocol.ts"
import type { HandOver } from "../sharding/Peers.ts"
import type { OwnerWatches } from "./OwnerWatches.ts"
import { RunnerRpcs } from "./RunnerRpcs.ts"

/** What this runner does for others. */
export interface Served {
  readonly mailboxes: Mailboxes["Type"]
  readonly handOver: (wish: HandOver) => Effect.Effect<void, Moved>
  /** Of one connection. */
  readonly watchesOf: (client: number) => OwnerWatches
}

export const handlers = ({ mailboxes, handOver, watchesOf }: Served) =>
  RunnerRpcs.of({
    Ask: (ask, { headers }) => served(mailboxes.ask(ask), headers),
    State: (mailboxId, { headers }) => served(mailboxes.state(mailboxId), headers),
    Subscribe: (subscription, { clientId, headers }) =>
      served(watchesOf(clientId).subscribe(subscription), headers),
    Unsubscribe: (watches, { clientId }) => Effect.sync(() => watchesOf(clientId).unsubscribe(watches)),
    Watch: (_, { clientId }) => Stream.repeatEffect(watchesOf(clientId).take),
    HandOver: (wish) => Effect.tapDefect(handOver(wish), logDefect)
  })

/** In the caller's trace. A bug here is nobody's over there. */
const served = <A, E>(
  effect: Effect.Effect<A, E>,
  headers: Headers.Headers
): Effect.Effect<A, E | Unavailable> =>
  Effect.catchAllDefect(
    under(Effect.tapDefect(effect, logDefect), parseTraceparent(headers["traceparent"])),
    () => new Unavailable({ what: "mailbox" })
  )

const logDefect = (cause: Cause.Cause<never>) =>
  Effect.logError("a call of another runner failed by a defect", cause)
