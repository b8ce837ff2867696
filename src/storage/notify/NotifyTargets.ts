import { Context, type Effect, type Redacted } from "effect"
import type { Change } from "../../domain/Change.ts"
import type { NotFound, Unavailable } from "../../domain/errors.ts"
import type { FolderId, MailboxId, MessageId, ModSeq, TenantId } from "../../domain/ids.ts"

/** An HTTP endpoint that is told of changes, as it may be shown. */
export interface Webhook {
  readonly id: string
  readonly tenantId: TenantId
  /** Of this mailbox alone; null = of every mailbox of the tenant. */
  readonly mailboxId: MailboxId | null
  readonly url: string
  /** Epoch milliseconds. */
  readonly createdAt: number
  /** When it answered that it wants nothing any more; null = it is told. */
  readonly goneAt: number | null
}

/** Where something is sent to. Each kind is a way of sending. */
export interface NotifyTarget {
  readonly _tag: "Webhook"
  readonly id: string
  readonly url: string
  readonly secret: Redacted.Redacted
}

/** A change by ids: nobody who is told learns what a message says, or from whom it is. */
export interface NewsItem {
  readonly modSeq: ModSeq
  readonly type: Change["_tag"]
  /** Null for changes of a folder. */
  readonly messageId: MessageId | null
  readonly folderId: FolderId
}

/** What happened in a mailbox. */
export interface News {
  readonly items: ReadonlyArray<NewsItem>
  /** The mailbox's newest change. */
  readonly head: ModSeq
}

/** Who wants to be told of changes, and what there is to tell. */
export class NotifyTargets extends Context.Tag("postroom/storage/NotifyTargets")<
  NotifyTargets,
  {
    /** `NotFound`: the tenant has no such user. */
    readonly addWebhook: (webhook: {
      /** UUID. */
      readonly id: string
      readonly tenantId: TenantId
      readonly mailboxId: MailboxId | null
      readonly url: string
      readonly secret: Redacted.Redacted
    }) => Effect.Effect<Webhook, NotFound | Unavailable>
    /** In the order of their ids; null = of all tenants. */
    readonly webhooks: (
      tenantId: TenantId | null,
      page: { readonly after: string | null; readonly limit: number }
    ) => Effect.Effect<ReadonlyArray<Webhook>, Unavailable>
    /** False = there is no such one, in that tenant. */
    readonly removeWebhook: (id: string, tenantId: TenantId | null) => Effect.Effect<boolean, Unavailable>
    /** Those of the mailboxes of which somebody is told. */
    readonly watched: (
      mailboxIds: ReadonlyArray<MailboxId>
    ) => Effect.Effect<ReadonlySet<MailboxId>, Unavailable>
    /** Ids of those who are told of the mailbox. Callers share statements. */
    readonly idsFor: (mailboxId: MailboxId) => Effect.Effect<ReadonlyArray<string>, Unavailable>
    /** Null = it was removed, or wants nothing any more. */
    readonly target: (id: string) => Effect.Effect<NotifyTarget | null, Unavailable>
    readonly markGone: (id: string) => Effect.Effect<void, Unavailable>
    /** At most `limit` changes from `from` on; null = there is no such mailbox. */
    readonly news: (
      mailboxId: MailboxId,
      from: ModSeq,
      limit: number
    ) => Effect.Effect<News | null, Unavailable>
  }
>() {}
