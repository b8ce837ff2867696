import { Effect, Schema } from "effect"
import type { TenantId } from "../../../domain/ids.ts"
import { type Postgres, statement } from "../../postgres.ts"
import type { Meili, MeiliAway } from "./Meili.ts"

/** The index of a tenant; ids hold nothing that could leave a path. */
export const indexOf = (tenantId: TenantId): string => `mail-${tenantId}`

/** Hits of one answer at most. */
export const maxHits = 1_000

/** Of one tenant only, and not of the server: its index is not there yet, or has no settings yet. */
export const hasNoIndex = ({ status }: MeiliAway): boolean => status === 400 || status === 404

const equalOnly = { facetSearch: false, filter: { equality: true, comparison: false } }
const compared = { facetSearch: false, filter: { equality: true, comparison: true } }

/**
 * What makes its answers ours: only mail of one mailbox can be asked for, whole words or beginnings, all of them, newest
 * first, and nothing is guessed, nor left out to be in time.
 */
const settings = {
  searchableAttributes: ["words", "more", "forms"],
  filterableAttributes: [
    { attributePatterns: ["mailbox", "attachment", "long"], features: equalOnly },
    { attributePatterns: ["message", "at", "size"], features: compared }
  ],
  sortableAttributes: ["at", "message"],
  displayedAttributes: ["mailbox", "message", "at"],
  rankingRules: ["sort"],
  typoTolerance: { enabled: false },
  proximityPrecision: "byWord",
  prefixSearch: "indexingTime",
  facetSearch: false,
  stopWords: [],
  synonyms: {},
  pagination: { maxTotalHits: maxHits },
  searchCutoffMs: 60_000
}

const Index = Schema.Struct({ createdAt: Schema.String })

// Whatever was copied before into an index that is there no more is to be copied again.
const adopt = statement({
  name: "mirror_adopt",
  text: `WITH other AS (
      INSERT INTO search.copies AS copy (tenant_id, made_at) VALUES ($1, $2)
      ON CONFLICT (tenant_id) DO UPDATE SET made_at = excluded.made_at WHERE copy.made_at <> excluded.made_at
      RETURNING tenant_id
    )
    UPDATE search.mirrors AS mirror SET message_id = 0
    FROM other JOIN mail_state.users AS owner ON owner.tenant_id = other.tenant_id WHERE mirror.user_id = owner.id`
})

/**
 * Makes sure that a tenant's index is there, that it is the one that was written before, and that it is set as it must be.
 * Only an index that is known can be searched: what is made by a mere write has no settings, and refuses our filters.
 */
export const makeEnsureIndex = (meili: Meili, postgres: Postgres["Type"]) => {
  const known = new Map<TenantId, string>()

  const made = (uid: string) => meili.ask({ method: "GET", path: `/indexes/${uid}`, answer: Index })

  const make = (uid: string) =>
    Effect.zipRight(
      meili.change({ method: "POST", path: "/indexes", body: { uid, primaryKey: "id" } }, [
        "index_already_exists"
      ]),
      made(uid)
    )

  return Effect.fnUntraced(function* (tenantId: TenantId) {
    const uid = indexOf(tenantId)
    const { createdAt } = yield* Effect.catchIf(
      made(uid),
      ({ code }) => code === "index_not_found",
      () => make(uid)
    )
    if (known.get(tenantId) === createdAt) return
    yield* postgres.query(adopt, [tenantId, createdAt])
    yield* meili.change({ method: "PATCH", path: `/indexes/${uid}/settings`, body: settings })
    known.set(tenantId, createdAt)
  })
}
