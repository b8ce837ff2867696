import { Effect, Layer } from "effect"
import { NotFound, Unavailable } from "../../domain/errors.ts"
import { Postgres } from "../postgres.ts"
import { run, toUser } from "./rows.ts"
import { type Session, SessionStore } from "./SessionStore.ts"
import { sessionEnds } from "./sessionEnds.ts"
import * as sql from "./sessionStatements.ts"

/** Sessions in `sign_in.sessions`. */
export const layer: Layer.Layer<SessionStore, never, Postgres> = Layer.effect(
  SessionStore,
  Effect.map(Postgres, (postgres) => {
    const query = run(postgres)
    return SessionStore.of({
      create: ({ id, userId, secretHash, userAgent, idToken, createdAt, idleEndsAt, endsAt }, maxSessions) =>
        Effect.gen(function* () {
          const holders = yield* query(sql.lockUser, [userId])
          if (holders.length === 0) return yield* new NotFound({ what: "user" })
          yield* query(sql.revokeBeyond, [userId, createdAt, maxSessions - 1])
          const values = [id, userId, secretHash, userAgent, idToken, createdAt, idleEndsAt, endsAt]
          yield* query(sql.insertSession, values)
        }).pipe(
          postgres.transaction,
          Effect.catchTags({
            PostgresUnavailable: (cause) => new Unavailable({ what: "storage", cause }),
            PostgresRejected: Effect.die
          })
        ),
      use: (secretHash, { now, idleEndsAt, seenBefore }) =>
        Effect.map(query(sql.useByHash, [secretHash, now, idleEndsAt, seenBefore]), ([row]) =>
          row === undefined ? null : { user: toUser(row), sessionId: row.session_id }
        ),
      useById: (sessionId, { now, idleEndsAt, seenBefore }) =>
        Effect.asVoid(query(sql.useById, [sessionId, now, idleEndsAt, seenBefore])),
      living: (sessionIds, now) =>
        Effect.map(query(sql.selectLiving, [sessionIds, now]), (rows) => rows.map(({ id }) => id)),
      sessions: (userId, now) =>
        Effect.map(query(sql.selectSessions, [userId, now]), (rows) => rows.map(toSession)),
      revoke: (userId, sessionId) =>
        Effect.map(query(sql.revokeSession, [userId, sessionId]), ([row]) =>
          row === undefined ? null : { idToken: row.id_token }
        ),
      revokeAll: (userId, { sparedId, now }) =>
        Effect.map(query(sql.revokeSessions, [userId, now, sparedId]), (rows) => rows.length),
      forget: (endedBefore) => Effect.asVoid(query(sql.deleteEnded, [endedBefore])),
      ends: sessionEnds(postgres)
    })
  })
)

const toSession = (row: sql.SessionRow): Session => ({
  id: row.id,
  createdAt: row.created_at,
  lastSeenAt: row.last_seen_at,
  idleEndsAt: row.idle_ends_at,
  endsAt: row.ends_at,
  userAgent: row.user_agent
})
