import type { Exchange } from "./exchange.ts"
import { type Notice, noticePage } from "./pages.ts"
import { paths } from "./paths.ts"
import { html, type Reply, withHeaders } from "./reply.ts"

const codes = {
  expired: 400,
  refused: 403,
  noMailbox: 403,
  away: 503,
  tooMany: 429,
  signedOut: 200
} as const satisfies Record<Notice, number>

/** Seconds until it may work. */
const waits: Partial<Record<Notice, number>> = { away: 10, tooMany: 60 }

/** A page that says what happened, and leads to where one begins anew: there, whatever host the browser named. */
export const notice = (
  of: Pick<Exchange, "language" | "origin"> & { readonly returnTo?: string },
  what: Notice
): Reply => {
  const { language, origin, returnTo = "/" } = of
  const href = `${origin}${paths.signIn}${returnTo === "/" ? "" : `?return=${encodeURIComponent(returnTo)}`}`
  const wait = waits[what]
  const reply = html(noticePage(language, what, href), { code: codes[what] })
  return wait === undefined ? reply : withHeaders(reply, { "retry-after": String(wait) })
}
