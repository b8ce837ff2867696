import type { MessageId } from "../../../../src/domain/ids.ts"

/** Our own kind: no other page's drag is taken for messages. */
export const messagesType = "application/x-postroom-messages"

export const dragIds = (transfer: DataTransfer, ids: ReadonlyArray<MessageId>): void => {
  transfer.setData(messagesType, JSON.stringify(ids))
  transfer.effectAllowed = "move"
}

/** Whether there are such messages, the server says. */
const isMessageId = (id: unknown): id is MessageId => Number.isSafeInteger(id)

export const draggedIds = (transfer: DataTransfer): ReadonlyArray<MessageId> => {
  const text = transfer.getData(messagesType)
  if (text === "") return []
  const ids: unknown = JSON.parse(text)
  return Array.isArray(ids) ? ids.filter(isMessageId) : []
}
