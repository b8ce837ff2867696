import { Socket } from "node:net"
import { TLSSocket } from "node:tls"
import { assert, describe, it } from "@effect/vitest"
import { Option, Redacted } from "effect"
import { isOwnOrigin, ownOrigin } from "../../../src/identity/ownOrigin.ts"
import {
  cookieNamed,
  newSessionSecret,
  noSessionCookie,
  readSessionCookie,
  sessionCookie
} from "../../../src/identity/sessionCookie.ts"

describe("the cookie of a session", () => {
  it("is read as it was set, and nothing else is taken for one", () => {
    const secret = newSessionSecret()
    const header = sessionCookie(secret, { maxAgeSeconds: 60, isSecure: true }).split(";", 1)[0]
    const read = readSessionCookie(`a=1; ${header}; b=2`, "secure")
    assert.strictEqual(read === null ? null : Redacted.value(read), Redacted.value(secret))
    for (const other of [undefined, "", "=", `x${header}`, `${header}x`, `${header?.slice(0, -1)}%`]) {
      assert.isNull(readSessionCookie(other, "either"), other)
    }
  })

  it("of https goes before one of http, where both may come", () => {
    const [plain, secure] = ["p".repeat(43), "s".repeat(43)]
    const header = `postroom-session=${plain}; __Host-postroom-session=${secure}`
    const read = (transport: "secure" | "plain" | "either") =>
      Redacted.value(readSessionCookie(header, transport) ?? Redacted.make("none"))
    assert.deepStrictEqual([read("secure"), read("plain"), read("either")], [secure, plain, secure])
  })

  it("is taken back by one that has ended", () => {
    assert.strictEqual(
      noSessionCookie(true),
      "__Host-postroom-session=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax; Secure"
    )
  })

  it("is found among others by its whole name", () => {
    assert.strictEqual(cookieNamed("ab=1;a=2; a = 3", "a"), "2")
    assert.strictEqual(cookieNamed("a=b=c", "a"), "b=c")
    assert.isNull(cookieNamed("a", "a"))
  })
})

describe("the origin of a request", () => {
  const from = (origin: string | undefined, host: string | undefined, socket = new Socket()) => ({
    headers: { ...(origin === undefined ? {} : { origin }), ...(host === undefined ? {} : { host }) },
    socket
  })
  const known = Option.some(new URL("https://mail.example.test/"))

  it("is ours where the setting says so, whatever the Host is", () => {
    assert.isTrue(isOwnOrigin(known, from("https://mail.example.test", "10.0.0.1:8080")))
    assert.isFalse(isOwnOrigin(known, from("http://mail.example.test", "mail.example.test")))
    assert.isFalse(isOwnOrigin(known, from("https://evil.test", "evil.test")))
    assert.isFalse(isOwnOrigin(known, from(undefined, "mail.example.test")))
    assert.isFalse(isOwnOrigin(known, from("null", "mail.example.test")))
  })

  it("is ours where the Host says so, when there is no setting", () => {
    const none = Option.none<URL>()
    assert.isTrue(isOwnOrigin(none, from("http://localhost:8080", "localhost:8080")))
    assert.isFalse(isOwnOrigin(none, from("http://localhost:8081", "localhost:8080")))
    assert.isFalse(isOwnOrigin(none, from("https://localhost:8080", "localhost:8080")))
    assert.strictEqual(
      ownOrigin(none, from(undefined, "localhost:8443", new TLSSocket(new Socket()))),
      "https://localhost:8443"
    )
    for (const host of [undefined, "", "a b", "a/b", "a@b", "a:99999", "a:", "[::1", "a\\b"]) {
      assert.isNull(ownOrigin(none, from(undefined, host)), host)
    }
  })
})
