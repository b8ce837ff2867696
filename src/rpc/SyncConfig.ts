import { Config } from "effect"
import { setting } from "../settings/setting.ts"
import { atLeast, bytes, integer } from "../settings/types.ts"

/** How much one answer to a device holds, whatever it asks for. */
export const SyncConfig = Config.all({
  maxItems: setting({
    name: "POSTROOM_SYNC_MAX_ITEMS",
    type: integer,
    default: 512,
    meaning: "Items that a device is told in one answer at most.",
    check: atLeast(1)
  }),
  maxBytes: setting({
    name: "POSTROOM_SYNC_MAX_BYTES",
    type: bytes,
    default: 8 * 1024 * 1024,
    meaning: "Octets of the new items in one answer to a device, estimated; one item is always told."
  }),
  maxCollections: setting({
    name: "POSTROOM_SYNC_MAX_COLLECTIONS",
    type: integer,
    default: 1_000,
    meaning: "Folders that a device may ask for at once.",
    check: atLeast(1)
  }),
  maxChanges: setting({
    name: "POSTROOM_SYNC_MAX_CHANGES",
    type: integer,
    default: 1_000,
    meaning: "Changes that a device may bring in one request.",
    check: atLeast(1)
  })
})

export type SyncLimits = Config.Config.Success<typeof SyncConfig>
