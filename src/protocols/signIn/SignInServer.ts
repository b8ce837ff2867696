import type { IncomingMessage, ServerResponse } from "node:http"
import { Cause, Context, Effect, Layer, Option, Runtime } from "effect"
import type { Unavailable } from "../../domain/errors.ts"
import { Identity } from "../../identity/Identity.ts"
import { issuerPath, LocalIssuer } from "../../identity/issuer/LocalIssuer.ts"
import { networkOfCaller } from "../../identity/network.ts"
import type { IssuerAway, SignInRefused } from "../../identity/relyingParty/failure.ts"
import { RelyingParty } from "../../identity/relyingParty/RelyingParty.ts"
import { Sessions } from "../../identity/Sessions.ts"
import { SignInConfig } from "../../identity/SignInConfig.ts"
import { correlationIdOf } from "../../observability/correlation.ts"
import { metrics } from "../../observability/metrics.ts"
import { perWindow, RateLimits } from "../../storage/limits/RateLimits.ts"
import { makeBegin } from "./begin.ts"
import { makeComeBack } from "./comeBack.ts"
import { type Exchange, openExchange } from "./exchange.ts"
import { notice } from "./notice.ts"
import { makePassword } from "./password.ts"
import { paths } from "./paths.ts"
import type { FormRefused } from "./readForm.ts"
import { bare, type Reply, send, stylesheet } from "./reply.ts"
import { makeSignOut } from "./signOut.ts"
import { style } from "./style.ts"

/** Signing in to the web pages and out of them, over whatever HTTP server brings the requests. */
export class SignInServer extends Context.Tag("postroom/protocols/signIn/SignInServer")<
  SignInServer,
  {
    /** Takes the request where its path is ours; false = somebody else's. Never throws. */
    readonly handle: (request: IncomingMessage, response: ServerResponse) => boolean
  }
>() {}

type Failure = IssuerAway | SignInRefused | Unavailable | FormRefused

interface Page {
  readonly methods: ReadonlyArray<string>
  readonly answer: (exchange: Exchange) => Effect.Effect<Reply, Failure>
}

const reading = ["GET", "HEAD"]
const readingAndSending = [...reading, "POST"]

export const layer = Layer.effect(
  SignInServer,
  Effect.gen(function* () {
    const settings = yield* SignInConfig
    const sessions = yield* Sessions
    const party = yield* RelyingParty
    const issuer = yield* LocalIssuer
    const identity = yield* Identity
    const limits = yield* RateLimits
    const runFork = Runtime.runFork(yield* Effect.runtime<never>())
    const isLocal = Option.isNone(settings.external)
    const often = perWindow(settings.attemptsPerMinute, "1 minute")
    const signOut = makeSignOut({ sessions, party })

    const pages = new Map<string, Page>([
      [paths.signIn, { methods: reading, answer: makeBegin({ settings, sessions, party, limits }) }],
      [paths.callback, { methods: reading, answer: makeComeBack({ sessions, party }) }],
      [paths.signOut, { methods: readingAndSending, answer: signOut }],
      [
        paths.signedOut,
        { methods: reading, answer: (exchange) => Effect.succeed(notice(exchange, "signedOut")) }
      ],
      [paths.style, { methods: reading, answer: () => Effect.succeed(stylesheet(style)) }]
    ])
    const password: Page = { methods: readingAndSending, answer: makePassword({ issuer, identity }) }

    const pageAt = (path: string): Page | undefined =>
      isLocal && path.startsWith(`${paths.password}/`) ? password : pages.get(path)

    const answerPage = ({ methods, answer }: Page, exchange: Exchange) =>
      methods.includes(exchange.request.method ?? "")
        ? answer(exchange)
        : Effect.succeed(bare(405, { allow: methods.join(", ") }))

    /** Each sign-in that begins here leaves something to remember. */
    const answerIssuer = Effect.fnUntraced(function* ({ path, origin, request, response, caller }: Exchange) {
      // The issuer looks neither at case nor at a slash at the end.
      const isBeginning = path.toLowerCase().replace(/\/$/, "") === `${issuerPath}/auth`
      const who = isBeginning ? networkOfCaller(caller) : null
      const isWithin = who === null || (yield* limits.take({ who, route: "issuer" }, often)).isWithin
      if (isWithin) issuer.handle(origin, request, response)
      else send(response, bare(429, { "retry-after": "60" }))
    })

    return SignInServer.of({
      handle: (request, response) => {
        const path = request.url?.split("?", 1)[0] ?? ""
        const page = pageAt(path)
        const isIssuers = isLocal && path.startsWith(`${issuerPath}/`)
        if (page === undefined && !isIssuers) return false
        response.once("finish", () =>
          metrics.httpRequests.inc({ route: isIssuers ? "issuer" : "sign-in", code: response.statusCode })
        )
        const exchange = openExchange(settings.publicUrl, request, response)
        if (exchange === null) send(response, bare(400))
        else if (page === undefined) runFork(orFailed(exchange, answerIssuer(exchange)))
        else runFork(respond(exchange, answerPage(page, exchange)))
        return true
      }
    })
  })
)

/** What the issuer cannot say itself. */
const orFailed = ({ response }: Exchange, answer: Effect.Effect<void>): Effect.Effect<void> =>
  Effect.catchAllCause(answer, (cause) =>
    Effect.zipRight(
      Effect.logError("the platform's issuer failed", cause),
      Effect.sync(() => send(response, bare(500)))
    )
  )

/** Answers, whatever happens. */
const respond = (exchange: Exchange, answer: Effect.Effect<Reply, Failure>): Effect.Effect<void> =>
  answer.pipe(
    Effect.catchTags({
      FormRefused: ({ code }) => Effect.succeed(bare(code, { connection: "close" })),
      Unavailable: () => Effect.succeed(notice(exchange, "away")),
      IssuerAway: ({ code }) => misfit(exchange, code),
      SignInRefused: ({ code }) => misfit(exchange, code)
    }),
    Effect.catchAllCause((cause) =>
      Effect.as(
        Cause.isInterruptedOnly(cause) ? Effect.void : Effect.logError("a sign-in page failed", cause),
        notice(exchange, "away")
      )
    ),
    Effect.annotateLogs("correlation_id", correlationIdOf(exchange.request.headers["x-correlation-id"])),
    Effect.map((reply) => send(exchange.response, reply))
  )

/** The issuer is away, or what it says of itself cannot be: nobody can sign in, and only its operator can help. */
const misfit = (exchange: Exchange, code: string) =>
  Effect.as(
    Effect.logWarning(`nobody can sign in: the issuer cannot be asked (${code})`),
    notice(exchange, "away")
  )
