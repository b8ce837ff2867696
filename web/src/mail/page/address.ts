import type { FolderId, MessageId } from "../../../../src/domain/ids.ts"

/** What of the mailbox the page shows. A folder that is null is the inbox. */
export interface Shown {
  readonly folderId: FolderId | null
  readonly messageId: MessageId | null
}

/** `/mail/FOLDER/MESSAGE`; whatever else it says is the inbox. */
export const shownAt = (path: string): Shown => {
  const [, folder, message] = /^\/mail\/(\d{1,15})(?:\/(\d{1,15}))?\/?$/.exec(path) ?? []
  const folderId = Number(folder)
  const messageId = Number(message)
  return {
    folderId: isFolderId(folderId) ? folderId : null,
    messageId: isMessageId(messageId) ? messageId : null
  }
}

export const addressOf = (folderId: FolderId, messageId: MessageId | null = null): string =>
  messageId === null ? `/mail/${folderId}` : `/mail/${folderId}/${messageId}`

/** Whether there is such a one, the server says. */
const isFolderId = (id: number): id is FolderId => Number.isSafeInteger(id) && id > 0
const isMessageId = (id: number): id is MessageId => Number.isSafeInteger(id) && id > 0
