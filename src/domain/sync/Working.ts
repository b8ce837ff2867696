import { Either } from "effect"
import type { Change, JournalEntry, Origin } from "../Change.ts"
import type { Decision } from "../Command.ts"
import type { MessageId } from "../ids.ts"
import { ModSeq } from "../ids.ts"
import type { NewMessage, StoredMessage } from "../Message.ts"
import type { Decided, Refusal, View } from "../mailbox/decide/View.ts"
import { evolveAll, evolveMessage } from "../mailbox/evolve.ts"
import type { MailboxState } from "../mailbox/State.ts"

/** A mailbox while a command that is made of several is decided: each is decided on what the former left. */
export interface Working {
  readonly before: View
  state: MailboxState
  readonly messages: Map<MessageId, StoredMessage>
  readonly changes: Array<Change>
  readonly origins: Array<Origin>
  readonly contents: Map<MessageId, NewMessage>
}

export const startWorking = (view: View, messages: Iterable<StoredMessage>): Working => ({
  before: view,
  state: view.state,
  messages: new Map([...view.messages, ...[...messages].map((message) => [message.id, message] as const)]),
  changes: [],
  origins: [],
  contents: new Map()
})

/** Decides a step and applies it; where it is refused, nothing of it is. `content` is of the message that it adds. */
export const step = (
  working: Working,
  decide: (view: View) => Decided,
  { origin, content }: { readonly origin: Origin; readonly content?: NewMessage }
): Either.Either<Decision, Refusal> =>
  Either.map(decide({ ...working.before, state: working.state, messages: working.messages }), (decision) => {
    working.state = evolveAll(working.state, decision.changes)
    for (const change of decision.changes) {
      working.changes.push(change)
      working.origins.push(origin)
      keep(working, change, content)
    }
    return decision
  })

const keep = ({ messages, contents }: Working, change: Change, content: NewMessage | undefined): void => {
  if (change._tag === "MessageAdded") {
    if (content === undefined) return
    const { _tag, messageId: id, ...added } = change
    messages.set(id, { ...added, id, receivedAt: content.receivedAt })
    contents.set(id, content)
  } else if ("messageId" in change) {
    const message = messages.get(change.messageId)
    const after = message === undefined ? undefined : evolveMessage(message, change)
    if (after === undefined) messages.delete(change.messageId)
    else messages.set(change.messageId, after)
  }
}

/** What the steps so far will be in the journal. */
export const newEntries = ({ before, changes, origins }: Working, at: number): ReadonlyArray<JournalEntry> =>
  changes.map((change, index) => ({
    modSeq: ModSeq(before.state.modSeq + index + 1),
    change,
    origin: origins[index] ?? "",
    at
  }))
