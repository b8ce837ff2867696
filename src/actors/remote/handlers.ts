import type { Headers } from "@effect/platform"
import { Effect, Stream } from "effect"
import { under } from "../../observability/spans.ts"
import { parseTraceparent } from "../../observability/traceparent.ts"
import type { Mailboxes, Moved } from "../mailbox/MailboxProtocol.ts"
import type { HandOver } from "../sharding/Peers.ts"
import type { OwnerWatches } from "./OwnerWatches.ts"
import { RunnerRpcs } from "./RunnerRpcs.ts"
import { served } from "./served.ts"

/** What this runner does for others. */
export interface Served {
  readonly mailboxes: Mailboxes["Type"]
  readonly handOver: (wish: HandOver) => Effect.Effect<void, Moved>
  /** Of one connection. */
  readonly watchesOf: (client: number) => OwnerWatches
}

export const handlers = ({ mailboxes, handOver, watchesOf }: Served) =>
  RunnerRpcs.of({
    Ask: (ask, { headers }) =>
      inTraceOf(
        headers,
        served(() => mailboxes.ask(ask))
      ),
    State: (mailboxId, { headers }) =>
      inTraceOf(
        headers,
        served(() => mailboxes.state(mailboxId))
      ),
    Subscribe: (subscriptions, { clientId }) => watchesOf(clientId).subscribe(subscriptions),
    Unsubscribe: (watches, { clientId }) => Effect.sync(() => watchesOf(clientId).unsubscribe(watches)),
    Watch: (_, { clientId }) => Stream.repeatEffect(watchesOf(clientId).take),
    HandOver: (wish) =>
      Effect.catchTag(
        served(() => handOver(wish)),
        "Unavailable",
        Effect.die
      )
  })

/** The caller's. */
const inTraceOf = <A, E>(headers: Headers.Headers, effect: Effect.Effect<A, E>): Effect.Effect<A, E> =>
  under(effect, parseTraceparent(headers["traceparent"]))
