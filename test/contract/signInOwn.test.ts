import { assert, layer } from "@effect/vitest"
import { Effect, TestClock } from "effect"
import { Directory } from "../../src/storage/directory/Directory.ts"
import { layerSignInStores, signInEdge } from "../support/signInWorld.ts"
import { query } from "../support/upkeepWorld.ts"
import { type Visitor, visitor } from "../support/visitor.ts"
import { world } from "./directoryWorld.ts"

const build = (settings: Readonly<Record<string, string>> = {}) =>
  Effect.gen(function* () {
    const { create, domains } = yield* world
    const user = yield* create(`alice@${domains.one}`, { passwordHash: "right" })
    const base = yield* signInEdge(settings)
    return { user, base, alice: visitor(base) }
  })

/** At the page that asks for a password. */
const atForm = (alice: Visitor, path = "/sign-in?return=/mail/inbox") =>
  Effect.flatMap(alice.get(path), alice.follow)

const isSignedIn = (alice: Visitor) =>
  Effect.map(alice.get("/sign-out"), ({ body }) => body.includes("You are signed in as"))

layer(layerSignInStores)("signing in with the platform's own issuer", (it) => {
  it.scoped("an address and its password lead from the page to where one was going, and out again", () =>
    Effect.gen(function* () {
      const { base, alice, user } = yield* build()
      const form = yield* atForm(alice)
      assert.strictEqual(form.code, 200)
      assert.match(form.url, /^http:\/\/127\.0\.0\.1:\d+\/sign-in\/password\/[\w-]+$/)
      const sent = yield* alice.post(form.url, { address: user.email.toUpperCase(), password: "right" })
      let last = sent
      while (last.location !== `${base}/mail/inbox`) {
        assert.notStrictEqual(last.location, "", last.body)
        assert.strictEqual(new URL(last.location).origin, base)
        last = yield* alice.get(last.location)
      }
      assert.isTrue(yield* isSignedIn(alice))
      assert.strictEqual((yield* alice.post("/sign-out", {})).location, `${base}/signed-out`)
      assert.isFalse(yield* isSignedIn(alice))
      // To sign out is to sign out: the issuer asks for the password again.
      assert.match((yield* atForm(alice)).url, /\/sign-in\/password\//)
    })
  )

  it.scoped("asks for the password again whatever the browser makes of the address of the issuer", () =>
    Effect.gen(function* () {
      const { alice, base, user } = yield* build()
      const form = yield* atForm(alice)
      let last = yield* alice.post(form.url, { address: user.email, password: "right" })
      while (last.location !== `${base}/mail/inbox`) last = yield* alice.get(last.location)
      yield* alice.post("/sign-out", {})
      const { location } = yield* alice.get("/sign-in?return=/mail/inbox")
      const url = new URL(location)
      assert.strictEqual(url.searchParams.get("prompt"), "login")
      url.searchParams.delete("prompt")
      url.searchParams.set("max_age", "100000")
      const there = yield* Effect.flatMap(alice.get(url.href), alice.follow)
      assert.match(there.url, /\/sign-in\/password\//)
      assert.isFalse(yield* isSignedIn(alice))
    })
  )

  it.scoped(
    "POSTROOM_SIGN_IN_PER_MINUTE: no more begin at the issuer from one network, however it is written",
    () =>
      Effect.gen(function* () {
        const { alice } = yield* build({ POSTROOM_SIGN_IN_PER_MINUTE: "2" })
        const { location } = yield* alice.get("/sign-in")
        const begin = (path: string) =>
          Effect.map(alice.get(location.replace("/oidc/auth", path)), ({ code }) => code)
        assert.strictEqual(yield* begin("/oidc/auth"), 303)
        assert.strictEqual(yield* begin("/oidc/AUTH"), 303)
        assert.strictEqual(yield* begin("/oidc/auth/"), 429)
        assert.strictEqual(yield* begin("/OIDC/auth"), 404)
      })
  )

  it.scoped("the page runs nothing, and takes nothing from elsewhere", () =>
    Effect.gen(function* () {
      const { alice } = yield* build()
      const { headers, body } = yield* atForm(alice)
      assert.strictEqual(
        headers.get("content-security-policy"),
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
      )
      assert.strictEqual(headers.get("cache-control"), "no-store")
      assert.notMatch(body, /<script|<style| style=| on\w+=/)
      assert.include((yield* alice.get("/sign-in/style.css")).headers.get("content-type"), "text/css")
    })
  )

  it.scoped("speaks the language that the browser likes best", () =>
    Effect.gen(function* () {
      const { alice } = yield* build()
      const { url } = yield* atForm(alice)
      const titleFor = (language: string) =>
        Effect.map(
          alice.get(url, { "accept-language": language }),
          ({ body }) => /<html lang="(..)"/.exec(body)?.[1]
        )
      assert.strictEqual(yield* titleFor("de-AT,de;q=0.9,en;q=0.8"), "de")
      assert.strictEqual(yield* titleFor("fr, en;q=0.5, de;q=0.6"), "de")
      assert.strictEqual(yield* titleFor("fr"), "en")
      assert.strictEqual(yield* titleFor("de;q=0"), "en")
    })
  )

  it.scoped(
    "says the same of a wrong password, an unknown address and a disabled account, and keeps the address",
    () =>
      Effect.gen(function* () {
        const { alice, user } = yield* build()
        const form = yield* atForm(alice)
        const wrong = yield* alice.post(form.url, { address: user.email, password: "wrong" })
        const hostile = `"><script>alert(1)</script>@x.test`
        const unknown = yield* alice.post(form.url, { address: hostile, password: "right" })
        yield* Effect.flatMap(Directory, ({ setStatus }) => setStatus(user.id, "disabled"))
        const disabled = yield* alice.post(form.url, { address: user.email, password: "right" })
        for (const { code, body } of [wrong, unknown, disabled]) {
          assert.strictEqual(code, 422)
          assert.include(body, "The address or the password is wrong.")
          assert.notInclude(body, "<script")
        }
        assert.include(wrong.body, `value="${user.email}"`)
        assert.isFalse(yield* isSignedIn(alice))
      })
  )

  it.scoped("guesses count as they do everywhere: after a few even the right password waits", () =>
    Effect.gen(function* () {
      const { alice, user } = yield* build()
      const form = yield* atForm(alice)
      const attempt = (password: string) => alice.post(form.url, { address: user.email, password })
      for (let n = 0; n < 6; n += 1) assert.strictEqual((yield* attempt(`guess ${n}`)).code, 422)
      const slowed = yield* attempt("right")
      assert.deepStrictEqual([slowed.code, slowed.headers.get("retry-after")], [429, "60"])
      assert.include(slowed.body, "Too many attempts.")
      yield* TestClock.adjust("2 seconds")
      assert.strictEqual((yield* attempt("right")).code, 303)
    })
  )

  it.scoped("no page of another site sends the form, and nobody sends it for another's sign-in", () =>
    Effect.gen(function* () {
      const { alice, user, base } = yield* build()
      const form = yield* atForm(alice)
      const right = { address: user.email, password: "right" }
      assert.strictEqual((yield* alice.post(form.url, right, { origin: "https://evil.test" })).code, 403)
      const stranger = visitor(base)
      assert.strictEqual((yield* stranger.post(form.url, right)).code, 400)
      assert.strictEqual((yield* stranger.get(form.url)).code, 400)
    })
  )

  it.scoped("forms that are none are refused without more", () =>
    Effect.gen(function* () {
      const { alice, user } = yield* build()
      const form = yield* atForm(alice)
      const huge = yield* alice.post(form.url, { address: user.email, password: "x".repeat(20_000) })
      assert.strictEqual(huge.code, 413)
      const other = yield* alice.post(form.url, {}, { "content-type": "application/json" })
      assert.strictEqual(other.code, 415)
      assert.strictEqual((yield* alice.post("/sign-in", {})).code, 405)
    })
  )

  it.scoped("several edges are one: the road may go over each of them in turn", () =>
    Effect.gen(function* () {
      const settings = { POSTROOM_PUBLIC_URL: "http://mail.test" }
      const { base: one, user } = yield* build(settings)
      const two = yield* signInEdge(settings)
      const alice = visitor("http://mail.test", [one, two])
      const form = yield* atForm(alice)
      yield* alice.get("/sign-in/style.css")
      const sent = yield* alice.post(form.url, { address: user.email, password: "right" })
      const end = yield* alice.follow(sent)
      assert.strictEqual(end.url, "http://mail.test/mail/inbox")
      assert.isTrue(yield* isSignedIn(alice))
      assert.isTrue(yield* isSignedIn(alice))
    })
  )

  it.scoped("over https behind a proxy cookies are Secure, and the session's is the host's alone", () =>
    Effect.gen(function* () {
      const { base, user } = yield* build({ POSTROOM_PUBLIC_URL: "https://mail.test" })
      const alice = visitor("https://mail.test", [base])
      const form = yield* atForm(alice)
      assert.match(form.url, /^https:\/\/mail\.test\//)
      const sent = yield* alice.post(form.url, { address: user.email, password: "right" })
      const setCookies: Array<string> = []
      let last = sent
      while (last.location !== "https://mail.test/mail/inbox") {
        assert.notStrictEqual(last.location, "", last.body)
        last = yield* alice.get(last.location)
        setCookies.push(...last.headers.getSetCookie())
      }
      for (const header of setCookies) {
        assert.match(header, /; secure/i)
        assert.match(header, /; httponly/i)
        assert.match(header, /; samesite=lax/i)
        // What is the issuer's comes along to the issuer alone.
        if (header.startsWith("postroom-issuer")) assert.notMatch(header, /; path=\/(?:;|$)/i)
      }
      assert.isTrue(setCookies.some((header) => header.startsWith("__Host-postroom-session=")))
      assert.isTrue(yield* isSignedIn(alice))
    })
  )

  it.scoped("of two who redeem a code at once, on two edges, one gets in", () =>
    Effect.gen(function* () {
      const settings = { POSTROOM_PUBLIC_URL: "http://mail.test" }
      const { base: one, user } = yield* build(settings)
      const two = yield* signInEdge(settings)
      const alice = visitor("http://mail.test", [one])
      const form = yield* atForm(alice)
      const sent = yield* alice.post(form.url, { address: user.email, password: "right" })
      const coded = yield* alice.get(sent.location)
      assert.match(coded.location, /\/sign-in\/callback\?/)
      const both = [one, two].map((edge) => {
        const twin = visitor("http://mail.test", [edge])
        for (const [name, value] of alice.cookies) twin.cookies.set(name, value)
        return twin.get(coded.location)
      })
      const codes = (yield* Effect.all(both, { concurrency: "unbounded" })).map(({ code }) => code)
      assert.deepStrictEqual(codes.toSorted(), [303, 403])
    })
  )

  it.scoped("nothing that opens anything is kept as it is", () =>
    Effect.gen(function* () {
      const { alice, user } = yield* build()
      const form = yield* atForm(alice)
      const sent = yield* alice.post(form.url, { address: user.email, password: "right" })
      const coded = yield* alice.get(sent.location)
      const code = new URL(coded.location).searchParams.get("code") ?? ""
      assert.isAtLeast(code.length, 43)
      const rows = yield* query<{ readonly text: string }>("SELECT i::text AS text FROM sign_in.issued i")
      assert.isAbove(rows.length, 0)
      for (const { text } of rows) {
        assert.notInclude(text, code)
        for (const [name, value] of alice.cookies) {
          if (!name.endsWith(".sig") && value.length >= 43) assert.notInclude(text, value, name)
        }
      }
    })
  )

  it.scoped(
    "POSTROOM_SIGN_IN_PER_MINUTE bounds what strangers make the issuer remember; the rest is forgotten",
    () =>
      Effect.gen(function* () {
        const { base } = yield* build({ POSTROOM_SIGN_IN_PER_MINUTE: "3" })
        const stranger = visitor(base)
        const { location } = yield* stranger.get("/sign-in")
        for (let n = 0; n < 3; n += 1) assert.strictEqual((yield* stranger.get(location)).code, 303)
        assert.strictEqual((yield* stranger.get(location)).code, 429)
      })
  )

  it.scoped("the issuer serves our pages and nobody else", () =>
    Effect.gen(function* () {
      const { alice, base } = yield* build()
      const { location } = yield* alice.get("/sign-in")
      const changed = (name: string, value: string | null) => {
        const url = new URL(location)
        if (value === null) url.searchParams.delete(name)
        else url.searchParams.set(name, value)
        return alice.get(url.href)
      }
      assert.strictEqual((yield* changed("redirect_uri", "https://evil.test/")).code, 400)
      assert.strictEqual((yield* changed("client_id", "another")).code, 400)
      const withoutPkce = yield* changed("code_challenge", null)
      assert.include(withoutPkce.location, "error=invalid_request")
      for (const path of ["/oidc/reg", "/oidc/me", "/oidc/token/introspection", "/oidc/session/end"]) {
        assert.strictEqual((yield* alice.get(`${base}${path}`)).code, 404, path)
      }
    })
  )
})
