import { Context, type Effect } from "effect"
import type { NotFound, Unavailable } from "../../domain/errors.ts"
import type { FolderId, MailboxId, TenantId } from "../../domain/ids.ts"

/** What the owner of a mailbox, or an administrator, allowed somebody. */
export interface Grant {
  /** null = every folder of the mailbox. */
  readonly folderId: FolderId | null
  /** Letters of RFC 4314 2.1, and `submit` for sending in the mailbox's name. Others are ignored. */
  readonly rights: ReadonlyArray<string>
}

/** A mailbox as somebody else sees it. */
export interface ForeignMailbox {
  readonly tenantId: TenantId
  readonly grants: ReadonlyArray<Grant>
}

/** Who may use other people's mailboxes (`mail_state.acl`). */
export class Acl extends Context.Tag("postroom/storage/Acl")<
  Acl,
  {
    /** The mailbox's tenant and what `grantee` was allowed there; `NotFound` where there is no such mailbox. */
    readonly lookUp: (
      mailboxId: MailboxId,
      grantee: MailboxId
    ) => Effect.Effect<ForeignMailbox, NotFound | Unavailable>
  }
>() {}
