import { createServer } from "node:net"
import { assert, layer } from "@effect/vitest"
import { Effect, TestClock } from "effect"
import { Directory } from "../../src/storage/directory/Directory.ts"
import { type FakeIssuer, fakeIssuer, type Twist } from "../support/fakeIssuer.ts"
import { layerSignInStores, signInEdge } from "../support/signInWorld.ts"
import { type Seen, visitor } from "../support/visitor.ts"
import { world } from "./directoryWorld.ts"

const clientSecret = "a secret that nobody guesses"

const settingsFor = (issuer: { readonly url: string }) => ({
  POSTROOM_OIDC_ISSUER: issuer.url,
  POSTROOM_OIDC_CLIENT_ID: "postroom-web",
  POSTROOM_OIDC_CLIENT_SECRET: clientSecret
})

/** An edge, its issuer, and somebody at a browser whom the issuer knows. */
const build = (settings: Readonly<Record<string, string>> = {}) =>
  Effect.gen(function* () {
    const { create, domains } = yield* world
    const user = yield* create(`alice@${domains.one}`)
    const issuer = yield* fakeIssuer({ clientId: "postroom-web", clientSecret, address: user.email })
    const base = yield* signInEdge({ ...settingsFor(issuer), ...settings })
    return { user, issuer, base, alice: visitor(base) }
  })
type Built = Effect.Effect.Success<ReturnType<typeof build>>

const callback = (parameters: URLSearchParams) => `/sign-in/callback?${parameters}`

/** Comes back from the issuer with what `change` makes of its answer. */
const comeBack = (
  { issuer, alice }: Pick<Built, "alice"> & { readonly issuer: FakeIssuer },
  twist: Twist = {},
  change: (parameters: URLSearchParams) => void = () => undefined
) =>
  Effect.gen(function* () {
    const { location } = yield* alice.get("/sign-in?return=/mail/inbox")
    const parameters = issuer.authorize(location, twist)
    change(parameters)
    return yield* alice.get(callback(parameters))
  })

const isSignedIn = ({ alice }: Pick<Built, "alice">) =>
  Effect.map(alice.get("/sign-out"), ({ body }) => body.includes("alice@"))

const title = ({ body }: Seen) => /<h1>(.*?)<\/h1>/.exec(body)?.[1]

const seconds = (n: number) => Math.floor(Date.now() / 1000) + n

