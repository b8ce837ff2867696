import { spawnSync } from "node:child_process"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { phoneAt } from "../../support/activesync/client.ts"
import { edgeWith } from "../../support/activesync/edge.ts"

const schemas = "http://schemas.microsoft.com/exchange/autodiscover"
const mobilesync = `${schemas}/mobilesync/responseschema/2006`
const outlook = `${schemas}/outlook/responseschema/2006a`
const path = "/autodiscover/autodiscover.xml"

const request = (address: string, schema: string) =>
  `<Request><EMailAddress>${address}</EMailAddress><AcceptableResponseSchema>${schema}</AcceptableResponseSchema></Request>`

const document = (requests: string) =>
  `<?xml version="1.0" encoding="utf-8"?><Autodiscover xmlns="${schemas}/mobilesync/requestschema/2006">${requests}</Autodiscover>`

const discovering = (settings: Readonly<Record<string, string>> = {}) =>
  Effect.gen(function* () {
    const edge = yield* edgeWith({}, settings)
    const phone = yield* phoneAt(edge)
    const post = (xml: string, headers: Readonly<Record<string, string>> = {}) =>
      phone.raw({ path, headers: { "content-type": "text/xml", ...headers }, body: Buffer.from(xml) })
    return { edge, phone, post }
  })

const textOf = (name: string, xml: string) => new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml)?.[1]

describe("Autodiscover in XML", () => {
  it.scopedLive(
    "MSASCMD_S01_TC01_Autodiscover_TypeIsMobileSync: tells the URL of ActiveSync, twice; as text/xml or text/html",
    () =>
      Effect.gen(function* () {
        const { edge, post } = yield* discovering()
        const url = `http://127.0.0.1:${edge.at.http}/Microsoft-Server-ActiveSync`
        for (const type of ["text/xml", "text/html"]) {
          const answer = yield* post(document(request("Alice@demo.test", mobilesync)), {
            "content-type": type
          })
          const xml = answer.body.toString()
          assert.strictEqual(answer.code, 200)
          assert.strictEqual(answer.headers["content-type"], "text/xml; charset=utf-8")
          assert.strictEqual(textOf("Type", xml), "MobileSync")
          assert.strictEqual(textOf("Url", xml), url)
          assert.strictEqual(textOf("Name", xml), url)
          assert.strictEqual(textOf("Culture", xml), "en:us")
          assert.strictEqual(textOf("EMailAddress", xml), "alice@demo.test")
          assert.notInclude(xml, "Error")
        }
      })
  )

  it.scopedLive(
    "MSASCMD_S01_TC02_Autodiscover_Fail: of an address that is another's has an error, of status 2",
    () =>
      Effect.gen(function* () {
        const { post } = yield* discovering()
        for (const address of ["InvalidEmailAddress@demo.test", "bob@demo.test"]) {
          const xml = (yield* post(document(request(address, mobilesync)))).body.toString()
          assert.match(xml, /<Action><Error><Status>2<\/Status>/)
          assert.strictEqual(textOf("EMailAddress", xml), address)
          assert.notInclude(xml, "<Url>")
        }
      })
  )

  it.scopedLive("MSASCMD_S01_TC03_ErrorCode_600: of several requests, or none that is sound, is 600", () =>
    Effect.gen(function* () {
      const { post } = yield* discovering()
      const one = request("alice@demo.test", mobilesync)
      const broken = [
        document(one + one),
        document(""),
        document("<Request/>"),
        document(request("", mobilesync)),
        document(request("alice@demo.test", "")),
        document(one).replace("</Request>", ""),
        "",
        "{}",
        document(one).replace("alice", "&alice;"),
        document(`${one}${"<a>".repeat(20)}${"</a>".repeat(20)}`),
        `<!DOCTYPE Autodiscover [<!ENTITY a "alice@demo.test">]>${document(one).replace(/<\?.*?\?>/, "")}`
      ]
      for (const xml of broken) {
        const answer = yield* post(xml)
        assert.strictEqual(answer.code, 200)
        assert.strictEqual(textOf("ErrorCode", answer.body.toString()), "600", xml)
      }
    })
  )

  it.scopedLive(
    "MSASCMD_S01_TC04_ErrorCode_601: in a schema that nobody here answers is 601, Outlook's own included",
    () =>
      Effect.gen(function* () {
        const { post } = yield* discovering()
        for (const schema of [outlook, "http://example.test/schema"]) {
          const xml = (yield* post(document(request("alice@demo.test", schema)))).body.toString()
          assert.strictEqual(textOf("ErrorCode", xml), "601")
          assert.include(xml, `<Autodiscover xmlns="${schemas}/responseschema/2006"><Response><Error>`)
        }
      })
  )

  it.scopedLive("of what is no address is 602", () =>
    Effect.gen(function* () {
      const { post } = yield* discovering()
      const xml = (yield* post(document(request("no address", mobilesync)))).body.toString()
      assert.strictEqual(textOf("ErrorCode", xml), "602")
    })
  )

  it.scopedLive("wants a sign-in, a POST, and not too much", () =>
    Effect.gen(function* () {
      const { phone, post } = yield* discovering()
      const sound = document(request("alice@demo.test", mobilesync))
      assert.strictEqual((yield* post(sound, { authorization: "" })).code, 401)
      assert.strictEqual((yield* phone.raw({ method: "GET", path })).code, 405)
      assert.strictEqual((yield* post(" ".repeat(100_000) + sound)).code, 413)
      for (const other of ["/Autodiscover/Autodiscover.xml", "/AUTODISCOVER/AUTODISCOVER.XML"]) {
        assert.strictEqual((yield* phone.raw({ path: other, body: Buffer.from(sound) })).code, 200, other)
      }
    })
  )

  it.scopedLive("tells the public URL where there is one, and none for a Host that is none", () =>
    Effect.gen(function* () {
      const sound = document(request("alice@demo.test", mobilesync))
      const { post } = yield* discovering({ POSTROOM_PUBLIC_URL: "https://mail.example.test/" })
      const xml = (yield* post(sound)).body.toString()
      assert.strictEqual(textOf("Url", xml), "https://mail.example.test/Microsoft-Server-ActiveSync")
      const other = yield* discovering()
      assert.strictEqual((yield* other.post(sound, { host: "a/b<c>" })).code, 400)
    })
  )

  it.scopedLive.skipIf(spawnSync("xmllint", ["--version"]).status !== 0)(
    "every answer is one by Microsoft's schema (needs libxml2-utils)",
    () =>
      Effect.gen(function* () {
        const { post } = yield* discovering()
        const schema = fileURLToPath(
          new URL("../../support/activesync/lint/xsd-xmllint/AutodiscoverResponse.xsd", import.meta.url)
        )
        const asked = [
          document(request("alice@demo.test", mobilesync)),
          document(request("nobody@demo.test", mobilesync)),
          document(request("alice@demo.test", outlook)),
          ""
        ]
        for (const xml of asked) {
          const { body } = yield* post(xml)
          const { status, stderr } = spawnSync(
            "xmllint",
            ["--noout", "--nowarning", "--schema", schema, "-"],
            {
              input: body
            }
          )
          assert.strictEqual(status, 0, stderr.toString())
        }
      })
  )
})

