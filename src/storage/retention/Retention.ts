import { Context, type Effect } from "effect"
import type { NotFound, Unavailable } from "../../domain/errors.ts"
import type { Folder } from "../../domain/Folder.ts"
import type { FolderId, MailboxId, MessageId, TenantId, Uid } from "../../domain/ids.ts"
import type { PolicyFolder, RetentionPolicy } from "../../domain/retention.ts"
import type { Page } from "../directory/Directory.ts"

export interface TenantPolicy extends RetentionPolicy {
  readonly tenantId: TenantId
  readonly tenant: string
}

/** A mailbox of which nothing may be lost. */
export interface Hold {
  readonly mailboxId: MailboxId
  /** Of its user. */
  readonly address: string
  readonly reason: string
  /** Epoch milliseconds. */
  readonly setAt: number
  /** Messages that their user has removed since, and that are kept all the same. */
  readonly keptMessages: number
}

/** A mailbox whose tenant has a policy. */
export interface PolicyMailbox {
  readonly mailboxId: MailboxId
  readonly tenantId: TenantId
}

/** What decides which messages of a mailbox are too old. */
export interface RetentionPlan {
  readonly isHeld: boolean
  readonly policies: ReadonlyArray<RetentionPolicy>
  readonly folders: ReadonlyArray<Pick<Folder, "id" | "parentId" | "role">>
}

/** A stretch of a folder that was looked through. */
export interface RetentionWindow {
  /** Of the messages in it that are too old. */
  readonly messageIds: ReadonlyArray<MessageId>
  readonly sizeBytes: number
  /** The last message looked at; null = there is nothing more. */
  readonly lastUid: Uid | null
}

/** Retention policies of tenants, holds of mailboxes, and which messages they are about. Removes nothing itself. */
export class Retention extends Context.Tag("postroom/storage/Retention")<
  Retention,
  {
    /** In the order of tenants' names and folders; `after` is `tenant/folder`. */
    readonly policies: (
      tenantId: TenantId | null,
      page: Page
    ) => Effect.Effect<ReadonlyArray<TenantPolicy>, Unavailable>
    /** Null takes the policy away. */
    readonly setPolicy: (
      tenantId: TenantId,
      policy: { readonly folder: PolicyFolder; readonly keepDays: number | null }
    ) => Effect.Effect<void, Unavailable>
    /** In the order of addresses. */
    readonly holds: (tenantId: TenantId | null, page: Page) => Effect.Effect<ReadonlyArray<Hold>, Unavailable>
    /** A second hold of the same mailbox changes the reason. */
    readonly setHold: (mailboxId: MailboxId, reason: string) => Effect.Effect<void, NotFound | Unavailable>
    /** What was kept because of it is let go. False = there was no hold. */
    readonly clearHold: (mailboxId: MailboxId) => Effect.Effect<boolean, Unavailable>
    /** In the order of their ids; null = of all tenants. */
    readonly mailboxes: (
      tenantId: TenantId | null,
      page: { readonly after: MailboxId | null; readonly limit: number }
    ) => Effect.Effect<ReadonlyArray<PolicyMailbox>, Unavailable>
    /** Null = there is no such mailbox. */
    readonly plan: (mailboxId: MailboxId) => Effect.Effect<RetentionPlan | null, Unavailable>
    /** Looks through at most `limit` messages behind `afterUid`. Of a mailbox on hold none is too old. */
    readonly window: (
      mailboxId: MailboxId,
      of: {
        readonly folderId: FolderId
        /** Epoch milliseconds. */
        readonly before: number
        readonly countsFromChange: boolean
        readonly afterUid: Uid | null
        readonly limit: number
      }
    ) => Effect.Effect<RetentionWindow, Unavailable>
  }
>() {}
