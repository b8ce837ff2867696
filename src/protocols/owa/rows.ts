import type { Part } from "../../domain/Content.ts"
import type { Folder } from "../../domain/Folder.ts"
import type { MessageSummary } from "../../domain/Message.ts"
import type { Applied, MessageView, UndoneNow } from "../../rpc/Core.ts"
import { describeAttachments, isVisible, sortBodies } from "../mime/bodies.ts"
import type {
  AttachmentRow,
  Done,
  FolderRow,
  MessageRow,
  OpenMessage,
  PartRow,
  Undone
} from "./OwaAnswers.ts"

export const folderRow = ({ id, parentId, name, role, total, unread }: Folder): FolderRow => ({
  id,
  parentId,
  name,
  role,
  total,
  unread
})

export const messageRow = (message: MessageSummary): MessageRow => ({
  id: message.id,
  folderId: message.folderId,
  uid: message.uid,
  threadId: message.threadId,
  flags: message.flags,
  categories: message.categories,
  followUp: message.followUp ?? null,
  lastVerb: message.lastVerb ?? null,
  subject: message.subject,
  from: message.from,
  to: message.to,
  receivedAt: message.receivedAt,
  preview: message.preview,
  hasAttachments: message.hasAttachments,
  sizeBytes: message.sizeBytes,
  modSeq: message.modSeq
})

const partRow = (part: Part): PartRow => ({
  path: part.path,
  parent: part.parent,
  type: part.type,
  charset: part.charset,
  disposition: part.disposition,
  fileName: part.fileName,
  contentId: part.contentId,
  decodedSizeBytes: part.decodedSizeBytes
})

export const openMessage = ({ message, parts }: MessageView): OpenMessage => ({
  message: messageRow(message),
  cc: message.cc,
  bcc: message.bcc,
  replyTo: message.replyTo,
  sender: message.sender,
  date: message.date,
  internetMessageId: message.internetMessageId,
  headers: message.headers,
  parts: parts.map(partRow),
  attachments: attachmentRows(parts)
})

/** Files; not what belongs to a report or a signature. */
const attachmentRows = (parts: ReadonlyArray<Part>): ReadonlyArray<AttachmentRow> =>
  describeAttachments(parts, sortBodies(parts).attachments).flatMap((attachment) => {
    const { part, name, type, sizeBytes, isInline, contentId } = attachment
    const path = parts[part]?.path
    return path !== undefined && (isInline || isVisible(attachment, parts))
      ? [{ path, name, type, sizeBytes, isInline, contentId }]
      : []
  })

export const done = ({ modSeq, missing, folderId, more }: Applied): Done => ({
  modSeq,
  missing,
  folderId,
  more
})

export const undone = ({ modSeq, restored, changedSince, gone, noPlace }: UndoneNow): Undone => ({
  modSeq,
  missing: [],
  folderId: null,
  more: false,
  restored,
  changedSince,
  gone,
  noPlace
})
