import { Rpc, RpcGroup } from "@effect/rpc"
import { Schema } from "effect"
import { isCategory, isFlag, maxCategories } from "../../domain/Flags.ts"
import { FolderId, MessageId, ModSeq, OperationId, ThreadId } from "../../domain/ids.ts"
import { listFilters } from "../../domain/MessageList.ts"
import { AccountRpcs } from "./account/AccountRpcs.ts"
import { ComposeRpcs } from "./compose/ComposeRpcs.ts"
import type {
  Done,
  Folders,
  Found,
  Hello,
  News,
  OpenMessage,
  Operations,
  Page,
  Text,
  Undone
} from "./OwaAnswers.ts"
import { refused, told } from "./told.ts"

const number = Schema.Number.pipe(Schema.filter(Number.isSafeInteger), Schema.greaterThanOrEqualTo(0))
const folderId = number.pipe(Schema.fromBrand(FolderId))
const messageId = number.pipe(Schema.fromBrand(MessageId))
const threadId = number.pipe(Schema.fromBrand(ThreadId))
const modSeq = number.pipe(Schema.fromBrand(ModSeq))
const operationId = Schema.String.pipe(Schema.pattern(/^[\w.:-]{1,64}$/), Schema.fromBrand(OperationId))

/** Named by whomever. */
const anyOperation = Schema.String.pipe(Schema.pattern(/^[\x21-\x7e]{1,128}$/), Schema.fromBrand(OperationId))

/** Of one call; who has more to do asks again. */
const maxIds = 1_000
const messageIds = Schema.Array(messageId).pipe(Schema.minItems(1), Schema.maxItems(maxIds))
const flags = Schema.Array(Schema.String.pipe(Schema.filter(isFlag))).pipe(Schema.maxItems(16))
const categories = Schema.Array(Schema.String.pipe(Schema.filter((text) => isCategory(text)))).pipe(
  Schema.maxItems(maxCategories)
)
const folderName = Schema.String.pipe(Schema.minLength(1), Schema.maxLength(1_000))
const limit = Schema.NullOr(Schema.Int.pipe(Schema.between(1, 500)))

const place = Schema.Struct({ receivedAt: number, id: messageId })
const listStart = Schema.Union(
  Schema.TaggedStruct("Skip", { count: number }),
  Schema.TaggedStruct("Before", { at: number }),
  Schema.TaggedStruct("OlderThan", { place }),
  Schema.TaggedStruct("NewerThan", { place })
)

const command = <const Tag extends string, Fields extends Schema.Struct.Fields>(tag: Tag, fields: Fields) =>
  Rpc.make(tag, { payload: { operationId, ...fields }, success: told<Done>(), error: refused })

/** What a page asks about mail. Each is a call on `Core` for the mailbox of who is signed in. */
export const MailRpcs = RpcGroup.make(
  Rpc.make("Folders", { success: told<Folders>(), error: refused }),
  Rpc.make("Page", {
    payload: { folderId, filter: Schema.Literal(...listFilters), from: listStart, limit },
    success: told<Page>(),
    error: refused
  }),
  Rpc.make("Thread", {
    payload: { threadId },
    success: told<Pick<Page, "messages">>(),
    error: refused
  }),
  Rpc.make("Message", { payload: { messageId }, success: told<OpenMessage>(), error: refused }),
  Rpc.make("Body", {
    payload: {
      messageId,
      type: Schema.Literal("text", "html"),
      maxBytes: Schema.NullOr(Schema.Int.pipe(Schema.greaterThanOrEqualTo(1)))
    },
    success: told<Text>(),
    error: refused
  }),
  Rpc.make("Search", {
    payload: {
      query: Schema.String.pipe(Schema.maxLength(1_000)),
      /** Empty = everywhere. */
      folderIds: Schema.Array(folderId).pipe(Schema.maxItems(maxIds)),
      after: Schema.NullOr(Schema.Struct({ messageId, receivedAt: number })),
      limit
    },
    success: told<Found>(),
    error: refused
  }),
  command("ChangeFlags", {
    messageIds,
    addFlags: flags,
    removeFlags: flags,
    addCategories: categories,
    removeCategories: categories
  }),
  command("MarkAllRead", { folderId }),
  command("Move", { messageIds, toFolderId: folderId }),
  command("Copy", { messageIds, toFolderId: folderId }),
  /** To Deleted Items. */
  command("Delete", { messageIds }),
  /** For good. */
  command("Expunge", { messageIds }),
  /** Deleted Items and Junk Email for good, another one into Deleted Items. */
  command("EmptyFolder", { folderId }),
  command("CreateFolder", { name: folderName, parentId: Schema.NullOr(folderId) }),
  command("RenameFolder", { folderId, name: folderName }),
  command("MoveFolder", { folderId, toFolderId: Schema.NullOr(folderId) }),
  command("DeleteFolder", { folderId }),
  /** Takes back what an operation changed, as far as it is still as that left it. Undone, it is a redo. */
  Rpc.make("Undo", {
    payload: { operationId, undoes: anyOperation },
    success: told<Undone>(),
    error: refused
  }),
  Rpc.make("Operations", { payload: { limit }, success: told<Operations>(), error: refused }),
  /**
   * What changes in the mailbox, from `after` on (null = from now), without a gap and for ever. A connection has one of
   * them. Refused as `expired` where the journal does not reach back so far.
   */
  Rpc.make("Changes", {
    payload: { after: Schema.NullOr(modSeq) },
    success: told<Hello | News>(),
    error: refused,
    stream: true
  })
)

/** The browser imports types of this alone (`import type`): what comes from there is checked here, what goes there is ours. */
export const OwaRpcs = MailRpcs.merge(ComposeRpcs, AccountRpcs)

export type OwaRpc = RpcGroup.Rpcs<typeof OwaRpcs>
