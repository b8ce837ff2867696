import type { MessageInitShape } from "@bufbuild/protobuf"
import { timestampFromMs } from "@bufbuild/protobuf/wkt"
import type { Change, JournalEntry } from "../../domain/Change.ts"
import type { Address, Part } from "../../domain/Content.ts"
import type { Folder } from "../../domain/Folder.ts"
import type { MessageSummary } from "../../domain/Message.ts"
import {
  type AddressSchema,
  type ChangeSchema,
  FolderRole,
  type FolderSchema,
  type MessageSummarySchema,
  type PartSchema
} from "../gen/postroom/core/v1/messages_pb.ts"

type Role = Folder["role"]

const roles = {
  user: FolderRole.USER,
  inbox: FolderRole.INBOX,
  drafts: FolderRole.DRAFTS,
  sent: FolderRole.SENT,
  deleted: FolderRole.DELETED,
  junk: FolderRole.JUNK,
  archive: FolderRole.ARCHIVE,
  outbox: FolderRole.OUTBOX
} as const satisfies Record<Role, FolderRole>

const roleNames: ReadonlyArray<Role> = [
  "user",
  "inbox",
  "drafts",
  "sent",
  "deleted",
  "junk",
  "archive",
  "outbox"
]

/** undefined = no role of ours. */
export const roleFromWire = (role: FolderRole): Role | undefined =>
  roleNames.find((name) => roles[name] === role)

export const folderToWire = (folder: Folder): MessageInitShape<typeof FolderSchema> => ({
  id: BigInt(folder.id),
  ...(folder.parentId === null ? {} : { parentId: BigInt(folder.parentId) }),
  name: folder.name,
  role: roles[folder.role],
  uidValidity: BigInt(folder.uidValidity),
  uidNext: BigInt(folder.uidNext),
  total: BigInt(folder.total),
  unread: BigInt(folder.unread),
  sizeBytes: BigInt(folder.sizeBytes),
  highestModSeq: BigInt(folder.highestModSeq)
})

export const addressToWire = (address: Address): MessageInitShape<typeof AddressSchema> => ({
  name: address.name,
  address: address.address,
  ...(address.group === undefined ? {} : { group: address.group })
})

export const messageToWire = (message: MessageSummary): MessageInitShape<typeof MessageSummarySchema> => ({
  id: BigInt(message.id),
  folderId: BigInt(message.folderId),
  uid: BigInt(message.uid),
  threadId: BigInt(message.threadId),
  modSeq: BigInt(message.modSeq),
  flags: [...message.flags],
  categories: [...message.categories],
  sizeBytes: BigInt(message.sizeBytes),
  subject: message.subject,
  from: message.from.map(addressToWire),
  sender: message.sender.map(addressToWire),
  replyTo: message.replyTo.map(addressToWire),
  to: message.to.map(addressToWire),
  cc: message.cc.map(addressToWire),
  bcc: message.bcc.map(addressToWire),
  ...(message.date === null ? {} : { date: timestampFromMs(message.date) }),
  receivedAt: timestampFromMs(message.receivedAt),
  preview: message.preview,
  hasAttachments: message.hasAttachments,
  ...(message.internetMessageId === null ? {} : { internetMessageId: message.internetMessageId })
})

export const partToWire = (part: Part): MessageInitShape<typeof PartSchema> => ({
  path: part.path,
  ...(part.parent < 0 ? {} : { parent: part.parent }),
  type: part.type,
  ...(part.charset === null ? {} : { charset: part.charset }),
  encoding: part.encoding,
  ...(part.disposition === null ? {} : { disposition: part.disposition }),
  ...(part.fileName === null ? {} : { fileName: part.fileName }),
  ...(part.contentId === null ? {} : { contentId: part.contentId }),
  sizeBytes: BigInt(part.sizeBytes),
  decodedSizeBytes: BigInt(part.decodedSizeBytes)
})

export const changeToWire = ({
  modSeq,
  change,
  origin,
  at
}: JournalEntry): MessageInitShape<typeof ChangeSchema> => ({
  modSeq: BigInt(modSeq),
  origin,
  at: timestampFromMs(at),
  fact: factToWire(change)
})

const place = (change: { readonly messageId: number; readonly folderId: number }) => ({
  messageId: BigInt(change.messageId),
  folderId: BigInt(change.folderId)
})

const parent = (parentId: number | null) => (parentId === null ? {} : { parentId: BigInt(parentId) })

const factToWire = (change: Change): NonNullable<MessageInitShape<typeof ChangeSchema>["fact"]> => {
  switch (change._tag) {
    case "MessageAdded":
      return {
        case: "messageAdded",
        value: {
          ...place(change),
          uid: BigInt(change.uid),
          flags: [...change.flags],
          categories: [...change.categories],
          sizeBytes: BigInt(change.sizeBytes)
        }
      }
    case "FlagsChanged":
      return {
        case: "flagsChanged",
        value: { ...place(change), flags: [...change.flags], categories: [...change.categories] }
      }
    case "MessageMoved":
      return {
        case: "messageMoved",
        value: {
          ...place(change),
          uid: BigInt(change.uid),
          fromFolderId: BigInt(change.fromFolderId),
          fromUid: BigInt(change.fromUid)
        }
      }
    case "Expunged":
      return { case: "expunged", value: { ...place(change), uid: BigInt(change.uid) } }
    case "FolderCreated":
      return {
        case: "folderCreated",
        value: {
          folderId: BigInt(change.folderId),
          ...parent(change.parentId),
          name: change.name,
          role: roles[change.role]
        }
      }
    case "FolderRenamed":
      return { case: "folderRenamed", value: { folderId: BigInt(change.folderId), name: change.name } }
    case "FolderMoved":
      return {
        case: "folderMoved",
        value: { folderId: BigInt(change.folderId), ...parent(change.parentId) }
      }
    case "FolderDeleted":
      return { case: "folderDeleted", value: { folderId: BigInt(change.folderId) } }
  }
}
