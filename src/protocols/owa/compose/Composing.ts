import { Duration, Effect } from "effect"
import type { CoreError } from "../../../domain/errors.ts"
import { Core } from "../../../rpc/Core.ts"
import { People } from "../../../rpc/People.ts"
import { Writing } from "../../../rpc/Writing.ts"
import type { WritingRules } from "../OwaAnswers.ts"
import { ComposeConfig } from "./ComposeConfig.ts"
import { cancelSend, heldSends } from "./cancelSend.ts"
import type { ComposeServices } from "./compose.ts"
import { discardDraft, readDraft, saveDraft } from "./drafts.ts"
import { findRecipients } from "./findRecipients.ts"
import { send } from "./send.ts"
import { draftCall, type Writer } from "./Writer.ts"

export type Composing = Effect.Effect.Success<typeof makeComposing>

/** The calls of who writes. Each fails with what Core says, or with a refusal of its own. */
export const makeComposing = Effect.gen(function* () {
  const settings = yield* ComposeConfig
  const services = {
    core: yield* Core,
    people: yield* People,
    writing: yield* Writing,
    settings,
    turns: yield* Effect.makeSemaphore(settings.atOnce)
  }
  const withServices =
    <I, A, E>(does: (of: typeof services, writer: Writer, input: I) => Effect.Effect<A, E>) =>
    (writer: Writer, input: I): Effect.Effect<A, E> =>
      does(services, writer, input)
  return {
    rules: (writer: Writer) => rules(services, writer),
    saveDraft: withServices(saveDraft),
    readDraft: withServices(readDraft),
    discardDraft: withServices(discardDraft),
    send: withServices(send),
    cancelSend: withServices(cancelSend),
    heldSends: (writer: Writer) => heldSends(services, writer),
    findRecipients: withServices(findRecipients)
  }
})

const rules = (
  { people, settings }: Pick<ComposeServices, "people" | "settings">,
  writer: Writer
): Effect.Effect<WritingRules, CoreError> =>
  Effect.map(
    people.getPerson(draftCall(writer), { mailboxId: writer.mailboxId }),
    ({ address, aliases, displayName }) => ({
      from: [address, ...aliases].map((one) => ({ name: displayName, address: one })),
      recipients: settings.recipients,
      attachments: settings.attachments,
      attachmentSize: settings.attachmentBytes,
      bodySize: settings.bodyBytes,
      messageSize: settings.messageBytes,
      holdMillis: Duration.toMillis(settings.hold),
      scheduleMillis: Duration.toMillis(settings.ahead)
    })
  )