describe("Autodiscover in JSON", () => {
  it.scopedLive("tells everybody where ActiveSync and the XML are", () =>
    Effect.gen(function* () {
      const { phone, edge } = yield* discovering()
      const at = `http://127.0.0.1:${edge.at.http}`
      const get = (target: string) =>
        Effect.map(
          phone.raw({ method: "GET", path: target, headers: { authorization: "" } }),
          ({ code, body }) => [code, JSON.parse(body.toString())]
        )
      const activesync = [200, { Protocol: "ActiveSync", Url: `${at}/Microsoft-Server-ActiveSync` }]
      for (const target of [
        "/autodiscover/autodiscover.json?Email=alice%40demo.test&Protocol=ActiveSync",
        "/Autodiscover/Autodiscover.json?protocol=activesync&email=nobody",
        "/autodiscover/autodiscover.json/v1.0/alice%40demo.test?Protocol=ActiveSync&RedirectCount=1"
      ]) {
        assert.deepStrictEqual(yield* get(target), activesync, target)
      }
      assert.deepStrictEqual(yield* get("/autodiscover/autodiscover.json?Email=a&Protocol=AutodiscoverV1"), [
        200,
        { Protocol: "AutodiscoverV1", Url: `${at}/autodiscover/autodiscover.xml` }
      ])
      const errors = [
        ["?Protocol=ActiveSync", "MandatoryParameterMissing"],
        ["?Email=a", "MandatoryParameterMissing"],
        ["?Email=a&Protocol=EWS", "InvalidProtocol"]
      ]
      for (const [query, error] of errors) {
        const [code, body] = yield* get(`/autodiscover/autodiscover.json${query}`)
        assert.strictEqual(code, 400)
        assert.strictEqual(body.ErrorCode, error)
      }
      assert.strictEqual((yield* phone.raw({ path: "/autodiscover/autodiscover.json" })).code, 405)
    })
  )
})
