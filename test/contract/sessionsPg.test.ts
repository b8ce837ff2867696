import { assert, layer } from "@effect/vitest"
import { ConfigProvider, Effect, Fiber, Layer, Redacted, TestClock } from "effect"
import { Identity } from "../../src/identity/Identity.ts"
import { layerIdentity } from "../../src/identity/IdentityLive.ts"
import { layerPasswords } from "../../src/identity/Passwords.ts"
import { Sessions, type SignedIn } from "../../src/identity/Sessions.ts"
import * as SessionsLive from "../../src/identity/SessionsLive.ts"
import { layerCredentialsPg } from "../../src/storage/directory/CredentialsPg.ts"
import { layerDirectoryPg } from "../../src/storage/directory/DirectoryPg.ts"
import * as SessionStorePg from "../../src/storage/directory/SessionStorePg.ts"
import { RateLimits } from "../../src/storage/limits/RateLimits.ts"
import { awaited } from "../support/awaited.ts"
import { layerTestPostgres } from "../support/postgres.ts"
import { query } from "../support/upkeepWorld.ts"
import { world } from "./directoryWorld.ts"

const plainArgon2 = {
  hash: (text: string) => Promise.resolve(text),
  verify: (hash: string, text: string) => Promise.resolve(hash === text)
}

const layerWith = (settings: Readonly<Record<string, string>>) =>
  SessionsLive.layer.pipe(
    Layer.provide(Layer.setConfigProvider(ConfigProvider.fromMap(new Map(Object.entries(settings)))))
  )

const layerStore = layerIdentity(null).pipe(
  Layer.provideMerge(
    Layer.mergeAll(
      layerDirectoryPg(),
      layerCredentialsPg,
      SessionStorePg.layer,
      RateLimits.layerLocal(),
      layerPasswords({}, plainArgon2)
    )
  ),
  Layer.provideMerge(layerTestPostgres)
)

const layerSessions = layerWith({
  POSTROOM_SESSION_IDLE: "1 hour",
  POSTROOM_SESSION_LONGEST: "3 hours",
  POSTROOM_SESSIONS_PER_USER: "2"
}).pipe(Layer.provideMerge(layerStore), Layer.orDie)

const someone = Effect.gen(function* () {
  const { create, domains, directory } = yield* world
  return { directory, user: yield* create(`alice@${domains.one}`, { passwordHash: "right" }) }
})

const cookieOf = (setCookie: string) => setCookie.split(";", 1)[0] ?? ""

/** A session of a new person: what their browser sends, and who they are. */
const begun = (parts: { readonly isSecure?: boolean; readonly userAgent?: string } = {}) =>
  Effect.gen(function* () {
    const sessions = yield* Sessions
    const { directory, user } = yield* someone
    const begin = Effect.map(
      sessions.begin({
        userId: user.id,
        userAgent: parts.userAgent,
        idToken: "an id token",
        isSecure: parts.isSecure ?? false
      }),
      cookieOf
    )
    return { sessions, directory, user, begin, cookie: yield* begin }
  })

const signedIn = (found: SignedIn | null) =>
  found === null ? Effect.dieMessage("nobody is signed in") : Effect.succeed(found)

