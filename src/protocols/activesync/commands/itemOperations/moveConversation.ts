import { Effect } from "effect"
import type { CoreError } from "../../../../domain/errors.ts"
import { threadIdOf } from "../../content/conversation.ts"
import { emptyCollectionOf, folderIdOf } from "../../content/serverId.ts"
import { element } from "../../wbxml/element.ts"
import type { Move } from "./operations.ts"
import { type Operating, type Outcome, outcome, settled } from "./outcome.ts"

/** One Move: a conversation and what will come of it, from everywhere but Sent Items (MS-ASCON 3.2.5.4). */
export const moveConversation = (operating: Operating, wish: Move): Effect.Effect<Outcome, CoreError> =>
  Effect.map(settled(move(operating, wish)), (status) =>
    outcome(
      element(
        "ItemOperations:Move",
        element("ItemOperations:Status", status),
        element("ItemOperations:ConversationId", wish.conversationId)
      )
    )
  )

const move = Effect.fnUntraced(function* ({ core, call, request }: Operating, wish: Move) {
  const refusal = refusalOf(wish)
  if (refusal !== null) return refusal
  const { mailboxId } = request
  const threadId = threadIdOf(mailboxId, wish.conversationId)
  const toFolderId = folderIdOf(wish.toCollectionId)
  if (threadId === undefined || toFolderId === undefined) return 6
  yield* core.moveThread(call, { mailboxId, threadId, toFolderId })
  return 1
})

const refusalOf = ({ moveAlways, toCollectionId }: Move): number | null => {
  if (moveAlways !== "present") return moveAlways === "absent" ? 155 : 2
  const kind = emptyCollectionOf(toCollectionId)
  if (kind === undefined) return null
  return kind === "recipients" ? 105 : 156
}
