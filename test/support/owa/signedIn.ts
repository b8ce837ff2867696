import { createHash, randomBytes, randomUUID } from "node:crypto"
import { Effect } from "effect"
import { Here } from "../coreClient.ts"

/** What a browser shows of a session that has just begun. */
export const signedIn = (address: string) =>
  Effect.gen(function* () {
    const { query } = yield* Here
    const secret = randomBytes(32).toString("base64url")
    yield* query(
      `INSERT INTO sign_in.sessions (id, user_id, secret_hash, created_at, last_seen_at, idle_ends_at, ends_at)
       SELECT $1, id, $2, now(), now(), now() + interval '1 hour', now() + interval '1 hour'
       FROM mail_state.users WHERE email = $3`,
      [randomUUID(), createHash("sha256").update(secret).digest("hex"), address]
    )
    return `postroom-session=${secret}`
  })
