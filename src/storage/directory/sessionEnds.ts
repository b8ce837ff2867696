import { Option, Schema, Stream } from "effect"
import { MailboxId } from "../../domain/ids.ts"
import type { Postgres } from "../postgres.ts"
import type { SessionsEnded } from "./SessionStore.ts"

const channel = "session_ends"

/** SQL that tells all processes, at the commit, whose sessions ended. */
export const tellSessionsEnded = (userId: string): string => `pg_notify('${channel}', ${userId}::text)`

/** Revokes what lives of the sessions of whoever `users` selects, as part of the statement that is the reason. */
export const endSessionsOf = (users: string): string =>
  `UPDATE sign_in.sessions SET revoked_at = now() WHERE user_id IN (${users}) AND revoked_at IS NULL`

const decode = Schema.decodeUnknownOption(Schema.UUID)

/** What was not heard while the connection was away may have been about anybody. Before the first one nobody waited. */
export const sessionEnds = (postgres: Postgres["Type"]): Stream.Stream<SessionsEnded> =>
  postgres.listen(channel).pipe(
    Stream.dropUntil((event) => event._tag === "Listening"),
    Stream.filterMap(
      (event): Option.Option<SessionsEnded> =>
        event._tag === "Listening"
          ? Option.some({ userId: null })
          : Option.map(decode(event.payload), (userId) => ({ userId: MailboxId(userId) }))
    )
  )
