import { Effect, Redacted } from "effect"
import type { Identity, SignInError } from "../../identity/Identity.ts"
import type { LocalIssuer } from "../../identity/issuer/LocalIssuer.ts"
import type { Exchange } from "./exchange.ts"
import { notice } from "./notice.ts"
import { type FormProblem, passwordPage } from "./pages.ts"
import { readForm } from "./readForm.ts"
import { bare, html, type Reply, redirect, withHeaders } from "./reply.ts"

const problems = {
  Unauthenticated: { problem: "wrong", code: 422, wait: null },
  LimitExceeded: { problem: "tooMany", code: 429, wait: 60 },
  Busy: { problem: "busy", code: 503, wait: 1 },
  Unavailable: { problem: "away", code: 503, wait: 10 }
} as const satisfies Record<
  SignInError["_tag"],
  { readonly problem: FormProblem; readonly code: number; readonly wait: number | null }
>

const loopback = /^http:\/\/(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])(?::|$)/

/** The page of the platform's own issuer: whoever knows a password is sent on. Failures count as everywhere else. */
export const makePassword = (parts: {
  readonly issuer: LocalIssuer["Type"]
  readonly identity: Identity["Type"]
}) => {
  const { issuer, identity } = parts

  const show = (exchange: Exchange, address: string, problem: FormProblem | null): string =>
    passwordPage({
      language: exchange.language,
      problem,
      address,
      isPlain: !exchange.isSecure && !loopback.test(exchange.origin)
    })

  return Effect.fnUntraced(function* (exchange: Exchange) {
    const { request, response, origin, isOurs, caller } = exchange
    const isSent = request.method === "POST"
    if (isSent && !isOurs) return bare(403)
    const waiting = yield* issuer.waiting(origin, request, response)
    if (waiting === null) return notice(exchange, "expired")
    if (!isSent) return html(show(exchange, "", null))
    const form = yield* readForm(request)
    const address = (form.get("address") ?? "").trim()
    const password = Redacted.make(form.get("password") ?? "")
    return yield* identity.byPassword(address, password, caller).pipe(
      Effect.matchEffect({
        onSuccess: ({ mailboxId }) => Effect.map(waiting.finish(mailboxId), (url) => redirect(url)),
        onFailure: ({ _tag }): Effect.Effect<Reply> => {
          const { problem, code, wait } = problems[_tag]
          const reply = html(show(exchange, address, problem), { code })
          return Effect.succeed(wait === null ? reply : withHeaders(reply, { "retry-after": String(wait) }))
        }
      })
    )
  })
}
