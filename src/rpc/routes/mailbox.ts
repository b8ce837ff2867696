import type { ServiceImpl } from "@connectrpc/connect"
import { Either } from "effect"
import { InvalidRequest } from "../../domain/errors.ts"
import { Uid } from "../../domain/ids.ts"
import type { Bridge } from "../bridge.ts"
import type { Applied, Body, BodyForm, CoreMethods, MessageView } from "../Core.ts"
import { BodyType, type MailboxService } from "../gen/postroom/core/v1/mailbox_pb.ts"
import {
  flags,
  folderId,
  mailboxId,
  messageId,
  messageIds,
  modSeq,
  operationId,
  optionalCount,
  optionalFolderId,
  optionalTime,
  text,
  texts,
  threadId
} from "../wire/fromWire.ts"
import { readPageToken, writePageToken } from "../wire/pageToken.ts"
import { changeToWire, folderToWire, messageToWire, partToWire } from "../wire/toWire.ts"
import { deliveryToWire, readDelivery } from "./delivery.ts"
import { listByDateRoute } from "./lists.ts"
import { searchRoute } from "./search.ts"
import { undoRoutes } from "./undo.ts"

const bodyTypes: Readonly<Record<number, BodyForm>> = {
  [BodyType.UNSPECIFIED]: "text",
  [BodyType.TEXT]: "text",
  [BodyType.HTML]: "html",
  [BodyType.PREVIEW]: "preview"
}

const bodyType = (type: BodyType): BodyForm => {
  const known = bodyTypes[type]
  if (known === undefined) throw new InvalidRequest({ message: "That body type is not known." })
  return known
}

const uidOf = (place: string | null): Uid | null => {
  if (place === null) return null
  if (!/^[1-9]\d{0,15}$/.test(place)) throw new InvalidRequest({ message: "The page token is malformed." })
  return Uid(Number(place))
}

const category = { name: "A category", max: 255 }
const folderName = { name: "The folder name", max: 1_024 }
const address = { name: "An address", max: 1_024 }

const viewToWire = ({ message, parts }: MessageView) => ({
  message: messageToWire(message),
  parts: parts.map(partToWire),
  headers: { ...message.headers }
})

const bodyToWire = (body: Body) => ({
  content: body.content,
  mediaType: body.mediaType,
  truncated: body.isTruncated,
  sizeBytes: BigInt(body.sizeBytes)
})

const modSeqOf = ({ modSeq }: Applied) => ({ modSeq: BigInt(modSeq) })
const missingOf = (applied: Applied) => ({ ...modSeqOf(applied), missing: applied.missing.map(BigInt) })
const moreOf = (applied: Applied) => ({ ...modSeqOf(applied), more: applied.more })

