import { Duration, Effect } from "effect"
import { networkOfCaller } from "../../identity/network.ts"
import type { RelyingParty } from "../../identity/relyingParty/RelyingParty.ts"
import type { Sessions } from "../../identity/Sessions.ts"
import type { SignInSettings } from "../../identity/SignInConfig.ts"
import { perWindow, type RateLimits } from "../../storage/limits/RateLimits.ts"
import { dropTooMany, keepAttempt } from "./attemptCookie.ts"
import type { Exchange } from "./exchange.ts"
import { notice } from "./notice.ts"
import { paths, returnPath } from "./paths.ts"
import { redirect } from "./reply.ts"

export interface BeginParts {
  readonly settings: SignInSettings
  readonly sessions: Sessions["Type"]
  readonly party: RelyingParty["Type"]
  readonly limits: RateLimits["Type"]
}

/** Sends the browser to the issuer, with what it has to bring back; who is signed in goes on at once. */
export const makeBegin = ({ settings, sessions, party, limits }: BeginParts) => {
  const lastsSeconds = Math.floor(Duration.toSeconds(settings.attemptLasts))
  const often = perWindow(settings.attemptsPerMinute, "1 minute")

  return Effect.fnUntraced(function* ({ request, origin, isSecure, language, query, caller }: Exchange) {
    const returnTo = returnPath(query.get("return"), origin)
    const { cookie } = request.headers
    if ((yield* sessions.authenticate(cookie)) !== null) return redirect(returnTo)
    const who = networkOfCaller(caller)
    if (who !== null && !(yield* limits.take({ who, route: "sign-in" }, often)).isWithin) {
      return notice({ language, origin, returnTo }, "tooMany")
    }
    const redirectUri = `${origin}${paths.callback}`
    const { url, state, sealed } = yield* party.begin({ origin, redirectUri, language, returnTo })
    const kept = keepAttempt({ state, sealed, lastsSeconds, isSecure })
    return redirect(url, [...dropTooMany(cookie, isSecure), kept])
  })
}
