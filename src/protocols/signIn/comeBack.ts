import { Effect } from "effect"
import type { RelyingParty } from "../../identity/relyingParty/RelyingParty.ts"
import type { Sessions } from "../../identity/Sessions.ts"
import { dropAttempt, keptAttempt } from "./attemptCookie.ts"
import type { Exchange } from "./exchange.ts"
import { notice } from "./notice.ts"
import { paths } from "./paths.ts"
import { redirect, withCookies } from "./reply.ts"

export interface ComeBackParts {
  readonly sessions: Sessions["Type"]
  readonly party: RelyingParty["Type"]
}

/** The browser is back from the issuer (RFC 6749 4.1.2): who that is gets a session, and the one of before ends. */
export const makeComeBack = ({ sessions, party }: ComeBackParts) =>
  Effect.fnUntraced(function* (exchange: Exchange) {
    const { request, origin, isSecure, query } = exchange
    const { cookie } = request.headers
    const state = query.get("state") ?? ""
    const kept = keptAttempt(cookie, { state, isSecure })
    const attempt = kept === null ? null : yield* party.attemptIn(kept)
    if (attempt === null) return notice(exchange, "expired")
    const { returnTo } = attempt
    const drop = dropAttempt(attempt.state, isSecure)
    const cameTo = new URL(`${origin}${paths.callback}?${query}`)
    const found = yield* party.finish({ origin, cameTo, attempt }).pipe(
      Effect.map((signedIn) => ({ ...signedIn, problem: null })),
      Effect.catchTags({
        IssuerAway: ({ code }) => failed("away", code),
        SignInRefused: ({ code }) => failed("refused", code)
      })
    )
    const { user, idToken, problem } = found
    if (problem !== null) return withCookies(notice({ ...exchange, returnTo }, problem), [drop])
    if (user === null) return withCookies(notice({ ...exchange, returnTo }, "noMailbox"), [drop])
    const before = yield* sessions.authenticate(cookie)
    if (before !== null) yield* sessions.end(before.mailboxId, before.sessionId)
    return yield* sessions
      .begin({ userId: user.mailboxId, userAgent: request.headers["user-agent"], idToken, isSecure })
      .pipe(
        Effect.map((session) => redirect(returnTo, [drop, session])),
        Effect.catchTag("NotFound", () => Effect.succeed(notice({ ...exchange, returnTo }, "noMailbox")))
      )
  })

const failed = (problem: "away" | "refused", code: string) =>
  Effect.as(Effect.logWarning(`a sign-in failed: ${problem} (${code})`), {
    user: null,
    idToken: null,
    problem
  })
