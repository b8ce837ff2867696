import { randomUUID } from "node:crypto"
import { Clock, type ConfigError, Duration, Effect, Layer, Option } from "effect"
import type { MailboxId } from "../domain/ids.ts"
import { makeExpiringMap } from "../storage/directory/ExpiringMap.ts"
import { SessionStore, type Use } from "../storage/directory/SessionStore.ts"
import { principalOf } from "./passwordSignIn.ts"
import { Sessions } from "./Sessions.ts"
import { SessionsConfig, type SessionsSettings } from "./SessionsConfig.ts"
import {
  newSessionSecret,
  readSessionCookie,
  sessionCookie,
  sessionSecretHash,
  type Transport
} from "./sessionCookie.ts"
import { makeSessionWatch } from "./sessionWatch.ts"

/** How exact it is known when somebody was last seen. */
const seenEvery = Duration.toMillis("1 minute")

/** Sessions whose last use in this process is remembered. */
const rememberedUses = 50_000

const maxUserAgent = 255

/** What ended is kept this long, for whoever asks what happened. */
const keptFor = Duration.toMillis("7 days")

const transportOf = ({ publicUrl }: SessionsSettings): Transport =>
  Option.match(publicUrl, {
    onNone: () => "either",
    onSome: ({ protocol }) => (protocol === "https:" ? "secure" : "plain")
  })

export const make = (settings: SessionsSettings) =>
  Effect.gen(function* () {
    const store = yield* SessionStore
    const watch = yield* makeSessionWatch(store)
    const transport = transportOf(settings)
    const idle = Duration.toMillis(settings.idle)
    const longest = Duration.toMillis(settings.longest)
    const uses = makeExpiringMap<true>(rememberedUses)

    const use: Effect.Effect<Use> = Effect.map(Clock.currentTimeMillis, (now) => ({
      now,
      idleEndsAt: now + idle,
      seenBefore: now - seenEvery
    }))

    yield* Clock.currentTimeMillis.pipe(
      Effect.flatMap((now) => store.forget(now - keptFor)),
      // Another time will do.
      Effect.ignore,
      Effect.delay("1 hour"),
      Effect.forever,
      Effect.forkScoped
    )

    const endBut = (userId: MailboxId, sparedId: string | null) =>
      Effect.flatMap(Clock.currentTimeMillis, (now) => store.revokeAll(userId, { sparedId, now }))

    return Sessions.of({
      authenticate: Effect.fnUntraced(function* (cookieHeader) {
        const secret = readSessionCookie(cookieHeader, transport)
        if (secret === null) return null
        const found = yield* store.use(sessionSecretHash(secret), yield* use)
        return found === null ? null : { ...principalOf(found.user), sessionId: found.sessionId }
      }),
      used: Effect.fnUntraced(function* (sessionId) {
        const at = yield* use
        if (uses.get(sessionId, at.now) === true) return
        uses.set(sessionId, true, at.now + seenEvery)
        // Not written now, it is with the next use.
        yield* Effect.catchAll(store.useById(sessionId, at), () => Effect.sync(() => uses.remove(sessionId)))
      }),
      ended: watch.ended,
      begin: Effect.fnUntraced(function* ({ userId, userAgent = "", idToken, isSecure }) {
        const createdAt = yield* Clock.currentTimeMillis
        const secret = newSessionSecret()
        const endsAt = createdAt + longest
        yield* store.create(
          {
            id: randomUUID(),
            userId,
            secretHash: sessionSecretHash(secret),
            userAgent: userAgent.slice(0, maxUserAgent),
            idToken,
            createdAt,
            idleEndsAt: Math.min(createdAt + idle, endsAt),
            endsAt
          },
          settings.maxPerUser
        )
        return sessionCookie(secret, { maxAgeSeconds: Math.floor(longest / 1000), isSecure })
      }),
      list: (userId) => Effect.flatMap(Clock.currentTimeMillis, (now) => store.sessions(userId, now)),
      end: store.revoke,
      endOthers: (userId, sessionId) => endBut(userId, sessionId),
      endAll: (userId) => endBut(userId, null)
    })
  })

export const layer: Layer.Layer<Sessions, ConfigError.ConfigError, SessionStore> = Layer.scoped(
  Sessions,
  Effect.flatMap(SessionsConfig, make)
)
