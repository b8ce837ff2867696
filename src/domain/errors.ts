import { Schema } from "effect"

/** The request itself is wrong; the same request will fail again. */
export class InvalidRequest extends Schema.TaggedError<InvalidRequest>()("InvalidRequest", {
  /** For people; names no internals. */
  message: Schema.String,
  /** Which recipient of a message it is about, from 1. */
  recipient: Schema.optional(Schema.Number)
}) {}

/** What was asked for does not exist, or the caller may not know that it does. */
export class NotFound extends Schema.TaggedError<NotFound>()("NotFound", {
  what: Schema.Literal(
    "mailbox",
    "folder",
    "message",
    "part",
    "blob",
    "tenant",
    "domain",
    "user",
    "alias",
    "task",
    "device",
    "runner",
    "shard",
    "rebalance",
    "operation",
    "upload"
  )
}) {
  override get message() {
    return `No such ${this.what}.`
  }
}

/** The name is taken. */
export class AlreadyExists extends Schema.TaggedError<AlreadyExists>()("AlreadyExists", {
  what: Schema.Literal("folder", "tenant", "domain", "user", "alias")
}) {
  override get message() {
    return `That ${this.what} exists already.`
  }
}

/** The caller is not known: no or wrong credentials. */
export class Unauthenticated extends Schema.TaggedError<Unauthenticated>()("Unauthenticated", {}) {
  override get message() {
    return "Sign in first: the credentials are missing or wrong."
  }
}

/** The caller is known but lacks the right. */
export class PermissionDenied extends Schema.TaggedError<PermissionDenied>()("PermissionDenied", {}) {
  override get message() {
    return "You do not have the right to do this."
  }
}

/** A rule of the mailbox forbids it now, e.g. deleting the Inbox. */
export class NotAllowed extends Schema.TaggedError<NotAllowed>()("NotAllowed", {
  message: Schema.String,
  /** As of `InvalidRequest`. */
  recipient: Schema.optional(Schema.Number)
}) {}

/** A configured limit was hit: size, count, depth or quota. */
export class LimitExceeded extends Schema.TaggedError<LimitExceeded>()("LimitExceeded", {
  limit: Schema.Literal(
    "quota",
    "messageSize",
    "recipients",
    "folders",
    "folderDepth",
    "batch",
    "headers",
    "rate"
  ),
  max: Schema.Number
}) {
  override get message() {
    return `Over the limit of ${this.max} (${this.limit}).`
  }
}

/** The cursor is older than the journal's low-water mark, or newer than its head: start over with a full sync. */
export class CursorExpired extends Schema.TaggedError<CursorExpired>()("CursorExpired", {}) {
  override get message() {
    return "The change cursor is no longer known; read the folder afresh."
  }
}

/** Too much work waits for this mailbox or server; the same request may succeed later. */
export class Busy extends Schema.TaggedError<Busy>()("Busy", {
  retryAfterMillis: Schema.Number
}) {
  override get message() {
    return "Too much work is waiting; try again shortly."
  }
}

/** Something that we stand on is away (database, blobs, the mailbox's owner); the same request may succeed later. */
export class Unavailable extends Schema.TaggedError<Unavailable>()("Unavailable", {
  /** `mailbox`: on its way to another owner, or nobody's. `call`: a call between runners that a bug or its size keeps from succeeding; to ask again at once is of no use. */
  what: Schema.Literal("storage", "blobs", "mailbox", "call", "quarantined", "ingest"),
  cause: Schema.optional(Schema.Defect)
}) {
  override get message() {
    return "A part of the service is away; try again shortly."
  }
}

/** Everything that a call on `Core` can fail with. Each protocol has one table that answers every tag. */
export type CoreError =
  | InvalidRequest
  | NotFound
  | AlreadyExists
  | Unauthenticated
  | PermissionDenied
  | NotAllowed
  | LimitExceeded
  | CursorExpired
  | Busy
  | Unavailable

/** True where the same request may succeed later without being changed. */
export const isTemporary = (error: CoreError): boolean =>
  error._tag === "Busy" ||
  error._tag === "Unavailable" ||
  (error._tag === "LimitExceeded" && error.limit === "rate")
