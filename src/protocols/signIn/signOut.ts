import { Effect } from "effect"
import type { RelyingParty } from "../../identity/relyingParty/RelyingParty.ts"
import type { Sessions } from "../../identity/Sessions.ts"
import { noSessionCookie } from "../../identity/sessionCookie.ts"
import type { Exchange } from "./exchange.ts"
import { notice } from "./notice.ts"
import { signOutPage } from "./pages.ts"
import { paths } from "./paths.ts"
import { readForm } from "./readForm.ts"
import { bare, html, json, redirect } from "./reply.ts"

/** Ends the session, or all of them, and then that at the issuer. A script asks for JSON, and goes to `location` itself. */
export const makeSignOut = ({
  sessions,
  party
}: {
  readonly sessions: Sessions["Type"]
  readonly party: RelyingParty["Type"]
}) => {
  const show = Effect.fnUntraced(function* (exchange: Exchange) {
    const { request, language } = exchange
    const signedIn = yield* sessions.authenticate(request.headers.cookie)
    if (signedIn === null) return notice(exchange, "signedOut")
    const { length } = yield* sessions.list(signedIn.mailboxId)
    const page = signOutPage({ language, address: signedIn.address, sessions: length })
    return html(page, { formsLeadTo: party.issuerOrigin })
  })

  /** Where to go on; that the issuer is away keeps nobody signed in here. */
  const onward = (origin: string, idToken: string | null) => {
    const returnTo = `${origin}${paths.signedOut}`
    return party.signOutUrl({ origin, returnTo, idToken }).pipe(
      Effect.map((url) => url ?? returnTo),
      Effect.orElseSucceed(() => returnTo)
    )
  }

  return Effect.fnUntraced(function* (exchange: Exchange) {
    const { request, origin, isSecure, isOurs } = exchange
    if (request.method !== "POST") return yield* show(exchange)
    if (!isOurs) return bare(403)
    const form = yield* readForm(request)
    const signedIn = yield* sessions.authenticate(request.headers.cookie)
    const ended = signedIn === null ? null : yield* sessions.end(signedIn.mailboxId, signedIn.sessionId)
    if (signedIn !== null && form.get("everywhere") === "yes") yield* sessions.endAll(signedIn.mailboxId)
    const location = ended === null ? `${origin}${paths.signedOut}` : yield* onward(origin, ended.idToken)
    const cookies = [noSessionCookie(isSecure)]
    return request.headers.accept === "application/json"
      ? json({ location }, cookies)
      : redirect(location, cookies)
  })
}
