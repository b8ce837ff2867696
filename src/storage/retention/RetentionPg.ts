import { Effect, Layer } from "effect"
import { NotFound } from "../../domain/errors.ts"
import { FolderId, MailboxId, MessageId, TenantId, Uid } from "../../domain/ids.ts"
import { run } from "../directory/rows.ts"
import { Postgres } from "../postgres.ts"
import { Retention } from "./Retention.ts"
import * as sql from "./statements.ts"

/** Policies and holds in Postgres. */
export const layer: Layer.Layer<Retention, never, Postgres> = Layer.effect(
  Retention,
  Effect.map(Postgres, (postgres) => {
    const query = run(postgres)
    return Retention.of({
      policies: (tenantId, { after, limit }) =>
        Effect.map(query(sql.selectPolicies, [tenantId, after, limit]), (rows) =>
          rows.map(({ tenant_id, name, folder, keep_days }) => ({
            tenantId: TenantId(tenant_id),
            tenant: name,
            folder,
            keepDays: keep_days
          }))
        ),
      setPolicy: (tenantId, { folder, keepDays }) =>
        Effect.asVoid(
          keepDays === null
            ? query(sql.deletePolicy, [tenantId, folder])
            : query(sql.upsertPolicy, [tenantId, folder, keepDays])
        ),
      holds: (tenantId, { after, limit }) =>
        Effect.map(query(sql.selectHolds, [tenantId, after, limit]), (rows) =>
          rows.map(({ user_id, email, reason, set_at, kept }) => ({
            mailboxId: MailboxId(user_id),
            address: email,
            reason,
            setAt: set_at,
            keptMessages: kept
          }))
        ),
      setHold: (mailboxId, reason) =>
        Effect.asVoid(
          query(sql.upsertHold, [mailboxId, reason], {
            holds_user_id_fkey: new NotFound({ what: "user" })
          })
        ),
      clearHold: (mailboxId) => Effect.map(query(sql.deleteHold, [mailboxId]), (rows) => rows.length > 0),
      mailboxes: (tenantId, { after, limit }) =>
        Effect.map(query(sql.selectMailboxes, [tenantId, after, limit]), (rows) =>
          rows.map(({ id, tenant_id }) => ({ mailboxId: MailboxId(id), tenantId: TenantId(tenant_id) }))
        ),
      plan: (mailboxId) =>
        Effect.map(query(sql.selectPlan, [mailboxId]), ([row]) =>
          row === undefined
            ? null
            : {
                isHeld: row.is_held,
                policies: row.policies ?? [],
                folders: (row.folders ?? []).map(({ id, parentId, role }) => ({
                  id: FolderId(id),
                  parentId: parentId === null ? null : FolderId(parentId),
                  role
                }))
              }
        ),
      window: (mailboxId, { folderId, before, countsFromChange, afterUid, limit }) =>
        Effect.map(
          query(sql.selectWindow, [mailboxId, folderId, before, countsFromChange, afterUid ?? 0, limit]),
          ([row]) => ({
            messageIds: (row?.ids ?? []).map((id) => MessageId(id)),
            sizeBytes: row?.size_bytes ?? 0,
            lastUid: row?.last_uid == null ? null : Uid(row.last_uid)
          })
        )
    })
  })
)
