import { Config, Duration } from "effect"

/** Limits of `Core`, for every protocol that uses it. */
export const CoreConfig = Config.all({
  pageSize: Config.integer("POSTROOM_CORE_PAGE_SIZE").pipe(
    Config.withDefault(50),
    Config.withDescription("Messages of a page where the caller does not say.")
  ),
  maxPageSize: Config.integer("POSTROOM_CORE_MAX_PAGE_SIZE").pipe(
    Config.withDefault(500),
    Config.withDescription("Messages of a page, and journal entries of a window, at most.")
  ),
  maxBatch: Config.integer("POSTROOM_CORE_MAX_BATCH").pipe(
    Config.withDefault(5_000),
    Config.withDescription("Messages that one call may name.")
  ),
  maxRecipients: Config.integer("POSTROOM_CORE_MAX_RECIPIENTS").pipe(
    Config.withDefault(1_000),
    Config.withDescription("Recipients of one submitted message.")
  ),
  maxMessageBytes: Config.integer("POSTROOM_CORE_MAX_MESSAGE_BYTES").pipe(
    Config.withDefault(64 * 1024 * 1024),
    Config.withDescription("Octets of an appended or submitted message.")
  ),
  maxBodyBytes: Config.integer("POSTROOM_CORE_MAX_BODY_BYTES").pipe(
    Config.withDefault(4 * 1024 * 1024),
    Config.withDescription("UTF-8 octets of a body in one answer.")
  ),
  maxHeaderBytes: Config.integer("POSTROOM_CORE_MAX_HEADER_BYTES").pipe(
    Config.withDefault(256 * 1024),
    Config.withDescription("Octets of the header of a submitted message.")
  ),
  hostname: Config.string("POSTROOM_SMTP_HOSTNAME").pipe(
    Config.withDefault("localhost"),
    Config.withDescription("How the server names itself in the Received field of submitted messages.")
  ),
  chunkBytes: Config.integer("POSTROOM_CORE_CHUNK_BYTES").pipe(
    Config.withDefault(64 * 1024),
    Config.withDescription("Octets of a piece of a part or raw message.")
  ),
  keepAlive: Config.duration("POSTROOM_CORE_WATCH_KEEP_ALIVE").pipe(
    Config.withDefault(Duration.seconds(30)),
    Config.withDescription("A watch without news says so this often.")
  ),
  auditsReads: Config.boolean("POSTROOM_AUDIT_READS").pipe(
    Config.withDefault(true),
    Config.withDescription("Whether calls that only look are audited too; refused ones always are.")
  ),
  operatorReadsMail: Config.boolean("POSTROOM_OPERATOR_READS_MAIL").pipe(
    Config.withDefault(false),
    Config.withDescription("Whether the operator's token may read mailboxes.")
  )
})

export type CoreLimits = Config.Config.Success<typeof CoreConfig>
