import type { IncomingMessage } from "node:http"
import { Effect, type Option } from "effect"
import { isOwnOrigin } from "../../identity/ownOrigin.ts"
import type { Sessions, SignedIn } from "../../identity/Sessions.ts"

/** Why there is no connection, as the status of the answer. */
export type Denial = 401 | 403 | 429 | 503

export interface Admission {
  readonly sessions: Sessions["Type"]
  readonly publicUrl: Option.Option<URL>
}

/** Whose session it is. The page must be one of ours: browsers send cookies with a WebSocket whatever page opens it. */
export const admitted = (
  { sessions, publicUrl }: Admission,
  request: IncomingMessage
): Effect.Effect<SignedIn, Denial> => {
  if (!isOwnOrigin(publicUrl, request)) return Effect.fail(403)
  return sessions.authenticate(request.headers.cookie).pipe(
    Effect.mapError((): Denial => 503),
    Effect.filterOrFail(
      (person): person is SignedIn => person !== null,
      (): Denial => 401
    )
  )
}