layer(layerSessions)("sessions at the web pages", (it) => {
  it.effect("a cookie tells who it is, and nothing of it is kept but its hash", () =>
    Effect.gen(function* () {
      const { sessions, user, cookie } = yield* begun()
      const { sessionId, ...principal } = yield* Effect.flatMap(
        sessions.authenticate(`a=b; ${cookie}`),
        signedIn
      )
      assert.deepStrictEqual(principal, {
        _tag: "User",
        mailboxId: user.id,
        tenantId: user.tenantId,
        address: user.email,
        roles: ["user"]
      })
      const [row] = yield* query<{ readonly text: string }>(
        "SELECT s::text AS text FROM sign_in.sessions s WHERE user_id = $1",
        [user.id]
      )
      const secret = cookie.split("=")[1] ?? ""
      assert.include(row?.text, sessionId)
      assert.strictEqual(secret.length, 43)
      assert.notInclude(row?.text, secret)
    })
  )

  it.effect("no cookie, another cookie, half a cookie and a hash are nobody's", () =>
    Effect.gen(function* () {
      const { sessions, cookie } = yield* begun()
      const [row] = yield* query<{ readonly secret_hash: string }>(
        "SELECT secret_hash FROM sign_in.sessions LIMIT 1"
      )
      const name = cookie.split("=")[0]
      for (const header of [
        undefined,
        "",
        ";;=;",
        `${name}=`,
        cookie.slice(0, -1),
        `${cookie}A`,
        `${name}=${row?.secret_hash}`,
        `${name}=${"A".repeat(43)}`,
        `x${cookie}`
      ]) {
        assert.isNull(yield* sessions.authenticate(header), header)
      }
    })
  )

  it.effect("a session that nobody uses ends after the idle time, one that is used at its longest", () =>
    Effect.gen(function* () {
      const { sessions, cookie, begin } = yield* begun()
      const used = yield* begin
      const usedId = yield* Effect.map(
        Effect.flatMap(sessions.authenticate(used), signedIn),
        ({ sessionId }) => sessionId
      )
      for (let minutes = 0; minutes < 150; minutes += 50) {
        yield* TestClock.adjust("50 minutes")
        if (minutes === 50) yield* sessions.used(usedId)
        else assert.isNotNull(yield* sessions.authenticate(used))
      }
      assert.isNull(yield* sessions.authenticate(cookie))
      yield* TestClock.adjust("29 minutes")
      assert.isNotNull(yield* sessions.authenticate(used))
      yield* TestClock.adjust("1 minute")
      assert.isNull(yield* sessions.authenticate(used))
    })
  )

  it.effect("a person has no more sessions than they may have: the one unused for longest makes room", () =>
    Effect.gen(function* () {
      const { sessions, cookie, begin } = yield* begun()
      yield* TestClock.adjust("2 minutes")
      const second = yield* begin
      yield* TestClock.adjust("2 minutes")
      yield* sessions.authenticate(cookie)
      const third = yield* begin
      assert.isNotNull(yield* sessions.authenticate(cookie))
      assert.isNull(yield* sessions.authenticate(second))
      assert.isNotNull(yield* sessions.authenticate(third))
    })
  )

  it.effect("own sessions are listed and ended one by one; nobody ends another's", () =>
    Effect.gen(function* () {
      const { sessions, user, cookie, begin } = yield* begun({ userAgent: `Firefox ${"x".repeat(400)}` })
      const other = yield* begun()
      yield* TestClock.adjust("1 minute")
      const here = yield* begin
      const { sessionId } = yield* Effect.flatMap(sessions.authenticate(here), signedIn)
      const listed = yield* sessions.list(user.id)
      assert.strictEqual(listed[0]?.id, sessionId)
      assert.strictEqual(listed.length, 2)
      assert.strictEqual(listed[1]?.userAgent.length, 255)
      assert.isNull(yield* sessions.end(other.user.id, sessionId))
      assert.isNotNull(yield* sessions.authenticate(here))
      assert.deepStrictEqual(yield* sessions.end(user.id, sessionId), { idToken: "an id token" })
      assert.isNull(yield* sessions.end(user.id, sessionId))
      assert.isNull(yield* sessions.authenticate(here))
      assert.isNotNull(yield* sessions.authenticate(cookie))
    })
  )

  it.effect("all sessions but the one that asks end at once, counting those that lived", () =>
    Effect.gen(function* () {
      const { sessions, user, cookie, begin } = yield* begun()
      yield* TestClock.adjust("59 minutes")
      const here = yield* begin
      const { sessionId } = yield* Effect.flatMap(sessions.authenticate(here), signedIn)
      const there = yield* begin
      // Nobody used the first one for an hour.
      yield* TestClock.adjust("1 minute")
      const other = yield* begun()
      assert.isNull(yield* sessions.authenticate(cookie))
      assert.strictEqual(yield* sessions.endOthers(user.id, sessionId), 1)
      assert.isNull(yield* sessions.authenticate(there))
      assert.isNotNull(yield* sessions.authenticate(here))
      assert.isNotNull(yield* sessions.authenticate(other.cookie))
      assert.strictEqual(yield* sessions.endOthers(user.id, sessionId), 0)
    })
  )

  it.effect("signing out everywhere ends all sessions of the person, and of nobody else", () =>
    Effect.gen(function* () {
      const { sessions, user, cookie, begin } = yield* begun()
      const second = yield* begin
      const other = yield* begun()
      assert.strictEqual(yield* sessions.endAll(user.id), 2)
      assert.isNull(yield* sessions.authenticate(cookie))
      assert.isNull(yield* sessions.authenticate(second))
      assert.isNotNull(yield* sessions.authenticate(other.cookie))
    })
  )

  it.effect("who is disabled is signed out, and is not signed in again when enabled", () =>
    Effect.gen(function* () {
      const { sessions, directory, user, cookie } = yield* begun()
      yield* directory.setStatus(user.id, "active")
      assert.isNotNull(yield* sessions.authenticate(cookie))
      yield* directory.setStatus(user.id, "disabled")
      assert.isNull(yield* sessions.authenticate(cookie))
      yield* directory.setStatus(user.id, "active")
      assert.isNull(yield* sessions.authenticate(cookie))
    })
  )

  it.effect("another password ends the sessions that the old one began", () =>
    Effect.gen(function* () {
      const { sessions, user, cookie } = yield* begun()
      yield* Effect.flatMap(Identity, ({ setPassword }) => setPassword(user.id, Redacted.make("new")))
      assert.isNull(yield* sessions.authenticate(cookie))
    })
  )

  it.effect("who waits for the end of a session is told at once, wherever it ended; others wait on", () =>
    Effect.gen(function* () {
      const { sessions, user, cookie } = yield* begun()
      const other = yield* begun()
      const mine = yield* Effect.flatMap(sessions.authenticate(cookie), signedIn)
      const theirs = yield* Effect.flatMap(sessions.authenticate(other.cookie), signedIn)
      const waits = yield* Effect.all([
        Effect.fork(sessions.ended(mine)),
        Effect.fork(sessions.ended(mine)),
        Effect.fork(sessions.ended(theirs))
      ])
      yield* Effect.yieldNow()
      yield* query("SELECT pg_notify('session_ends', $1)", [other.user.id])
      yield* sessions.endAll(user.id)
      yield* awaited("the end of the session", Fiber.join(waits[0]))
      yield* awaited("the end of the session", Fiber.join(waits[1]))
      assert.isNull(yield* Fiber.poll(waits[2]).pipe(Effect.map((o) => (o._tag === "None" ? null : o))))
      yield* Fiber.interrupt(waits[2])
    })
  )

  it.effect("one that ends by itself is noticed within a minute", () =>
    Effect.gen(function* () {
      const { sessions, cookie } = yield* begun()
      const mine = yield* Effect.flatMap(sessions.authenticate(cookie), signedIn)
      const wait = yield* Effect.fork(sessions.ended(mine))
      yield* Effect.yieldNow()
      yield* TestClock.adjust("1 hour")
      yield* TestClock.adjust("1 minute")
      yield* awaited("the end of the session", Fiber.join(wait))
    })
  )

  it.effect("what ended a week ago is forgotten", () =>
    Effect.gen(function* () {
      const { user, cookie, sessions } = yield* begun()
      yield* query(
        `INSERT INTO sign_in.sessions (id, user_id, secret_hash, created_at, last_seen_at, idle_ends_at, ends_at)
          SELECT gen_random_uuid(), $1, 'ended ' || days, at, at, at, at
          FROM unnest(ARRAY[6, 8]) AS days, LATERAL (SELECT to_timestamp(-86400 * days) AS at) AS past`,
        [user.id]
      )
      yield* TestClock.adjust("59 minutes")
      assert.isNotNull(yield* sessions.authenticate(cookie))
      yield* TestClock.adjust("1 minute")
      const kept = query<{ readonly hash: string }>(
        "SELECT secret_hash AS hash FROM sign_in.sessions WHERE user_id = $1 AND secret_hash LIKE 'ended%'",
        [user.id]
      )
      const left = yield* awaited(
        "the session to be forgotten",
        Effect.repeat(kept, { until: (rows) => rows.length === 1 })
      )
      assert.deepStrictEqual(left, [{ hash: "ended 6" }])
    })
  )
})

