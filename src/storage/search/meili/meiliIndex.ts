import { Effect } from "effect"
import type { MailboxId, MessageId, TenantId } from "../../../domain/ids.ts"
import type { Meili } from "./Meili.ts"

/** The index of a tenant; ids hold nothing that could leave a path. */
export const indexOf = (tenantId: TenantId): string => `mail-${tenantId}`

/** A message as Meilisearch holds it. */
export interface MeiliDocument {
  readonly id: string
  readonly mailbox: string
  readonly message: number
  readonly at: number
  readonly size: number
  readonly attachment: boolean
  /** Its words in order; a full stop between rows keeps phrases apart. */
  readonly words: string
  /** Other forms of its words. */
  readonly forms: string
}

export const documentId = (mailboxId: MailboxId, messageId: MessageId): string => `${mailboxId}_${messageId}`

/**
 * What makes its answers ours: only mail of one mailbox can be asked for, whole words or beginnings, all of them, newest
 * first, and nothing is guessed.
 */
const settings = {
  searchableAttributes: ["words", "forms"],
  filterableAttributes: ["mailbox", "message", "at", "size", "attachment"],
  sortableAttributes: ["at", "message"],
  displayedAttributes: ["mailbox", "message", "at"],
  rankingRules: ["sort"],
  typoTolerance: { enabled: false },
  stopWords: [],
  synonyms: {}
}

/** Makes sure that the index is there and set as it must be. Once per process and tenant; doing it again changes nothing. */
export const makeEnsureIndex = (meili: Meili) => {
  const known = new Set<TenantId>()
  return (tenantId: TenantId) =>
    Effect.suspend(() => {
      if (known.has(tenantId)) return Effect.void
      const uid = indexOf(tenantId)
      return meili
        .change({ method: "POST", path: "/indexes", body: { uid, primaryKey: "id" } }, [
          "index_already_exists"
        ])
        .pipe(
          Effect.zipRight(
            meili.change({ method: "PATCH", path: `/indexes/${uid}/settings`, body: settings })
          ),
          Effect.tap(() => known.add(tenantId))
        )
    })
}
