import { FolderId, MessageId } from "../../../domain/ids.ts"

// The one place where our numbers become the ids that devices keep. None is longer than 64 characters
// (MS-ASCMD 2.2.3.166); none contains the folder, so that a move does not break what a device holds.

/** Ids and keys are not longer (MS-ASCMD 2.2.3.28.2, 2.2.3.30, 2.2.3.166, 2.2.3.181): such a one is answered as it came. */
export const maxIdLength = 64

/** `ServerId` of an item and `LongId` of a search result: the message's number in its mailbox. */
export const serverIdOf = (messageId: MessageId): string => String(messageId)

/** Undefined where it is no id of ours. */
export const messageIdOf = (serverId: string): MessageId | undefined => {
  const number = idNumber(serverId)
  return number === undefined ? undefined : MessageId(number)
}

/** `CollectionId`, and `ServerId` in the folder commands. "0" is the root and never a folder. */
export const collectionIdOf = (folderId: FolderId): string => String(folderId)

export const folderIdOf = (collectionId: string): FolderId | undefined => {
  const number = idNumber(collectionId)
  return number === undefined ? undefined : FolderId(number)
}

/** Folders that every device is shown and that hold nothing yet: their classes have no store of ours. */
export type EmptyCollection = "calendar" | "contacts" | "tasks" | "notes" | "recipients"

const emptyCollections: ReadonlyArray<EmptyCollection> = [
  "calendar",
  "contacts",
  "tasks",
  "notes",
  "recipients"
]

/** Their ids are their names; folders of mail have numbers. */
export const emptyCollectionOf = (collectionId: string): EmptyCollection | undefined =>
  emptyCollections.find((name) => name === collectionId)

/** `LongId`: names a message without its folder (MS-ASCMD 2.2.3.99). Apart from ServerIds, so that one cannot pass for the other. */
export const longIdOf = (messageId: MessageId): string => `L${messageId}`

export const messageIdOfLongId = (longId: string): MessageId | undefined =>
  longId.startsWith("L") ? messageIdOf(longId.slice(1)) : undefined

/** What `FileReference` names: a part of a message, wherever the message lies. */
export interface PartReference {
  readonly messageId: MessageId
  /** Index in the body structure, which never changes; null = the whole message, raw. */
  readonly part: number | null
}

export const fileReferenceOf = ({ messageId, part }: PartReference): string => `${messageId}:${part ?? "raw"}`

export const partOf = (fileReference: string): PartReference | undefined => {
  const [, id, part] = /^(\d{1,15}):(raw|\d{1,6})$/.exec(fileReference) ?? []
  const messageId = id === undefined ? undefined : messageIdOf(id)
  if (messageId === undefined || part === undefined) return undefined
  return { messageId, part: part === "raw" ? null : Number(part) }
}

/** Plain decimals without leading zeros: each thing has one id. */
const idNumber = (text: string): number | undefined =>
  /^[1-9]\d{0,14}$/.test(text) ? Number(text) : undefined
