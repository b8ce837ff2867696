import { randomUUID } from "node:crypto"
import { Clock, Effect } from "effect"
import type { Router } from "../../actors/mailbox/MailboxProtocol.ts"
import { type CoreError, LimitExceeded, NotFound, Unavailable } from "../../domain/errors.ts"
import { ContentId, type TenantId } from "../../domain/ids.ts"
import type { NewMessage } from "../../domain/Message.ts"
import type { MimeReader } from "../../protocols/mime/MimeReader.ts"
import type { BlobStore } from "../../storage/blobs/BlobStore.ts"
import { blobKey } from "../../storage/blobs/blobKey.ts"
import type { ContentStore } from "../../storage/contents/ContentStore.ts"
import type { Applied, CoreMethods } from "../Core.ts"
import type { CoreLimits } from "../CoreConfig.ts"
import type { Authorized } from "../guard.ts"
import { ask } from "./commands.ts"

export interface AppendServices {
  readonly router: Router["Type"]
  readonly blobs: BlobStore["Type"]
  readonly contents: ContentStore["Type"]
  readonly mime: MimeReader["Type"]
  readonly limits: CoreLimits
}

/** Blob, then structure, then the mailbox's commit; what a refusal leaves behind is an unreferenced blob. */
export const appendMessage =
  (services: AppendServices) =>
  (call: Authorized, input: Parameters<CoreMethods["appendMessage"]>[1]): Effect.Effect<Applied, CoreError> =>
    Effect.gen(function* () {
      const max = services.limits.maxMessageBytes
      if (input.raw.length > max) return yield* new LimitExceeded({ limit: "messageSize", max })
      const state = yield* services.router.state(input.mailboxId)
      if (!state.folders.has(input.folderId)) return yield* new NotFound({ what: "folder" })
      const { tenantId } = call.access
      if (tenantId === null) return yield* new NotFound({ what: "tenant" })
      const message = yield* keep(services, { tenantId, raw: input.raw, receivedAt: input.receivedAt })
      return yield* ask(services.router, call, {
        mailboxId: input.mailboxId,
        operationId: input.operationId,
        command: {
          _tag: "Append",
          folderId: input.folderId,
          flags: input.flags,
          categories: input.categories,
          message
        }
      })
    })

/** Blob and structure of a message that some mailbox will hold. */
export const keep = (
  { blobs, contents, mime }: Omit<AppendServices, "router">,
  given: { readonly tenantId: TenantId; readonly raw: Uint8Array; readonly receivedAt: number | null }
): Effect.Effect<NewMessage, Unavailable> =>
  Effect.gen(function* () {
    const acceptedAt = yield* Clock.currentTimeMillis
    const contentId = ContentId(yield* Effect.sync(() => randomUUID()))
    const key = blobKey({ tenantId: given.tenantId, contentId, acceptedAt })
    const ref = yield* Effect.mapError(
      blobs.putBytes(key, given.raw),
      (cause) => new Unavailable({ what: "blobs", cause })
    )
    const content = yield* mime.read(given.raw)
    yield* contents.put([{ contentId, blobKey: key, parts: content.parts }])
    return {
      contentId,
      blobKey: key,
      checksum: ref.checksum,
      sizeBytes: ref.sizeBytes,
      envelope: content.envelope,
      topic: content.topic,
      preview: content.preview,
      headers: content.headers,
      hasAttachments: content.hasAttachments,
      receivedAt: given.receivedAt ?? acceptedAt
    }
  })
