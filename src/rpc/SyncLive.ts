import { type ConfigError, Effect, Layer, Runtime } from "effect"
import { Router } from "../actors/mailbox/MailboxProtocol.ts"
import type { DeviceId } from "../domain/ids.ts"
import { MimeReader } from "../protocols/mime/MimeReader.ts"
import { BlobStore } from "../storage/blobs/BlobStore.ts"
import { ContentStore } from "../storage/contents/ContentStore.ts"
import { MailboxReader } from "../storage/mailbox/MailboxReader.ts"
import type { OfMailbox } from "./Core.ts"
import { CoreConfig } from "./CoreConfig.ts"
import { Guard } from "./guard.ts"
import { estimate, getCursors, resetCursors, syncFolders } from "./handlers/cursors.ts"
import { mine } from "./handlers/mine.ts"
import { subscribe } from "./handlers/subscribe.ts"
import { synchronise } from "./handlers/synchronise.ts"
import { Sync } from "./Sync.ts"
import { SyncConfig } from "./SyncConfig.ts"
import { makeTimerWheel } from "./TimerWheel.ts"

type Needs = Guard | Router | MailboxReader | BlobStore | ContentStore | MimeReader

/** `Sync` in this process. What reads or changes mail is audited; that a phone waits or asks how much there is, is not. */
export const layer: Layer.Layer<Sync, ConfigError.ConfigError, Needs> = Layer.scoped(
  Sync,
  Effect.gen(function* () {
    const guard = yield* Guard
    const services = {
      router: yield* Router,
      reader: yield* MailboxReader,
      blobs: yield* BlobStore,
      contents: yield* ContentStore,
      mime: yield* MimeReader,
      limits: yield* CoreConfig,
      syncLimits: yield* SyncConfig
    }
    const run = Runtime.runFork(yield* Effect.runtime())
    const waiting = {
      router: services.router,
      wheel: yield* makeTimerWheel,
      run: (effect: Effect.Effect<void>) => {
        run(effect)
      }
    }
    return {
      synchronise: guard.own("Sync/Synchronise", mine(synchronise(services)), device),
      syncFolders: guard.own("Sync/SyncFolders", mine(syncFolders(services)), device),
      estimate: guard.own("Sync/Estimate", mine(estimate(services))),
      getCursors: guard.own("Sync/GetCursors", mine(getCursors(services))),
      resetCursors: guard.own("Sync/ResetCursors", mine(resetCursors(services)), device),
      subscribe: guard.own("Sync/Subscribe", mine(subscribe(waiting)))
    }
  })
)

const device = {
  resource: ({ mailboxId, deviceId }: OfMailbox & { readonly deviceId: DeviceId }) =>
    `mailbox:${mailboxId}/device:${deviceId}`
}
