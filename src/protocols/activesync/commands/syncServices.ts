import { Duration, Effect } from "effect"
import { Core } from "../../../rpc/Core.ts"
import { Devices } from "../../../rpc/Devices.ts"
import { Sync } from "../../../rpc/Sync.ts"
import { MimeReader } from "../../mime/MimeReader.ts"
import { ActiveSyncConfig } from "../ActiveSyncConfig.ts"

/** What Sync and Ping work with. */
export const syncServices = Effect.gen(function* () {
  const settings = yield* ActiveSyncConfig
  return {
    core: yield* Core,
    mime: yield* MimeReader,
    sync: yield* Sync,
    devices: (yield* Devices).own,
    limits: {
      maxCollections: settings.maxCollections,
      maxAnswerBytes: settings.answerBytes,
      // In base64 what came takes a third more.
      maxDraftBytes: 2 * settings.mailBytes,
      minHeartbeatSeconds: Duration.toSeconds(settings.minHeartbeat),
      maxHeartbeatSeconds: Duration.toSeconds(settings.maxHeartbeat),
      maxFolders: settings.maxPingFolders
    }
  }
})
