import { Rpc, RpcGroup } from "@effect/rpc"
import { Schema } from "effect"
import type { CommandResult } from "../../domain/Command.ts"
import type { Folder } from "../../domain/Folder.ts"
import type { MailboxId } from "../../domain/ids.ts"
import type { MailboxState } from "../../domain/mailbox/State.ts"
import { type Ask, Moved } from "../mailbox/MailboxProtocol.ts"
import type { HandOver } from "../sharding/Peers.ts"
import type { News } from "./news.ts"
import { Refusal } from "./refusals.ts"

/** Runners trust each other: what one sends is of our own types, and JSON can say it as it is. */
const trusted = <A>() => Schema.declare((_): _ is A => true)

interface StateInJson extends Omit<MailboxState, "folders"> {
  readonly folders: ReadonlyArray<Folder>
}

const State = Schema.transform(trusted<StateInJson>(), trusted<MailboxState>(), {
  strict: true,
  decode: (state) => ({ ...state, folders: new Map(state.folders.map((folder) => [folder.id, folder])) }),
  encode: (state) => ({ ...state, folders: [...state.folders.values()] })
})

/** Somebody there waits for a mailbox here, under a number of the connection's. */
export interface Subscription {
  readonly watch: number
  readonly mailboxId: MailboxId
}

/** What a runner does for others. Headers may name the `traceparent` that a call belongs to. */
export const RunnerRpcs = RpcGroup.make(
  Rpc.make("Ask", { payload: trusted<Ask>(), success: trusted<CommandResult>(), error: Refusal }),
  Rpc.make("State", { payload: trusted<MailboxId>(), success: State, error: Refusal }),
  /** Answered once each of them stands or does not; which, Watch tells. */
  Rpc.make("Subscribe", { payload: trusted<ReadonlyArray<Subscription>>() }),
  Rpc.make("Unsubscribe", { payload: trusted<ReadonlyArray<number>>() }),
  /** What becomes of all that the connection subscribed to, until there is a last word or Unsubscribe. */
  Rpc.make("Watch", { success: trusted<ReadonlyArray<News>>(), stream: true }),
  Rpc.make("HandOver", { payload: trusted<HandOver>(), error: Moved })
)
