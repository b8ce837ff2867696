import { createHash } from "node:crypto"
import { Clock, Context, Effect, Layer } from "effect"
import type { Unavailable } from "../../domain/errors.ts"
import { Postgres, statement } from "../postgres.ts"
import { run } from "./rows.ts"

/** What the platform's own issuer remembers of one thing that it issued: JSON that nobody here looks into. */
export type IssuedPayload = Readonly<Record<string, unknown>>

/** One kind of what was issued, and by what its holder shows. */
export interface IssuedKey {
  readonly kind: string
  readonly id: string
}

/** Codes, grants and sign-ins under way of the platform's own issuer. What a holder shows is kept as a hash. */
export class IssuedStore extends Context.Tag("postroom/storage/IssuedStore")<
  IssuedStore,
  {
    readonly put: (
      issued: IssuedKey & {
        readonly payload: IssuedPayload
        readonly grantId: string | null
        readonly lastsSeconds: number
      }
    ) => Effect.Effect<void, Unavailable>
    /** Null = there is none, or it has expired. */
    readonly find: (
      key: IssuedKey
    ) => Effect.Effect<
      { readonly payload: IssuedPayload; readonly consumedAt: number | null } | null,
      Unavailable
    >
    readonly findByUid: (
      kind: string,
      uid: string
    ) => Effect.Effect<{ readonly payload: IssuedPayload } | null, Unavailable>
    /** False = it was consumed before, or there is none: of two at once, one is told true. */
    readonly consume: (key: IssuedKey) => Effect.Effect<boolean, Unavailable>
    readonly remove: (key: IssuedKey) => Effect.Effect<void, Unavailable>
    readonly removeGrant: (grantId: string) => Effect.Effect<void, Unavailable>
    /** Removes what has expired. */
    readonly sweep: Effect.Effect<void, Unavailable>
  }
>() {
  static readonly layer: Layer.Layer<IssuedStore, never, Postgres> = Layer.effect(
    IssuedStore,
    Effect.map(Postgres, (postgres) => {
      const query = run(postgres)
      const now = Clock.currentTimeMillis
      return IssuedStore.of({
        put: ({ kind, id, payload, grantId, lastsSeconds }) =>
          Effect.flatMap(now, (at) =>
            Effect.asVoid(
              query(upsert, [kind, hashOf(id), grantId, JSON.stringify(payload), at + lastsSeconds * 1000])
            )
          ),
        find: ({ kind, id }) =>
          Effect.gen(function* () {
            const [row] = yield* query(select, [kind, hashOf(id), yield* now])
            return row === undefined ? null : { payload: row.payload, consumedAt: row.consumed_at }
          }),
        findByUid: (kind, uid) =>
          Effect.gen(function* () {
            const [row] = yield* query(selectByUid, [kind, uid, yield* now])
            return row ?? null
          }),
        consume: ({ kind, id }) =>
          Effect.gen(function* () {
            const rows = yield* query(consume, [kind, hashOf(id), yield* now])
            return rows.length > 0
          }),
        remove: ({ kind, id }) => Effect.asVoid(query(remove, [kind, hashOf(id)])),
        removeGrant: (grantId) => Effect.asVoid(query(removeGrant, [grantId])),
        sweep: Effect.flatMap(now, (at) => Effect.asVoid(query(sweep, [at])))
      })
    })
  )
}

const hashOf = (id: string): string => createHash("sha256").update(id).digest("hex")

interface IssuedRow {
  readonly payload: IssuedPayload
  readonly consumed_at: number | null
}

const at = (parameter: string) => `to_timestamp(${parameter}::double precision / 1000)`

const upsert = statement({
  text: `INSERT INTO sign_in.issued (kind, id_hash, grant_id, payload, expires_at)
    VALUES ($1, $2, $3, $4::jsonb, ${at("$5")})
    ON CONFLICT (kind, id_hash) DO UPDATE
      SET grant_id = excluded.grant_id, payload = excluded.payload, expires_at = excluded.expires_at`
})

const select = statement<IssuedRow>({
  text: `SELECT payload, consumed_at FROM sign_in.issued
    WHERE kind = $1 AND id_hash = $2 AND expires_at > ${at("$3")}`
})

const selectByUid = statement<{ readonly payload: IssuedPayload }>({
  text: `SELECT payload FROM sign_in.issued
    WHERE kind = $1 AND payload ? 'uid' AND payload ->> 'uid' = $2 AND expires_at > ${at("$3")}`
})

const consume = statement<{ readonly kind: string }>({
  text: `UPDATE sign_in.issued SET consumed_at = ${at("$3")}
    WHERE kind = $1 AND id_hash = $2 AND consumed_at IS NULL RETURNING kind`
})

const remove = statement({ text: "DELETE FROM sign_in.issued WHERE kind = $1 AND id_hash = $2" })

const removeGrant = statement({ text: "DELETE FROM sign_in.issued WHERE grant_id = $1" })

const sweep = statement({ text: `DELETE FROM sign_in.issued WHERE expires_at < ${at("$1")}` })
