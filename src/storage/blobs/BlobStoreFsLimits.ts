import { Config, Duration } from "effect"

export interface BlobStoreFsLimits {
  readonly maxConcurrent: number
  readonly maxOpenWrites: number
  readonly bufferBytes: number
  readonly deadline: Duration.Duration
  readonly maxOpenDirectories: number
  readonly staleAfter: Duration.Duration
}

export const blobStoreFsLimits: Config.Config<BlobStoreFsLimits> = Config.all({
  maxConcurrent: Config.integer("POSTROOM_BLOBS_MAX_CONCURRENT").pipe(
    Config.withDescription(
      "Operations at the disk at a time; others wait their turn. Each uses a thread of libuv's."
    ),
    Config.withDefault(64)
  ),
  maxOpenWrites: Config.integer("POSTROOM_BLOBS_MAX_OPEN_WRITES").pipe(
    Config.withDescription("Messages larger than the buffer that arrive at a time; each holds a file open."),
    Config.withDefault(512)
  ),
  bufferBytes: Config.integer("POSTROOM_BLOBS_BUFFER_BYTES").pipe(
    Config.withDescription(
      "Of a message while it arrives, before a file is opened; also the pieces of a read."
    ),
    Config.withDefault(256 * 1024)
  ),
  deadline: Config.duration("POSTROOM_BLOBS_DEADLINE").pipe(
    Config.withDescription("For one operation at the disk; a message that arrives slowly has one per piece."),
    Config.withDefault(Duration.seconds(10))
  ),
  maxOpenDirectories: Config.integer("POSTROOM_BLOBS_MAX_OPEN_DIRECTORIES").pipe(
    Config.withDescription("Kept open for their next sync: one per tenant and day in use."),
    Config.withDefault(128)
  ),
  staleAfter: Config.duration("POSTROOM_BLOBS_STALE_AFTER").pipe(
    Config.withDescription(
      "Without a write for so long, an unfinished file was left by a crash and is removed."
    ),
    Config.withDefault(Duration.hours(1))
  )
})
