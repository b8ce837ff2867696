import { type ConfigError, Effect, Layer } from "effect"
import { BlobStore } from "../storage/blobs/BlobStore.ts"
import { ContentStore } from "../storage/contents/ContentStore.ts"
import { HeldSends } from "../storage/streams/HeldSends.ts"
import type { OfMailbox } from "./Core.ts"
import { CoreConfig } from "./CoreConfig.ts"
import { Guard } from "./guard.ts"
import { listHeld, readHeld, recall } from "./handlers/held.ts"
import { mine } from "./handlers/mine.ts"
import { readUpload, upload } from "./handlers/uploads.ts"
import { Writing } from "./Writing.ts"

/** `Writing` in this process. What comes in and what is taken back is audited. */
export const layer: Layer.Layer<
  Writing,
  ConfigError.ConfigError,
  Guard | BlobStore | ContentStore | HeldSends
> = Layer.effect(
  Writing,
  Effect.gen(function* () {
    const guard = yield* Guard
    const { maxRecipients, uploadLifetime: lifetime } = yield* CoreConfig
    const blobs = yield* BlobStore
    const files = { blobs, contents: yield* ContentStore, lifetime }
    const held = { blobs, heldSends: yield* HeldSends, maxRecipients }
    return {
      upload: guard.own("Writing/Upload", mine(upload(files)), mailbox),
      readUpload: guard.own("Writing/ReadUpload", mine(readUpload(files))),
      listHeld: guard.own("Writing/ListHeld", mine(listHeld(held))),
      readHeld: guard.own("Writing/ReadHeld", mine(readHeld(held))),
      recall: guard.own("Writing/Recall", mine(recall(held)), mailbox)
    }
  })
)

const mailbox = { resource: ({ mailboxId }: OfMailbox) => `mailbox:${mailboxId}` }
