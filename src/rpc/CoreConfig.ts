import { Config, Duration } from "effect"
import { hostname } from "../settings/hostname.ts"
import { setting } from "../settings/setting.ts"
import { boolean, bytes, duration, integer } from "../settings/types.ts"
import { undoWindow } from "../settings/undoWindow.ts"

/** Limits of `Core`, for every protocol that uses it. */
export const CoreConfig = Config.all({
  pageSize: setting({
    name: "POSTROOM_CORE_PAGE_SIZE",
    type: integer,
    default: 50,
    meaning: "Messages of a page where the caller does not say."
  }),
  maxPageSize: setting({
    name: "POSTROOM_CORE_MAX_PAGE_SIZE",
    type: integer,
    default: 500,
    meaning: "Messages of a page, and journal entries of a window, at most."
  }),
  maxBatch: setting({
    name: "POSTROOM_CORE_MAX_BATCH",
    type: integer,
    default: 5_000,
    meaning: "Messages that one call may name."
  }),
  maxRecipients: setting({
    name: "POSTROOM_CORE_MAX_RECIPIENTS",
    type: integer,
    default: 1_000,
    meaning: "Recipients of one submitted message."
  }),
  maxMessageBytes: setting({
    name: "POSTROOM_CORE_MAX_MESSAGE_BYTES",
    type: bytes,
    default: 64 * 1024 * 1024,
    meaning: "Octets of an appended or submitted message."
  }),
  maxBodyBytes: setting({
    name: "POSTROOM_CORE_MAX_BODY_BYTES",
    type: bytes,
    default: 4 * 1024 * 1024,
    meaning: "UTF-8 octets of a body in one answer."
  }),
  maxHeaderBytes: setting({
    name: "POSTROOM_CORE_MAX_HEADER_BYTES",
    type: bytes,
    default: 256 * 1024,
    meaning: "Octets of the header of a submitted message."
  }),
  uploadLifetime: setting({
    name: "POSTROOM_CORE_UPLOAD_LIFETIME",
    type: duration,
    default: Duration.hours(12),
    meaning:
      "How long a file that was handed in may wait for its message. After POSTROOM_RECONCILER_GRACE it may be gone before.",
    check: { message: "1 minute or more", validation: (value) => Duration.toMillis(value) >= 60_000 }
  }),
  hostname,
  chunkBytes: setting({
    name: "POSTROOM_CORE_CHUNK_BYTES",
    type: bytes,
    default: 64 * 1024,
    meaning: "Octets of a piece of a part or raw message."
  }),
  keepAlive: setting({
    name: "POSTROOM_CORE_WATCH_KEEP_ALIVE",
    type: duration,
    default: Duration.seconds(30),
    meaning: "A watch without news says so this often."
  }),
  auditsReads: setting({
    name: "POSTROOM_AUDIT_READS",
    type: boolean,
    default: true,
    meaning: "Whether calls that only look are audited too; refused ones always are."
  }),
  undoWindow,
  operatorReadsMail: setting({
    name: "POSTROOM_OPERATOR_READS_MAIL",
    type: boolean,
    default: false,
    meaning: "Whether the operator's token may read mailboxes."
  })
})

export type CoreLimits = Config.Config.Success<typeof CoreConfig>
