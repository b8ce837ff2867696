import { Effect } from "effect"
import type { CoreError } from "../../../domain/errors.ts"
import type { MessageId } from "../../../domain/ids.ts"
import type { WrittenDraft } from "../compose/draft.ts"
import { conversationIdOf, conversationIndexOf } from "../content/conversation.ts"
import { fileReferenceOf } from "../content/serverId.ts"
import { type Element, element } from "../wbxml/element.ts"
import type { Rendering } from "./items.ts"

/**
 * What a device is told of a draft that it added: its conversation (MS-ASEMAIL_R1184, R1190) and where its attachments are,
 * by the names that it gave them (MS-ASAIRS_R1336).
 */
export const newDraftProperties = (
  { core, call, mailboxId }: Rendering,
  { messageId, added }: { readonly messageId: MessageId; readonly added: WrittenDraft["added"] }
): Effect.Effect<Element | null, CoreError> =>
  core.getMessage(call, { mailboxId, messageId }).pipe(
    Effect.map(({ message }) =>
      element(
        "AirSync:ApplicationData",
        element("Email2:ConversationId", conversationIdOf(mailboxId, message.threadId)),
        element("Email2:ConversationIndex", conversationIndexOf(message)),
        added.length === 0 ? null : attachmentsElement(messageId, added)
      )
    ),
    Effect.catchTag("NotFound", () => Effect.succeed(null))
  )

const attachmentsElement = (messageId: MessageId, added: WrittenDraft["added"]): Element =>
  element(
    "AirSyncBase:Attachments",
    added.map(({ clientId, part }) =>
      element(
        "AirSyncBase:Attachment",
        element("AirSyncBase:FileReference", fileReferenceOf({ messageId, part })),
        element("AirSyncBase:ClientId", clientId)
      )
    )
  )
