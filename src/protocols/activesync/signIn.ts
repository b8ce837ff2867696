import type { IncomingMessage } from "node:http"
import { Effect } from "effect"
import type { Identity, SignInError } from "../../identity/Identity.ts"
import type { Principal, UserPrincipal } from "../../identity/Principal.ts"
import { later, type Refusal, refused, signInFirst } from "./replies.ts"

/** Seconds until who failed too often may try again, and until a part that is away may be back. */
const waits = { tooOften: 60, away: 10 }

/** Never 401 or 403 for what may work later: phones take both for a wrong password. */
const refusals = {
  Unauthenticated: signInFirst,
  LimitExceeded: later(waits.tooOften),
  Busy: later(1),
  Unavailable: later(waits.away)
} satisfies Record<SignInError["_tag"], Refusal>

/** The person whose request it is. 403 = known, and nobody who has mail. */
export const signedIn = (
  identity: Identity["Type"],
  request: IncomingMessage
): Effect.Effect<UserPrincipal, Refusal> =>
  identity.fromHeaders(request.headers, { ip: request.socket.remoteAddress ?? null }).pipe(
    Effect.mapError(({ _tag }) => refusals[_tag]),
    Effect.filterOrFail(isUser, () => refused(403))
  )

const isUser = (principal: Principal): principal is UserPrincipal => principal._tag === "User"
