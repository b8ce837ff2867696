import { type ConfigError, Effect, Layer } from "effect"
import { Directory } from "../storage/directory/Directory.ts"
import { NotifyTargets } from "../storage/notify/NotifyTargets.ts"
import { BlobReferences } from "../storage/reconcile/BlobReferences.ts"
import { Retention } from "../storage/retention/Retention.ts"
import { Streams } from "../storage/streams/Streams.ts"
import { AdminConfig } from "./AdminConfig.ts"
import { UpkeepService } from "./gen/postroom/core/v1/upkeep_pb.ts"
import { Guard } from "./guard.ts"
import { makeUpkeepHandlers } from "./handlers/upkeep.ts"
import { Upkeep, type UpkeepMethods } from "./Upkeep.ts"

type Needs = Guard | Directory | NotifyTargets | Retention | BlobReferences | Streams

/** `Upkeep` in this process: every handler behind the guard. A method of the service without one does not compile. */
export const layer: Layer.Layer<Upkeep, ConfigError.ConfigError, Needs> = Layer.effect(
  Upkeep,
  Effect.gen(function* () {
    const guard = yield* Guard
    const handlers = makeUpkeepHandlers({
      directory: yield* Directory,
      targets: yield* NotifyTargets,
      retention: yield* Retention,
      references: yield* BlobReferences,
      streams: yield* Streams,
      limits: yield* AdminConfig
    })
    const { method } = UpkeepService
    // Ids only: a URL, a reason or a tenant's name says more than the trail should.
    const webhooks = { resource: () => "webhooks" }
    const retention = { resource: () => "retention" }
    const hold = { resource: ({ userId }: { readonly userId: string }) => `mailbox:${userId}` }
    return {
      addWebhook: guard.platform(method.addWebhook, handlers.addWebhook, {
        resource: ({ mailboxId }) => (mailboxId === null ? "webhooks" : `mailbox:${mailboxId}`)
      }),
      listWebhooks: guard.platform(method.listWebhooks, handlers.listWebhooks, webhooks),
      removeWebhook: guard.platform(method.removeWebhook, handlers.removeWebhook, {
        resource: ({ id }) => `webhook:${id}`
      }),
      setRetention: guard.platform(method.setRetention, handlers.setRetention, {
        ...retention,
        details: ({ folder, keepDays }) => ({ folder, keepDays: keepDays ?? 0 })
      }),
      listRetention: guard.platform(method.listRetention, handlers.listRetention, retention),
      previewRetention: guard.platform(method.previewRetention, handlers.previewRetention, retention),
      runRetention: guard.platform(method.runRetention, handlers.runRetention, retention),
      setHold: guard.platform(method.setHold, handlers.setHold, hold),
      clearHold: guard.platform(method.clearHold, handlers.clearHold, hold),
      listHolds: guard.platform(method.listHolds, handlers.listHolds, { resource: () => "holds" }),
      listBlobFindings: guard.platform(method.listBlobFindings, handlers.listBlobFindings, {
        resource: () => "blobs"
      })
    } satisfies UpkeepMethods & Record<keyof typeof UpkeepService.method, unknown>
  })
)
