import { Effect } from "effect"
import type { Router } from "../../actors/mailbox/MailboxProtocol.ts"
import { type CoreError, NotFound } from "../../domain/errors.ts"
import type { Folder } from "../../domain/Folder.ts"
import type { FolderId, Uid } from "../../domain/ids.ts"
import type { MessageSummary } from "../../domain/Message.ts"
import type { MailboxState } from "../../domain/mailbox/State.ts"
import type { MailboxReader } from "../../storage/mailbox/MailboxReader.ts"
import type { Access } from "../authorize.ts"
import type {
  MailboxOverview,
  MessagePage,
  MessageView,
  OfFolder,
  OfMailbox,
  OfMessage,
  OfMessages
} from "../Core.ts"
import type { CoreLimits } from "../CoreConfig.ts"
import { Right } from "../gen/postroom/core/v1/rights_pb.ts"
import type { Authorized } from "../guard.ts"

export interface ReadServices {
  readonly router: Router["Type"]
  readonly reader: MailboxReader["Type"]
  readonly limits: CoreLimits
}

export const visibleFolders = (state: MailboxState, access: Access): ReadonlyArray<Folder> =>
  [...state.folders.values()].filter(({ id }) => access.may(Right.LOOKUP, id))

const sum = (folders: ReadonlyArray<Folder>, key: "total" | "unread" | "sizeBytes"): number =>
  folders.reduce((total, folder) => total + folder[key], 0)

export const getMailbox =
  ({ router }: ReadServices) =>
  (call: Authorized, { mailboxId }: OfMailbox): Effect.Effect<MailboxOverview, CoreError> =>
    Effect.map(router.state(mailboxId), (state) => {
      const folders = visibleFolders(state, call.access)
      return {
        mailboxId,
        modSeq: state.modSeq,
        total: sum(folders, "total"),
        unread: sum(folders, "unread"),
        usedBytes: sum(folders, "sizeBytes"),
        quotaBytes: state.quotaBytes,
        folders: folders.length
      }
    })

export const listFolders =
  ({ router }: ReadServices) =>
  (call: Authorized, { mailboxId }: OfMailbox) =>
    Effect.map(router.state(mailboxId), (state) => ({
      folders: parentsFirst(visibleFolders(state, call.access)),
      modSeq: state.modSeq
    }))

/** A folder may be moved below a younger one, so the order of ids is not enough. */
const parentsFirst = (folders: ReadonlyArray<Folder>): ReadonlyArray<Folder> => {
  const known = new Set(folders.map(({ id }) => id))
  const children = new Map<FolderId | null, Array<Folder>>([[null, []]])
  for (const folder of folders) {
    const parent = folder.parentId !== null && known.has(folder.parentId) ? folder.parentId : null
    const siblings = children.get(parent)
    if (siblings === undefined) children.set(parent, [folder])
    else siblings.push(folder)
  }
  const ordered = [...(children.get(null) ?? [])]
  // Grows while it is walked: each folder is followed, somewhere later, by what it holds.
  for (const folder of ordered) ordered.push(...(children.get(folder.id) ?? []))
  return ordered
}

export const listMessages =
  ({ router, reader, limits }: ReadServices) =>
  (
    _call: Authorized,
    input: OfFolder & { readonly belowUid: Uid | null; readonly limit: number | null }
  ): Effect.Effect<MessagePage, CoreError> =>
    Effect.gen(function* () {
      // The modseq is taken before the page: what happens between them is told twice rather than not at all.
      const state = yield* router.state(input.mailboxId)
      if (!state.folders.has(input.folderId)) return yield* new NotFound({ what: "folder" })
      const limit = Math.min(Math.max(1, input.limit ?? limits.pageSize), limits.maxPageSize)
      const found = yield* reader.page(input.mailboxId, {
        folderId: input.folderId,
        belowUid: input.belowUid,
        limit: limit + 1
      })
      const messages = found.slice(0, limit)
      const last = messages.at(-1)
      return { messages, belowUid: found.length > limit && last ? last.uid : null, modSeq: state.modSeq }
    })

/** The message, where it still lies in a folder that the caller may read. */
export const readableMessage = (
  reader: MailboxReader["Type"],
  call: Authorized,
  { mailboxId, messageId }: OfMessage
): Effect.Effect<MessageSummary, CoreError> =>
  Effect.filterOrFail(
    reader.message(mailboxId, messageId),
    (message) => call.access.may(Right.READ, message.folderId),
    () => new NotFound({ what: "message" })
  )

export const getMessage =
  ({ reader }: ReadServices) =>
  (call: Authorized, input: OfMessage): Effect.Effect<MessageView, CoreError> =>
    Effect.gen(function* () {
      const message = yield* readableMessage(reader, call, input)
      return { message, parts: yield* reader.parts(message.contentId) }
    })

/** Those of the messages that still lie where the caller may read, in the order asked for. */
export const readableMessages = (
  reader: MailboxReader["Type"],
  call: Authorized,
  { mailboxId, messageIds }: OfMessages
): Effect.Effect<ReadonlyArray<MessageSummary>, CoreError> =>
  Effect.map(reader.messages(mailboxId, messageIds), (messages) => {
    const found = new Map(messages.map((message) => [message.id, message]))
    return messageIds
      .flatMap((id) => found.get(id) ?? [])
      .filter((message) => call.access.may(Right.READ, message.folderId))
  })

export const getMessages =
  ({ reader }: ReadServices) =>
  (
    call: Authorized,
    input: OfMessages
  ): Effect.Effect<{ readonly messages: ReadonlyArray<MessageView> }, CoreError> =>
    Effect.flatMap(readableMessages(reader, call, input), (messages) =>
      Effect.map(viewed(reader, messages), (views) => ({ messages: views }))
    )

/** Messages with their structures. */
export const viewed = (
  reader: MailboxReader["Type"],
  messages: ReadonlyArray<MessageSummary>
): Effect.Effect<ReadonlyArray<MessageView>, CoreError> =>
  Effect.map(reader.structures(messages.map(({ contentId }) => contentId)), (structures) =>
    messages.map((message) => ({ message, parts: structures.get(message.contentId) ?? [] }))
  )