layer(layerStore)("the cookie of a session", (it) => {
  it.scoped("over https is the host's alone, and no other is looked at where all come over https", () =>
    Effect.gen(function* () {
      const { sessions, cookie, user } = yield* begun({ isSecure: true }).pipe(
        Effect.provide(layerWith({ POSTROOM_PUBLIC_URL: "https://mail.example.test" }))
      )
      const header = yield* sessions.begin({
        userId: user.id,
        userAgent: undefined,
        idToken: null,
        isSecure: true
      })
      assert.match(
        header,
        /^__Host-postroom-session=[\w-]{43}; Path=\/; Max-Age=1209600; HttpOnly; SameSite=Lax; Secure$/
      )
      assert.isNotNull(yield* sessions.authenticate(cookie))
      assert.isNull(yield* sessions.authenticate(cookie.replace("__Host-", "")))
    })
  )

  it.scoped("over http has no name that would promise https", () =>
    Effect.gen(function* () {
      const { sessions, cookie, user } = yield* begun().pipe(
        Effect.provide(layerWith({ POSTROOM_PUBLIC_URL: "http://mail.example.test" }))
      )
      const header = yield* sessions.begin({
        userId: user.id,
        userAgent: undefined,
        idToken: null,
        isSecure: false
      })
      assert.match(header, /^postroom-session=[\w-]{43}; Path=\/; Max-Age=1209600; HttpOnly; SameSite=Lax$/)
      assert.isNotNull(yield* sessions.authenticate(cookie))
      assert.isNull(yield* sessions.authenticate(`__Host-${cookie}`))
    })
  )
})
