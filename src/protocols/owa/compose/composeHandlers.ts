import type { Effect } from "effect"
import type { CoreError } from "../../../domain/errors.ts"
import { type CallerOf, type Client, makeAsking } from "../asking.ts"
import type { Refusal } from "../OwaAnswers.ts"
import { ComposeRpcs } from "./ComposeRpcs.ts"
import type { Composing } from "./Composing.ts"
import type { Writer } from "./Writer.ts"

/** The calls of web mail about writing. */
export const composeHandlers = (composing: Composing, callerOf: CallerOf) => {
  const asking = makeAsking(callerOf)
  const write = <A>(client: Client, use: (writer: Writer) => Effect.Effect<A, CoreError | Refusal>) =>
    asking(client, ({ address, call, mailboxId }) => use({ address, mailboxId, call: call() }))

  return ComposeRpcs.of({
    WritingRules: (_, client) => write(client, composing.rules),
    SaveDraft: (input, client) => write(client, (writer) => composing.saveDraft(writer, input)),
    ReadDraft: (input, client) => write(client, (writer) => composing.readDraft(writer, input)),
    DiscardDraft: (input, client) => write(client, (writer) => composing.discardDraft(writer, input)),
    Send: (input, client) => write(client, (writer) => composing.send(writer, input)),
    CancelSend: (input, client) => write(client, (writer) => composing.cancelSend(writer, input)),
    HeldSends: (_, client) => write(client, composing.heldSends),
    Recipients: (input, client) => write(client, (writer) => composing.findRecipients(writer, input))
  })
}
