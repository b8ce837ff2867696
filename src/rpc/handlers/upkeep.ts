import { randomBytes } from "node:crypto"
import { Clock, Effect, Redacted } from "effect"
import { InvalidRequest, LimitExceeded } from "../../domain/errors.ts"
import type { MailboxId } from "../../domain/ids.ts"
import { parseWebhookUrl } from "../../domain/webhookUrl.ts"
import { retentionTask } from "../../pipeline/retention/RetentionTask.ts"
import { uuidV7 } from "../../pipeline/uuidV7.ts"
import type { Directory } from "../../storage/directory/Directory.ts"
import type { NotifyTargets } from "../../storage/notify/NotifyTargets.ts"
import type { BlobReferences } from "../../storage/reconcile/BlobReferences.ts"
import type { PolicyMailbox, Retention } from "../../storage/retention/Retention.ts"
import type { Streams } from "../../storage/streams/Streams.ts"
import type { AdminLimits } from "../AdminConfig.ts"
import type { Authorized } from "../guard.ts"
import type { UpkeepMethods } from "../Upkeep.ts"
import { addUp, previewMailbox } from "./previewRetention.ts"
import { makeTenancy } from "./tenancy.ts"

export interface UpkeepServices {
  readonly directory: Directory["Type"]
  readonly targets: NotifyTargets["Type"]
  readonly retention: Retention["Type"]
  readonly references: BlobReferences["Type"]
  readonly streams: Streams["Type"]
  readonly limits: Pick<AdminLimits, "pageSize" | "maxPageSize">
}

type Input<Method extends keyof UpkeepMethods> = Parameters<UpkeepMethods[Method]>[1]

/** Each is told of every change of the tenant: enough for its own programs, too few to make a flood of. */
const maxWebhooks = 20
const previewedMailboxes = 50
const queuedMailboxes = 500

/** Handlers of what the platform does by itself. Whoever belongs to a tenant meets nothing but that tenant. */
export const makeUpkeepHandlers = (services: UpkeepServices) => {
  const { directory, targets, retention, references, streams, limits } = services

  const { paged, scope, oneTenant, ofTenant, userById } = makeTenancy({ directory, limits })

  const queue = Effect.fnUntraced(function* (call: Authorized, mailboxes: ReadonlyArray<PolicyMailbox>) {
    const now = yield* Clock.currentTimeMillis
    const { correlationId } = call
    yield* streams.publish(mailboxes.map((mailbox) => retentionTask(mailbox, { now, correlationId })))
  })

  return {
    addWebhook: (call: Authorized, { tenant, mailboxId, url }: Input<"addWebhook">) =>
      Effect.gen(function* () {
        const { href } = yield* parseWebhookUrl(url)
        const tenantId = yield* oneTenant(call, tenant)
        const others = yield* targets.webhooks(tenantId, { after: null, limit: maxWebhooks })
        if (others.length >= maxWebhooks) {
          return yield* new LimitExceeded({ limit: "batch", max: maxWebhooks })
        }
        const id = uuidV7(yield* Clock.currentTimeMillis)
        const secret = Redacted.make(`whsec_${randomBytes(32).toString("base64")}`)
        return { webhook: yield* targets.addWebhook({ id, tenantId, mailboxId, url: href, secret }), secret }
      }),
    listWebhooks: ofTenant(targets.webhooks, ({ id }) => id),
    removeWebhook: (call: Authorized, { id }: Input<"removeWebhook">) =>
      Effect.filterOrFail(
        targets.removeWebhook(id, call.access.tenantId),
        (isRemoved) => isRemoved,
        () => new InvalidRequest({ message: "There is no such webhook." })
      ),
    setRetention: (call: Authorized, { tenant, folder, keepDays }: Input<"setRetention">) =>
      Effect.flatMap(oneTenant(call, tenant), (tenantId) =>
        retention.setPolicy(tenantId, { folder, keepDays })
      ),
    listRetention: ofTenant(retention.policies, ({ tenant, folder }) => `${tenant}/${folder}`),
    previewRetention: (call: Authorized, { tenant, after }: Input<"previewRetention">) =>
      Effect.gen(function* () {
        const tenantId = yield* scope(call, tenant)
        const mailboxes = yield* retention.mailboxes(tenantId, { after, limit: previewedMailboxes })
        const counted = yield* Effect.forEach(
          mailboxes,
          ({ mailboxId }) => previewMailbox(retention, mailboxId),
          { concurrency: 4 }
        )
        const last = mailboxes.length < previewedMailboxes ? undefined : mailboxes.at(-1)
        return {
          expired: addUp(counted.flatMap((found) => found ?? [])),
          mailboxes: mailboxes.length,
          held: counted.filter((found) => found === null).length,
          after: last?.mailboxId ?? null
        }
      }),
    runRetention: (call: Authorized, { tenant }: Input<"runRetention">) =>
      Effect.gen(function* () {
        const tenantId = yield* scope(call, tenant)
        let queued = 0
        let after: MailboxId | null = null
        do {
          const mailboxes: ReadonlyArray<PolicyMailbox> = yield* retention.mailboxes(tenantId, {
            after,
            limit: queuedMailboxes
          })
          yield* queue(call, mailboxes)
          queued += mailboxes.length
          after = mailboxes.length < queuedMailboxes ? null : (mailboxes.at(-1)?.mailboxId ?? null)
        } while (after !== null)
        return queued
      }),
    setHold: (call: Authorized, { userId, reason }: Input<"setHold">) =>
      Effect.zipRight(userById(call, userId), retention.setHold(userId, reason)),
    clearHold: (call: Authorized, { userId }: Input<"clearHold">) =>
      Effect.zipRight(
        userById(call, userId),
        Effect.filterOrFail(
          retention.clearHold(userId),
          (wasHeld) => wasHeld,
          () => new InvalidRequest({ message: "The mailbox is not on hold." })
        )
      ),
    listHolds: ofTenant(retention.holds, ({ address }) => address),
    listBlobFindings: (_: Authorized, input: Input<"listBlobFindings">) =>
      paged(input, {
        read: ({ limit }) => references.findings(input.problem, { after: input.after, limit }),
        name: ({ key }) => key
      })
  }
}
