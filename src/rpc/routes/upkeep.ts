import { timestampFromMs } from "@bufbuild/protobuf/wkt"
import type { ServiceImpl } from "@connectrpc/connect"
import { Redacted } from "effect"
import { InvalidRequest } from "../../domain/errors.ts"
import { type BlobKey, MailboxId } from "../../domain/ids.ts"
import { maxKeepDays, type PolicyFolder, policyFolders } from "../../domain/retention.ts"
import { isBlobKey } from "../../storage/blobs/blobKey.ts"
import type { Webhook } from "../../storage/notify/NotifyTargets.ts"
import { type BlobProblem, blobProblems } from "../../storage/reconcile/BlobReferences.ts"
import type { PageOf } from "../Admin.ts"
import type { Bridge } from "../bridge.ts"
import type { UpkeepService } from "../gen/postroom/core/v1/upkeep_pb.ts"
import type { UpkeepMethods } from "../Upkeep.ts"
import { optionalCount, text, uuid } from "../wire/fromWire.ts"
import { readPageToken, writePageToken } from "../wire/pageToken.ts"

const refuse = (message: string): never => {
  throw new InvalidRequest({ message })
}

const tenantName = (value: string) => (value === "" ? null : text(value, { name: "The tenant", max: 512 }))
const userId = (value: string) => MailboxId(uuid(value, "mailbox_id"))

const policyFolder = (name: string): PolicyFolder =>
  policyFolders.find((known) => known === name) ??
  refuse(`A policy is about one of ${policyFolders.join(", ")}.`)

const keepDays = (days: number): number | null => {
  if (days > maxKeepDays) return refuse(`Messages are kept for at most ${maxKeepDays} days.`)
  return days === 0 ? null : days
}

const blobProblem = (name: string): BlobProblem =>
  blobProblems.find((known) => known === name) ?? refuse(`A problem is one of ${blobProblems.join(", ")}.`)

interface TenantPageRequest {
  readonly tenant: string
  readonly pageSize: number
  readonly pageToken: string
}

const tenantPage = ({ tenant, pageSize, pageToken }: TenantPageRequest, scope: string) => ({
  tenant: tenantName(tenant),
  after: readPageToken(pageToken, scope),
  limit: optionalCount(pageSize)
})

const uuidPlace = (place: string | null) => (place === null ? null : uuid(place, "The page token"))

const next = ({ after }: Pick<PageOf<unknown>, "after">, scope: string) =>
  after === null ? "" : writePageToken(scope, after)

const webhookToWire = ({ id, tenantId, mailboxId, url, createdAt, goneAt }: Webhook) => ({
  id,
  tenantId,
  mailboxId: mailboxId ?? "",
  url,
  createdAt: timestampFromMs(createdAt),
  ...(goneAt === null ? {} : { goneAt: timestampFromMs(goneAt) })
})

/** The requests and responses of `UpkeepService`, in front of `Upkeep`. */
export const upkeepRoutes = (upkeep: UpkeepMethods, bridge: Bridge): ServiceImpl<typeof UpkeepService> => ({
  addWebhook: bridge.unary(upkeep.addWebhook, {
    read: (request) => ({
      tenant: tenantName(request.tenant),
      mailboxId: request.mailboxId === "" ? null : userId(request.mailboxId),
      url: request.url
    }),
    write: ({ webhook, secret }) => ({ webhook: webhookToWire(webhook), secret: Redacted.value(secret) })
  }),
  listWebhooks: bridge.unary(upkeep.listWebhooks, {
    read: (request: TenantPageRequest) => {
      const page = tenantPage(request, "webhooks")
      return { ...page, after: uuidPlace(page.after) }
    },
    write: (found) => ({
      webhooks: found.entries.map(webhookToWire),
      nextPageToken: next(found, "webhooks")
    })
  }),
  removeWebhook: bridge.unary(upkeep.removeWebhook, {
    read: (request) => ({ id: uuid(request.id, "The id") }),
    write: () => ({})
  }),
  setRetention: bridge.unary(upkeep.setRetention, {
    read: (request) => ({
      tenant: tenantName(request.tenant),
      folder: policyFolder(request.folder),
      keepDays: keepDays(request.keepDays)
    }),
    write: () => ({})
  }),
  listRetention: bridge.unary(upkeep.listRetention, {
    read: (request: TenantPageRequest) => tenantPage(request, "retention"),
    write: (found) => ({
      policies: found.entries.map(({ tenant, folder, keepDays: days }) => ({
        tenant,
        folder,
        keepDays: days
      })),
      nextPageToken: next(found, "retention")
    })
  }),
  previewRetention: bridge.unary(upkeep.previewRetention, {
    read: (request) => {
      const place = uuidPlace(readPageToken(request.pageToken, "preview"))
      return { tenant: tenantName(request.tenant), after: place === null ? null : MailboxId(place) }
    },
    write: ({ expired, mailboxes, held, after }) => ({
      expired: expired.map(({ role, messages, sizeBytes }) => ({
        folder: role,
        messages: BigInt(messages),
        sizeBytes: BigInt(sizeBytes)
      })),
      mailboxes,
      held,
      nextPageToken: next({ after }, "preview")
    })
  }),
  runRetention: bridge.unary(upkeep.runRetention, {
    read: (request) => ({ tenant: tenantName(request.tenant) }),
    write: (mailboxes) => ({ mailboxes: BigInt(mailboxes) })
  }),
  setHold: bridge.unary(upkeep.setHold, {
    read: (request) => ({
      userId: userId(request.mailboxId),
      reason: text(request.reason, { name: "The reason", max: 255 })
    }),
    write: () => ({})
  }),
  clearHold: bridge.unary(upkeep.clearHold, {
    read: (request) => ({ userId: userId(request.mailboxId) }),
    write: () => ({})
  }),
  listHolds: bridge.unary(upkeep.listHolds, {
    read: (request: TenantPageRequest) => tenantPage(request, "holds"),
    write: (found) => ({
      holds: found.entries.map(({ mailboxId, address, reason, setAt, keptMessages }) => ({
        mailboxId,
        address,
        reason,
        setAt: timestampFromMs(setAt),
        keptMessages: BigInt(keptMessages)
      })),
      nextPageToken: next(found, "holds")
    })
  }),
  listBlobFindings: bridge.unary(upkeep.listBlobFindings, {
    read: (request) => {
      const place = readPageToken(request.pageToken, "blobs")
      return {
        problem: blobProblem(request.problem),
        after: place === null ? null : blobKey(place),
        limit: optionalCount(request.pageSize)
      }
    },
    write: (found) => ({
      findings: found.entries.map(({ key, problem, sizeBytes, foundAt }) => ({
        blobKey: key,
        problem,
        sizeBytes: BigInt(sizeBytes),
        foundAt: timestampFromMs(foundAt)
      })),
      nextPageToken: next(found, "blobs")
    })
  })
})

const blobKey = (place: string): BlobKey =>
  isBlobKey(place) ? place : refuse("The page token is malformed.")
