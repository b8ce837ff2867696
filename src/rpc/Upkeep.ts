import { Context, type Effect, type Redacted } from "effect"
import type { CoreError } from "../domain/errors.ts"
import type { FolderRole } from "../domain/Folder.ts"
import type { BlobKey, MailboxId } from "../domain/ids.ts"
import type { PolicyFolder } from "../domain/retention.ts"
import type { Webhook } from "../storage/notify/NotifyTargets.ts"
import type { BlobFinding, BlobProblem } from "../storage/reconcile/BlobReferences.ts"
import type { Hold, TenantPolicy } from "../storage/retention/Retention.ts"
import type { PageInput, PageOf, TenantPageInput } from "./Admin.ts"
import type { Call } from "./Call.ts"

/** What retention would remove from folders of one role. */
export interface ExpiredMessages {
  readonly role: FolderRole
  readonly messages: number
  readonly sizeBytes: number
}

export interface RetentionPreview {
  readonly expired: ReadonlyArray<ExpiredMessages>
  /** That were looked at. */
  readonly mailboxes: number
  /** Those of them that are on hold. */
  readonly held: number
  /** Where the next page begins; null at the end. */
  readonly after: MailboxId | null
}

type Reply<A> = Effect.Effect<A, CoreError>

/** One method for each rpc of `UpkeepService` (`proto/postroom/core/v1/upkeep.proto`). A tenant that is null is the caller's. */
export interface UpkeepMethods {
  readonly addWebhook: (
    call: Call,
    input: { readonly tenant: string | null; readonly mailboxId: MailboxId | null; readonly url: string }
  ) => Reply<{ readonly webhook: Webhook; readonly secret: Redacted.Redacted }>
  readonly listWebhooks: (call: Call, input: TenantPageInput) => Reply<PageOf<Webhook>>
  readonly removeWebhook: (call: Call, input: { readonly id: string }) => Reply<void>
  readonly setRetention: (
    call: Call,
    input: {
      readonly tenant: string | null
      readonly folder: PolicyFolder
      /** null = there is no such policy any more. */
      readonly keepDays: number | null
    }
  ) => Reply<void>
  readonly listRetention: (call: Call, input: TenantPageInput) => Reply<PageOf<TenantPolicy>>
  readonly previewRetention: (
    call: Call,
    input: { readonly tenant: string | null; readonly after: MailboxId | null }
  ) => Reply<RetentionPreview>
  /** How many mailboxes will be looked at. */
  readonly runRetention: (call: Call, input: { readonly tenant: string | null }) => Reply<number>
  readonly setHold: (
    call: Call,
    input: { readonly userId: MailboxId; readonly reason: string }
  ) => Reply<void>
  readonly clearHold: (call: Call, input: { readonly userId: MailboxId }) => Reply<void>
  readonly listHolds: (call: Call, input: TenantPageInput) => Reply<PageOf<Hold>>
  readonly listBlobFindings: (
    call: Call,
    input: PageInput & { readonly problem: BlobProblem; readonly after: BlobKey | null }
  ) => Reply<PageOf<BlobFinding>>
}

export class Upkeep extends Context.Tag("postroom/rpc/Upkeep")<Upkeep, UpkeepMethods>() {}
