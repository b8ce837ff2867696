import { Effect, Layer } from "effect"
import { NotFound, Unavailable } from "../../domain/errors.ts"
import { FolderId, TenantId } from "../../domain/ids.ts"
import { Postgres, statement } from "../postgres.ts"
import { Acl } from "./Acl.ts"

interface GrantRow {
  readonly tenant_id: string
  readonly mailbox_id: number | null
  readonly rights: ReadonlyArray<string> | null
}

const lookUp = statement<GrantRow>({
  name: "acl_look_up",
  text: `SELECT owner.tenant_id, acl.mailbox_id, acl.rights FROM mail_state.users AS owner
    LEFT JOIN mail_state.acl AS acl ON acl.user_id = owner.id AND acl.grantee = $2
    WHERE owner.id = $1`
})

/** Reads `mail_state.acl`. */
export const layer: Layer.Layer<Acl, never, Postgres> = Layer.effect(
  Acl,
  Effect.map(Postgres, ({ query }) =>
    Acl.of({
      lookUp: (mailboxId, grantee) =>
        Effect.gen(function* () {
          const rows = yield* Effect.mapError(
            query(lookUp, [mailboxId, grantee]),
            (cause) => new Unavailable({ what: "storage", cause })
          )
          const first = rows[0]
          if (first === undefined) return yield* new NotFound({ what: "mailbox" })
          return {
            tenantId: TenantId(first.tenant_id),
            grants: rows.flatMap(({ mailbox_id, rights }) =>
              rights === null ? [] : [{ folderId: mailbox_id === null ? null : FolderId(mailbox_id), rights }]
            )
          }
        })
    })
  )
)
