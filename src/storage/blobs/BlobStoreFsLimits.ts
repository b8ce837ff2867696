import { Config, Duration } from "effect"
import { setting } from "../../settings/setting.ts"
import { bytes, duration, integer } from "../../settings/types.ts"

export interface BlobStoreFsLimits {
  readonly maxConcurrent: number
  readonly maxOpenWrites: number
  readonly bufferBytes: number
  readonly deadline: Duration.Duration
  readonly maxOpenDirectories: number
  readonly staleAfter: Duration.Duration
}

export const blobStoreFsLimits: Config.Config<BlobStoreFsLimits> = Config.all({
  maxConcurrent: setting({
    name: "POSTROOM_BLOBS_MAX_CONCURRENT",
    type: integer,
    default: 64,
    meaning: "Operations at the disk at a time; others wait their turn. Each uses a thread of libuv's."
  }),
  maxOpenWrites: setting({
    name: "POSTROOM_BLOBS_MAX_OPEN_WRITES",
    type: integer,
    default: 512,
    meaning: "Messages larger than the buffer that arrive at a time; each holds a file open."
  }),
  bufferBytes: setting({
    name: "POSTROOM_BLOBS_BUFFER_BYTES",
    type: bytes,
    default: 256 * 1024,
    meaning: "Of a message while it arrives, before a file is opened; also the pieces of a read."
  }),
  deadline: setting({
    name: "POSTROOM_BLOBS_DEADLINE",
    type: duration,
    default: Duration.seconds(10),
    meaning: "For one operation at the disk; a message that arrives slowly has one per piece."
  }),
  maxOpenDirectories: setting({
    name: "POSTROOM_BLOBS_MAX_OPEN_DIRECTORIES",
    type: integer,
    default: 128,
    meaning: "Kept open for their next sync: one per tenant and day in use."
  }),
  staleAfter: setting({
    name: "POSTROOM_BLOBS_STALE_AFTER",
    type: duration,
    default: Duration.hours(1),
    meaning: "Without a write for so long, an unfinished file was left by a crash and is removed."
  })
})