/** The requests and responses of `MailboxService`, in front of `Core`. */
export const mailboxRoutes = (core: CoreMethods, bridge: Bridge): ServiceImpl<typeof MailboxService> => ({
  getMailbox: bridge.unary(core.getMailbox, {
    read: (request, principal) => ({ mailboxId: mailboxId(request.mailboxId, principal) }),
    write: (overview) => ({
      mailboxId: overview.mailboxId,
      modSeq: BigInt(overview.modSeq),
      total: BigInt(overview.total),
      unread: BigInt(overview.unread),
      usedBytes: BigInt(overview.usedBytes),
      ...(overview.quotaBytes === null ? {} : { quotaBytes: BigInt(overview.quotaBytes) }),
      folders: overview.folders
    })
  }),
  listFolders: bridge.unary(core.listFolders, {
    read: (request, principal) => ({ mailboxId: mailboxId(request.mailboxId, principal) }),
    write: ({ folders, modSeq }) => ({ folders: folders.map(folderToWire), modSeq: BigInt(modSeq) })
  }),
  // The token's scope needs the folder again when the answer is written, so this one is not a plain codec.
  listMessages: (request, context) =>
    bridge.unary(core.listMessages, {
      read: (_: typeof request, principal) => ({
        mailboxId: mailboxId(request.mailboxId, principal),
        folderId: folderId(request.folderId),
        belowUid: uidOf(readPageToken(request.pageToken, `folder-${request.folderId}`)),
        limit: optionalCount(request.pageSize)
      }),
      write: (page) => ({
        messages: page.messages.map(messageToWire),
        nextPageToken:
          page.belowUid === null ? "" : writePageToken(`folder-${request.folderId}`, String(page.belowUid)),
        modSeq: BigInt(page.modSeq)
      })
    })(request, context),
  listByDate: listByDateRoute(core, bridge),
  listThread: bridge.unary(core.listThread, {
    read: (request, principal) => ({
      mailboxId: mailboxId(request.mailboxId, principal),
      threadId: threadId(request.threadId)
    }),
    write: ({ messages }) => ({ messages: messages.map(messageToWire) })
  }),
  getMessage: bridge.unary(core.getMessage, {
    read: (request, principal) => ({
      mailboxId: mailboxId(request.mailboxId, principal),
      messageId: messageId(request.messageId)
    }),
    write: viewToWire
  }),
  getMessages: bridge.unary(core.getMessages, {
    read: (request, principal) => ({
      mailboxId: mailboxId(request.mailboxId, principal),
      messageIds: messageIds(request.messageIds)
    }),
    write: ({ messages }) => ({ messages: messages.map(viewToWire) })
  }),
  getBody: bridge.unary(core.getBody, {
    read: (request, principal) => ({
      mailboxId: mailboxId(request.mailboxId, principal),
      messageId: messageId(request.messageId),
      type: bodyType(request.type),
      maxBytes: optionalCount(request.maxBytes)
    }),
    write: bodyToWire
  }),
  getBodies: bridge.unary(core.getBodies, {
    read: (request, principal) => ({
      mailboxId: mailboxId(request.mailboxId, principal),
      messageIds: messageIds(request.messageIds),
      type: bodyType(request.type),
      maxBytes: optionalCount(request.maxBytes)
    }),
    write: ({ bodies }) => ({
      bodies: bodies.map(({ messageId: id, body }) => ({
        messageId: BigInt(id),
        ...Either.match(body, {
          onLeft: ({ _tag }) => ({ error: _tag }),
          onRight: (read) => ({ body: bodyToWire(read) })
        })
      }))
    })
  }),
  getPart: bridge.stream(core.getPart, {
    read: (request, principal) => ({
      mailboxId: mailboxId(request.mailboxId, principal),
      messageId: messageId(request.messageId),
      path: text(request.path, { name: "The path", max: 255 })
    }),
    write: (data) => ({ data })
  }),
  getRaw: bridge.stream(core.getRaw, {
    read: (request, principal) => ({
      mailboxId: mailboxId(request.mailboxId, principal),
      messageId: messageId(request.messageId)
    }),
    write: (data) => ({ data })
  }),
  listChanges: bridge.unary(core.listChanges, {
    read: (request, principal) => ({
      mailboxId: mailboxId(request.mailboxId, principal),
      after: modSeq(request.afterModSeq),
      limit: optionalCount(request.limit),
      folderIds: request.folderIds.map(folderId)
    }),
    write: (window) => ({
      changes: window.entries.map(changeToWire),
      modSeq: BigInt(window.modSeq),
      more: window.more
    })
  }),
  watch: bridge.stream(core.watch, {
    read: (request, principal) => ({
      mailboxId: mailboxId(request.mailboxId, principal),
      after: request.afterModSeq === undefined ? null : modSeq(request.afterModSeq),
      folderIds: request.folderIds.map(folderId)
    }),
    write: (window) => ({ changes: window.entries.map(changeToWire), modSeq: BigInt(window.modSeq) })
  }),
  search: searchRoute(core, bridge),
  changeFlags: bridge.unary(core.changeFlags, {
    read: (request, principal) => ({
      mailboxId: mailboxId(request.mailboxId, principal),
      messageIds: messageIds(request.messageIds),
      addFlags: flags(request.addFlags),
      removeFlags: flags(request.removeFlags),
      addCategories: texts(request.addCategories, category),
      removeCategories: texts(request.removeCategories, category),
      operationId: operationId(request.operationId)
    }),
    write: missingOf
  }),
  markAllRead: bridge.unary(core.markAllRead, {
    read: (request, principal) => ({
      mailboxId: mailboxId(request.mailboxId, principal),
      folderId: folderId(request.folderId),
      operationId: operationId(request.operationId)
    }),
    write: moreOf
  }),
  moveMessages: bridge.unary(core.moveMessages, {
    read: (request, principal) => ({
      mailboxId: mailboxId(request.mailboxId, principal),
      messageIds: messageIds(request.messageIds),
      toFolderId: folderId(request.toFolderId),
      operationId: operationId(request.operationId)
    }),
    write: missingOf
  }),
  moveThread: bridge.unary(core.moveThread, {
    read: (request, principal) => ({
      mailboxId: mailboxId(request.mailboxId, principal),
      threadId: threadId(request.threadId),
      toFolderId: folderId(request.toFolderId)
    }),
    write: modSeqOf
  }),
  copyMessages: bridge.unary(core.copyMessages, {
    read: (request, principal) => ({
      mailboxId: mailboxId(request.mailboxId, principal),
      messageIds: messageIds(request.messageIds),
      toFolderId: folderId(request.toFolderId),
      operationId: operationId(request.operationId)
    }),
    write: (applied) => ({
      ...missingOf(applied),
      copyIds: applied.added.map((copy) => BigInt(copy.messageId))
    })
  }),
  deleteMessages: bridge.unary(core.deleteMessages, {
    read: (request, principal) => ({
      mailboxId: mailboxId(request.mailboxId, principal),
      messageIds: messageIds(request.messageIds),
      operationId: operationId(request.operationId)
    }),
    write: missingOf
  }),
  expungeMessages: bridge.unary(core.expungeMessages, {
    read: (request, principal) => ({
      mailboxId: mailboxId(request.mailboxId, principal),
      messageIds: messageIds(request.messageIds),
      operationId: operationId(request.operationId),
      ...(request.folderId === undefined ? {} : { folderId: folderId(request.folderId) })
    }),
    write: missingOf
  }),
  emptyFolder: bridge.unary(core.emptyFolder, {
    read: (request, principal) => ({
      mailboxId: mailboxId(request.mailboxId, principal),
      folderId: folderId(request.folderId),
      permanently: request.permanently,
      operationId: operationId(request.operationId)
    }),
    write: moreOf
  }),
  createFolder: bridge.unary(core.createFolder, {
    read: (request, principal) => ({
      mailboxId: mailboxId(request.mailboxId, principal),
      name: text(request.name, folderName),
      parentId: optionalFolderId(request.parentId),
      operationId: operationId(request.operationId)
    }),
    write: (applied) => ({ ...modSeqOf(applied), folderId: BigInt(applied.folderId ?? 0) })
  }),
  renameFolder: bridge.unary(core.renameFolder, {
    read: (request, principal) => ({
      mailboxId: mailboxId(request.mailboxId, principal),
      folderId: folderId(request.folderId),
      name: text(request.name, folderName),
      operationId: operationId(request.operationId)
    }),
    write: modSeqOf
  }),
  moveFolder: bridge.unary(core.moveFolder, {
    read: (request, principal) => ({
      mailboxId: mailboxId(request.mailboxId, principal),
      folderId: folderId(request.folderId),
      toFolderId: optionalFolderId(request.toFolderId),
      operationId: operationId(request.operationId)
    }),
    write: modSeqOf
  }),
  deleteFolder: bridge.unary(core.deleteFolder, {
    read: (request, principal) => ({
      mailboxId: mailboxId(request.mailboxId, principal),
      folderId: folderId(request.folderId),
      permanently: request.permanently,
      operationId: operationId(request.operationId)
    }),
    write: moreOf
  }),
  ...undoRoutes(core, bridge),
  appendMessage: bridge.unary(core.appendMessage, {
    read: (request, principal) => ({
      mailboxId: mailboxId(request.mailboxId, principal),
      folderId: folderId(request.folderId),
      raw: request.raw,
      flags: flags(request.flags),
      categories: texts(request.categories, category),
      receivedAt: optionalTime(request.receivedAt),
      operationId: operationId(request.operationId)
    }),
    write: (applied) => ({
      ...modSeqOf(applied),
      messageId: BigInt(applied.added[0]?.messageId ?? 0),
      uid: BigInt(applied.added[0]?.uid ?? 0)
    })
  }),
  submit: bridge.unary(core.submit, {
    read: (request, principal) => ({
      mailboxId: mailboxId(request.mailboxId, principal),
      sender: text(request.sender, address),
      recipients: texts(request.recipients, address),
      raw: request.raw,
      savesInSent: request.savesInSent,
      operationId: operationId(request.operationId)
    }),
    write: ({ isDuplicate, ...counts }) => ({ ...counts, duplicate: isDuplicate })
  }),
  wasSubmitted: bridge.unary(core.wasSubmitted, {
    read: (request, principal) => ({
      mailboxId: mailboxId(request.mailboxId, principal),
      operationId: operationId(request.operationId)
    }),
    write: (submitted) => ({ submitted })
  }),
  deliver: bridge.unary(core.deliver, {
    read: readDelivery,
    write: (delivered) => ({ outcomes: delivered.map(deliveryToWire) })
  })
})
