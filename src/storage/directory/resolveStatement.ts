import { statement } from "../postgres.ts"
import type { ResolveRow } from "./resolver.ts"

/**
 * Everything that RCPT asks, in one round trip: no row = not a domain of ours.
 * $1 canonical address, $2 the same without detail (or null), $3 its domain, $4 whether somebody must answer for it.
 */
export const resolveStatement = statement<ResolveRow>({
  name: "directory_resolve",
  text: `
    SELECT u.id AS user_id, u.tenant_id, u.status, found.rank IN (3, 4) AS by_base,
           u.quota_bytes IS NOT NULL AND h.used_bytes >= u.quota_bytes AS is_over_quota
    FROM mail_state.domains d
    LEFT JOIN LATERAL (
      SELECT id, rank FROM (
        SELECT id, 1 AS rank FROM mail_state.users WHERE email = $1
        UNION ALL SELECT user_id, 2 FROM mail_state.aliases WHERE address = $1
        UNION ALL SELECT id, 3 FROM mail_state.users WHERE email = $2
        UNION ALL SELECT user_id, 4 FROM mail_state.aliases WHERE address = $2
        UNION ALL (
          SELECT id, 5 FROM mail_state.users
          WHERE $4 AND tenant_id = d.tenant_id AND status = 'active' AND 'admin' = ANY (roles)
          ORDER BY created_at, email LIMIT 1
        )
        UNION ALL SELECT id, 6 FROM mail_state.users WHERE id = d.catch_all AND status = 'active'
      ) candidates
      ORDER BY rank LIMIT 1
    ) found ON true
    LEFT JOIN mail_state.users u ON u.id = found.id
    LEFT JOIN mail_state.heads h ON h.user_id = u.id
    WHERE d.name = $3`
})
