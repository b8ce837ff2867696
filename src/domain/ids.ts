import { Brand } from "effect"

/** A customer: owns domains, users and one blob namespace. UUID. */
export type TenantId = string & Brand.Brand<"TenantId">
export const TenantId = Brand.nominal<TenantId>()

/** One user's whole store, the unit of ownership; equals `users.id`. UUID. */
export type MailboxId = string & Brand.Brand<"MailboxId">
export const MailboxId = Brand.nominal<MailboxId>()

/** Number of a folder, unique in its mailbox, never reused (MAILBOXID, EAS CollectionId). */
export type FolderId = number & Brand.Brand<"FolderId">
export const FolderId = Brand.nominal<FolderId>()

/** Number of a message, unique in its mailbox, stable for life and across moves (EMAILID, EAS ServerId). */
export type MessageId = number & Brand.Brand<"MessageId">
export const MessageId = Brand.nominal<MessageId>()

/** Number of a conversation: the message number of its first member (THREADID). */
export type ThreadId = number & Brand.Brand<"ThreadId">
export const ThreadId = Brand.nominal<ThreadId>()

/** Number of a message in a folder, ascending, never reused (RFC 9051 2.3.1.1). */
export type Uid = number & Brand.Brand<"Uid">
export const Uid = Brand.nominal<Uid>()

/** The mailbox's change counter: every change takes the next one, without gaps (RFC 7162). 0 = nothing happened yet. */
export type ModSeq = number & Brand.Brand<"ModSeq">
export const ModSeq = Brand.nominal<ModSeq>()

/** Number of an acquisition of a shard; grows with every owner and fences every commit. */
export type Epoch = number & Brand.Brand<"Epoch">
export const Epoch = Brand.nominal<Epoch>()

/** Hash bucket of mailboxes, `0 … shardCount - 1`. */
export type ShardId = number & Brand.Brand<"ShardId">
export const ShardId = Brand.nominal<ShardId>()

/** A process that runs mailboxes, by a name that it keeps over restarts. 1–64 characters. */
export type RunnerId = string & Brand.Brand<"RunnerId">
export const RunnerId = Brand.nominal<RunnerId>()

/** One life of a runner, from its start to its end. */
export type Incarnation = string & Brand.Brand<"Incarnation">
export const Incarnation = Brand.nominal<Incarnation>()

/** What one accepted message is, shared by all its recipients: the `{message_id}` of its blob key. UUID. */
export type ContentId = string & Brand.Brand<"ContentId">
export const ContentId = Brand.nominal<ContentId>()

/** A row of `queue.tasks`. UUID. */
export type TaskId = string & Brand.Brand<"TaskId">
export const TaskId = Brand.nominal<TaskId>()

/** Where a blob lives: `blobs/{tenant}/{yyyy}/{mm}/{dd}/{message_id}.eml`. */
export type BlobKey = string & Brand.Brand<"BlobKey">
export const BlobKey = Brand.nominal<BlobKey>()

/** One per outside request or inbound message; follows it through logs, tasks and audit. */
export type CorrelationId = string & Brand.Brand<"CorrelationId">
export const CorrelationId = Brand.nominal<CorrelationId>()

/** Names a wish of a caller, unique per mailbox, so that a retry cannot apply it twice. 1–128 characters. */
export type OperationId = string & Brand.Brand<"OperationId">
export const OperationId = Brand.nominal<OperationId>()

/** A phone or program that syncs one mailbox, by the name that it gives itself. 1–64 characters. */
export type DeviceId = string & Brand.Brand<"DeviceId">
export const DeviceId = Brand.nominal<DeviceId>()

/** Names what a device was last told of a collection. Opaque to it, at most 64 characters, cannot be guessed. */
export type SyncKey = string & Brand.Brand<"SyncKey">
export const SyncKey = Brand.nominal<SyncKey>()

const uuidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

/** True for a lower-case UUID; ids from outside are checked with it before they reach SQL. */
export const isUuid = (text: string): boolean => uuidPattern.test(text)