layer(layerSignInStores)("signing in with an issuer elsewhere", (it) => {
  it.scoped("asks for a code with PKCE, state and nonce, and lets in whom the issuer vouches for", () =>
    Effect.gen(function* () {
      const built = yield* build()
      const { issuer, base, alice } = built
      const { code, location } = yield* alice.get("/sign-in?return=/mail/inbox", { "accept-language": "de" })
      const asked = new URL(location)
      assert.strictEqual(code, 303)
      assert.strictEqual(`${asked.origin}${asked.pathname}`, `${issuer.url}/authorize`)
      const of = (name: string) => asked.searchParams.get(name)
      assert.deepStrictEqual(
        [of("response_type"), of("code_challenge_method"), of("scope"), of("ui_locales"), of("redirect_uri")],
        ["code", "S256", "openid email", "de", `${base}/sign-in/callback`]
      )
      assert.isAtLeast(of("state")?.length ?? 0, 43)
      assert.isAtLeast(of("nonce")?.length ?? 0, 43)
      const back = yield* alice.get(callback(issuer.authorize(location)))
      assert.strictEqual(back.location, `${base}/mail/inbox`)
      assert.isTrue(yield* isSignedIn(built))
      assert.deepStrictEqual([...alice.cookies.keys()], ["postroom-session"])
      // Who is signed in is not asked again.
      assert.strictEqual((yield* alice.get("/sign-in?return=/mail")).location, `${base}/mail`)
    })
  )

  it.scoped("what the issuer says of itself and its keys are fetched once for all", () =>
    Effect.gen(function* () {
      const { issuer, base } = yield* build()
      for (let n = 0; n < 3; n += 1) {
        assert.strictEqual((yield* comeBack({ issuer, alice: visitor(base) })).code, 303)
      }
      assert.strictEqual(issuer.asked.get("/.well-known/openid-configuration"), 1)
      assert.strictEqual(issuer.asked.get("/jwks"), 1)
    })
  )

  const hostile: ReadonlyArray<readonly [string, Twist, ((parameters: URLSearchParams) => void)?]> = [
    ["of another nonce", { claims: { nonce: "another" } }],
    ["without a nonce", { claims: { nonce: undefined } }],
    ["of another issuer", { claims: { iss: "https://evil.test" } }],
    ["for another client", { claims: { aud: "another" } }],
    ["for us and another, and given to that", { claims: { aud: ["postroom-web", "b"], azp: "b" } }],
    ["that has expired", { claims: { iat: seconds(-100), exp: seconds(-40) } }],
    ["that never expires", { claims: { exp: undefined } }],
    ["of nobody", { claims: { sub: undefined } }],
    ["with alg none", { header: { alg: "none" } }],
    ["with a symmetric alg", { header: { alg: "HS256" } }],
    ["with an alg that the issuer does not use", { header: { alg: "ES384" } }],
    ["signed with another key", { isForged: true }],
    ["with a key that the issuer has not", { header: { kid: "another" } }],
    ["answered as another issuer (RFC 9207)", {}, (parameters) => parameters.set("iss", "https://evil.test")],
    ["answered by nobody in particular (RFC 9207)", {}, (parameters) => parameters.delete("iss")],
    ["for a code that was never issued", {}, (parameters) => parameters.set("code", "guessed")],
    ["with two codes", {}, (parameters) => parameters.append("code", "another")],
    ["without a code", {}, (parameters) => parameters.delete("code")],
    [
      "that was refused",
      {},
      (parameters) => {
        parameters.delete("code")
        parameters.set("error", "access_denied")
      }
    ]
  ]

  for (const [what, twist, change] of hostile) {
    it.scoped(`lets nobody in with an answer ${what}`, () =>
      Effect.gen(function* () {
        const built = yield* build()
        const seen = yield* comeBack(built, twist, change)
        assert.strictEqual(seen.code, 403)
        assert.strictEqual(title(seen), "You are not signed in")
        assert.include(seen.body, `${built.base}/sign-in?return=%2Fmail%2Finbox`)
        assert.deepStrictEqual([...built.alice.cookies.keys()], [])
      })
    )
  }

  it.scoped("a code is good once: neither a reload nor who kept the cookie gets in with it again", () =>
    Effect.gen(function* () {
      const built = yield* build()
      const { issuer, alice, base } = built
      const { location } = yield* alice.get("/sign-in")
      const kept = new Map(alice.cookies)
      const url = callback(issuer.authorize(location))
      assert.strictEqual((yield* alice.get(url)).code, 303)
      assert.strictEqual((yield* alice.get(url)).code, 400)
      assert.isTrue(yield* isSignedIn(built))
      const thief = visitor(base)
      for (const [name, value] of kept) thief.cookies.set(name, value)
      assert.strictEqual((yield* thief.get(url)).code, 403)
      assert.isFalse(yield* isSignedIn({ alice: thief }))
    })
  )

  it.scoped("an answer counts in the browser alone that asked, and for what it asked", () =>
    Effect.gen(function* () {
      const { issuer, alice, base } = yield* build()
      const [one, two] = [yield* alice.get("/sign-in?return=/one"), yield* alice.get("/sign-in?return=/two")]
      const [toOne, toTwo] = [issuer.authorize(one.location), issuer.authorize(two.location)]
      // Somebody's answer in a browser that did not ask: it would be signed in as somebody else.
      const victim = visitor(base)
      yield* victim.get("/sign-in")
      assert.strictEqual((yield* victim.get(callback(toOne))).code, 400)
      // The code of one sign-in with the state of the other.
      const mixed = new URLSearchParams(toOne)
      mixed.set("state", toTwo.get("state") ?? "")
      assert.strictEqual((yield* alice.get(callback(mixed))).code, 403)
      const none = new URLSearchParams(toOne)
      none.delete("state")
      assert.strictEqual((yield* alice.get(callback(none))).code, 400)
    })
  )

  it.scoped("two tabs may be at it at once, and each goes on where it was going", () =>
    Effect.gen(function* () {
      const { issuer, alice, base } = yield* build()
      const [one, two] = [yield* alice.get("/sign-in?return=/one"), yield* alice.get("/sign-in?return=/two")]
      const second = yield* alice.get(callback(issuer.authorize(two.location)))
      const first = yield* alice.get(callback(issuer.authorize(one.location)))
      assert.deepStrictEqual([first.location, second.location], [`${base}/one`, `${base}/two`])
    })
  )

  it.scoped("sign-ins that nobody finishes do not fill the browser", () =>
    Effect.gen(function* () {
      const { alice } = yield* build()
      for (let n = 0; n < 12; n += 1) {
        yield* alice.get("/sign-in")
        assert.isAtMost(alice.cookies.size, 5)
      }
    })
  )

  it.scoped("leads nowhere but to a page of ours", () =>
    Effect.gen(function* () {
      const { issuer, base } = yield* build()
      const wished: ReadonlyArray<readonly [string, string]> = [
        ["/mail/1?a=b#c", "/mail/1?a=b#c"],
        ["https://evil.test/", "/"],
        ["//evil.test", "/"],
        ["/\\evil.test", "/"],
        ["\\\\evil.test", "/"],
        ["/\t/evil.test", "/"],
        ["/\n/evil.test", "/"],
        ["/.//evil.test", "/"],
        ["/a/..//evil.test", "/"],
        ["javascript:alert(1)", "/"],
        ["/mail\r\nset-cookie: a=b", "/"],
        ["/sign-out", "/"],
        ["/sign-in/callback?code=1", "/"],
        [`/${"a".repeat(3_000)}`, "/"],
        ["", "/"]
      ]
      for (const [wish, path] of wished) {
        const alice = visitor(base)
        const { location } = yield* alice.get(`/sign-in?return=${encodeURIComponent(wish)}`)
        const back = yield* alice.get(callback(issuer.authorize(location)))
        assert.strictEqual(back.location, `${base}${path}`, wish)
      }
    })
  )

  const strangers: ReadonlyArray<readonly [string, Readonly<Record<string, unknown>>]> = [
    ["an address that nobody verified", { email_verified: false }],
    ["an address of which is not said whether it is verified", { email_verified: undefined }],
    ["an address that is verified in a word", { email_verified: "true" }],
    ["no address", { email: undefined }],
    ["something else for an address", { email: { a: 1 } }],
    ["an address without a mailbox", { email: "nobody@elsewhere.test" }]
  ]
  for (const [what, claims] of strangers) {
    it.scoped(`there is no mailbox for who has ${what}`, () =>
      Effect.gen(function* () {
        const built = yield* build()
        const seen = yield* comeBack(built, { claims })
        assert.deepStrictEqual([seen.code, title(seen)], [403, "There is no mailbox for you here"])
        assert.isFalse(yield* isSignedIn(built))
      })
    )
  }

  it.scoped("nor for who is disabled", () =>
    Effect.gen(function* () {
      const built = yield* build()
      yield* Effect.flatMap(Directory, ({ setStatus }) => setStatus(built.user.id, "disabled"))
      assert.strictEqual((yield* comeBack(built)).code, 403)
    })
  )

  it.scoped(
    "POSTROOM_OIDC_ADDRESS_CLAIM: an issuer that verifies no addresses names mailboxes otherwise",
    () =>
      Effect.gen(function* () {
        const built = yield* build({
          POSTROOM_OIDC_ADDRESS_CLAIM: "upn",
          POSTROOM_OIDC_SCOPES: "openid profile"
        })
        const claims = { email: undefined, email_verified: undefined, upn: built.user.email.toUpperCase() }
        assert.strictEqual((yield* comeBack(built, { claims })).code, 303)
        const { location } = yield* visitor(built.base).get("/sign-in")
        assert.strictEqual(new URL(location).searchParams.get("scope"), "openid profile")
      })
  )

  it.scoped("POSTROOM_OIDC_CLOCK_TOLERANCE: a clock may go wrong by so much", () =>
    Effect.gen(function* () {
      const strict = yield* build({ POSTROOM_OIDC_CLOCK_TOLERANCE: "5 seconds" })
      const lenient = yield* build({ POSTROOM_OIDC_CLOCK_TOLERANCE: "2 minutes" })
      const claims = { iat: seconds(-100), exp: seconds(-40) }
      assert.strictEqual((yield* comeBack(strict, { claims })).code, 403)
      assert.strictEqual((yield* comeBack(lenient, { claims })).code, 303)
    })
  )

  it.scoped("POSTROOM_SIGN_IN_TIMEOUT: who takes longer begins anew", () =>
    Effect.gen(function* () {
      const { issuer, alice } = yield* build({ POSTROOM_SIGN_IN_TIMEOUT: "2 minutes" })
      const { location } = yield* alice.get("/sign-in")
      yield* TestClock.adjust("2 minutes")
      const seen = yield* alice.get(callback(issuer.authorize(location)))
      assert.deepStrictEqual([seen.code, title(seen)], [400, "This sign-in has expired"])
    })
  )

  it.scoped("POSTROOM_SIGN_IN_PER_MINUTE: no more sign-ins begin from one network", () =>
    Effect.gen(function* () {
      const { alice } = yield* build({ POSTROOM_SIGN_IN_PER_MINUTE: "2" })
      yield* alice.get("/sign-in")
      yield* alice.get("/sign-in")
      const third = yield* alice.get("/sign-in")
      assert.deepStrictEqual([third.code, third.headers.get("retry-after")], [429, "60"])
      yield* TestClock.adjust("1 minute")
      assert.strictEqual((yield* alice.get("/sign-in")).code, 303)
    })
  )

  it.scoped("an issuer that is away or fails is no refusal", () =>
    Effect.gen(function* () {
      const built = yield* build()
      const seen = yield* comeBack(built, { status: 500 })
      assert.deepStrictEqual([seen.code, seen.headers.get("retry-after")], [503, "10"])
      const base = yield* signInEdge(settingsFor({ url: "http://127.0.0.1:1" }))
      const away = yield* visitor(base).get("/sign-in")
      assert.deepStrictEqual([away.code, title(away)], [503, "Signing in is not possible at the moment"])
    })
  )

  it.scoped("POSTROOM_OIDC_TIMEOUT: one that never answers is not waited for longer", () =>
    Effect.gen(function* () {
      const silent = createServer()
      yield* Effect.acquireRelease(
        Effect.async<void>((resume) => {
          silent.listen(0, "127.0.0.1", () => resume(Effect.void))
        }),
        () => Effect.sync(() => silent.close())
      )
      const address = silent.address()
      const url = `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}`
      const base = yield* signInEdge({ ...settingsFor({ url }), POSTROOM_OIDC_TIMEOUT: "1 second" })
      assert.strictEqual((yield* visitor(base).get("/sign-in")).code, 503)
    })
  )

  it.scoped("signing out ends the session here, then at the issuer", () =>
    Effect.gen(function* () {
      const built = yield* build()
      const { alice, base, issuer } = built
      yield* comeBack(built)
      const page = yield* alice.get("/sign-out")
      assert.include(page.headers.get("content-security-policy"), `form-action 'self' ${issuer.url}`)
      const session = alice.cookies.get("postroom-session") ?? ""
      const { code, location } = yield* alice.post("/sign-out", {})
      const to = new URL(location)
      assert.deepStrictEqual([code, `${to.origin}${to.pathname}`], [303, `${issuer.url}/sign-out`])
      assert.strictEqual(to.searchParams.get("post_logout_redirect_uri"), `${base}/signed-out`)
      assert.strictEqual(to.searchParams.get("id_token_hint")?.split(".").length, 3)
      assert.strictEqual(alice.cookies.size, 0)
      alice.cookies.set("postroom-session", session)
      assert.isFalse(yield* isSignedIn(built))
    })
  )

  it.scoped("signing out everywhere ends all sessions of the person", () =>
    Effect.gen(function* () {
      const built = yield* build()
      const other = { ...built, alice: visitor(built.base) }
      yield* comeBack(built)
      assert.notInclude((yield* built.alice.get("/sign-out")).body, "everywhere")
      yield* comeBack(other)
      assert.include((yield* built.alice.get("/sign-out")).body, "other browsers (2 in all)")
      yield* built.alice.post("/sign-out", { everywhere: "yes" })
      assert.isFalse(yield* isSignedIn(other))
    })
  )

  it.scoped("no page of another site signs anybody out", () =>
    Effect.gen(function* () {
      const built = yield* build()
      yield* comeBack(built)
      for (const origin of ["https://evil.test", "null", `${built.base}0`, ""]) {
        assert.strictEqual(
          (yield* built.alice.post("/sign-out", { everywhere: "yes" }, { origin })).code,
          403
        )
      }
      assert.isTrue(yield* isSignedIn(built))
    })
  )

  it.scoped("who signs in again has one session, not two", () =>
    Effect.gen(function* () {
      const built = yield* build()
      const { location } = yield* built.alice.get("/sign-in")
      yield* comeBack(built)
      const before = built.alice.cookies.get("postroom-session") ?? ""
      yield* built.alice.get(callback(built.issuer.authorize(location)))
      assert.notStrictEqual(built.alice.cookies.get("postroom-session"), before)
      built.alice.cookies.set("postroom-session", before)
      assert.isFalse(yield* isSignedIn(built))
    })
  )
})
