import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import {
  bodyOf,
  contentsOf,
  header,
  html,
  nativeOf,
  plain,
  render,
  type Wish
} from "../../../support/activesync/bodies.ts"
import { type StoredMail, storedMail } from "../../../support/activesync/storedMail.ts"

describe("a body", () => {
  it.effect("MS-ASCON_R245: is plain text and whole where nothing was said", () =>
    Effect.gen(function* () {
      const item = yield* render(plain("Hello"), {})
      assert.deepStrictEqual(contentsOf(item, "AirSyncBase:Body"), {
        Type: "1",
        EstimatedDataSize: "5",
        Data: "Hello"
      })
      assert.isUndefined(contentsOf(item, "AirSyncBase:BodyPart"))
    })
  )

  it.effect("is not read where a device wants nothing of it; its size is that of its parts", () =>
    Effect.gen(function* () {
      const world = yield* storedMail
      const unread = { ...world, core: { ...world.core, getBody: () => Effect.die("read") } }
      for (const type of [1, 2] as const) {
        const item = yield* render(html("<p>Hello</p>"), { prefer: [{ type, truncationSize: 0 }] }, unread)
        assert.deepStrictEqual(contentsOf(item, "AirSyncBase:Body"), {
          Type: String(type),
          EstimatedDataSize: "12",
          Truncated: "1"
        })
      }
      const empty = yield* render(plain(""), { prefer: [{ type: 1, truncationSize: 0 }] }, unread)
      assert.deepStrictEqual(contentsOf(empty, "AirSyncBase:Body"), { Type: "1", EstimatedDataSize: "0" })
    })
  )

  it.effect("MS-ASAIRS_R53, R54, R373: comes whole where it fits, all or nothing", () =>
    Effect.gen(function* () {
      const body = yield* bodyOf(plain("Hello"), {
        prefer: [{ type: 1, truncationSize: 5, allOrNone: true }]
      })
      assert.deepStrictEqual(body, { Type: "1", EstimatedDataSize: "5", Data: "Hello" })
    })
  )

  it.effect("MS-ASAIRS_R78, R375, R376, R377: does not come where all of it does not fit", () =>
    Effect.gen(function* () {
      const body = yield* bodyOf(plain("Hello"), {
        prefer: [{ type: 1, truncationSize: 4, allOrNone: true }]
      })
      assert.deepStrictEqual(body, { Type: "1", EstimatedDataSize: "5", Truncated: "1" })
    })
  )

  it.effect(
    "MS-ASAIRS_R55, R73, R180, R276, R378, R379, R402, R420, R421: is cut where it does not fit",
    () =>
      Effect.gen(function* () {
        const body = yield* bodyOf(plain("Hello"), { prefer: [{ type: 1, truncationSize: 4 }] })
        assert.deepStrictEqual(body, { Type: "1", EstimatedDataSize: "5", Truncated: "1", Data: "Hell" })
      })
  )

  it.effect("MS-ASAIRS_R277, R380, R381, R382, R422, R423, R424: is not said to be cut where it is not", () =>
    Effect.gen(function* () {
      const body = yield* bodyOf(plain("Hello"), { prefer: [{ type: 1, truncationSize: 100 }] })
      assert.deepStrictEqual(body, { Type: "1", EstimatedDataSize: "5", Data: "Hello" })
    })
  )

  it.effect("MS-ASAIRS_R300, R401: is whole without a size, with AllOrNone or without", () =>
    Effect.gen(function* () {
      const text = "x".repeat(10_000)
      const bodies = yield* Effect.forEach([true, false], (allOrNone) =>
        bodyOf(plain(text), { prefer: [{ type: 1, allOrNone }] })
      )
      const expected = { Type: "1", EstimatedDataSize: "10000", Data: text }
      assert.deepStrictEqual(bodies, [expected, expected])
    })
  )

  it.effect("MS-ASAIRS_R80: comes in the device's next form where the native one would be cut", () =>
    Effect.gen(function* () {
      const body = yield* bodyOf(html("<p>Hello <b>you</b></p>"), {
        prefer: [
          { type: 2, truncationSize: 10, allOrNone: true },
          { type: 1, truncationSize: 100 }
        ]
      })
      assert.deepStrictEqual(body, { Type: "1", EstimatedDataSize: "9", Data: "Hello you" })
    })
  )

  it.effect("is cut on a character, in octets of the text that is sent", () =>
    Effect.gen(function* () {
      const latin1 = Buffer.from(
        `${header("Content-Type: text/plain; charset=iso-8859-1")}\r\n\r\n\u00e4\u00f6\u00fc`,
        "latin1"
      )
      const body = yield* bodyOf(latin1, { prefer: [{ type: 1, truncationSize: 5 }] })
      assert.deepStrictEqual(body, {
        Type: "1",
        EstimatedDataSize: "6",
        Truncated: "1",
        Data: "\u00e4\u00f6"
      })
    })
  )

  it.effect("has no Data and is cut where its size is 0", () =>
    Effect.gen(function* () {
      const body = yield* bodyOf(plain("Hello"), { prefer: [{ type: 1, truncationSize: 0 }] })
      assert.deepStrictEqual(body, { Type: "1", EstimatedDataSize: "5", Truncated: "1" })
    })
  )

  it.effect("MS-ASAIRS_R238, R2411: of HTML is as its sender wrote it, with its charset made true", () =>
    Effect.gen(function* () {
      const written =
        '<html><head><meta charset="iso-8859-1"></head><body onload="x()"><p>h\u00e9</p></body></html>'
      const raw = Buffer.from(
        `${header("Content-Type: text/html; charset=iso-8859-1")}\r\n\r\n${written}`,
        "latin1"
      )
      const item = yield* render(raw, { prefer: [{ type: 2 }] })
      const data = written.replace("iso-8859-1", "utf-8")
      assert.deepStrictEqual(contentsOf(item, "AirSyncBase:Body"), {
        Type: "2",
        EstimatedDataSize: String(Buffer.byteLength(data)),
        Data: data
      })
      assert.strictEqual(nativeOf(item), "2")
    })
  )

  it.effect(
    "MS-ASAIRS_R237, R241, R2412: of plain text is HTML without any markup of its sender where HTML is asked for",
    () =>
      Effect.gen(function* () {
        const item = yield* render(plain('<script>alert("1")</script>\r\n  & more'), {
          prefer: [{ type: 2 }]
        })
        const data = contentsOf(item, "AirSyncBase:Body")?.["Data"] ?? ""
        assert.include(
          data,
          "&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;<br>\r\n&nbsp;&nbsp;&amp; more</body></html>"
        )
        assert.notInclude(data, "<script")
        assert.strictEqual(nativeOf(item), "1")
      })
  )

  it.effect("of alternatives is what its author wrote for each form", () =>
    Effect.gen(function* () {
      const raw = `${header("Content-Type: multipart/alternative; boundary=b")}\r\n\r\n--b\r\n\r\nplain one\r\n--b\r\nContent-Type: text/html\r\n\r\n<p>rich one</p>\r\n--b--\r\n`
      assert.strictEqual((yield* bodyOf(raw, { prefer: [{ type: 1 }] }))?.["Data"], "plain one")
      assert.strictEqual((yield* bodyOf(raw, { prefer: [{ type: 2 }] }))?.["Data"], "<p>rich one</p>")
    })
  )

  it.effect("of an empty plain alternative is taken from the HTML", () =>
    Effect.gen(function* () {
      const raw = `${header("Content-Type: multipart/alternative; boundary=b")}\r\n\r\n--b\r\n\r\n \r\n--b\r\nContent-Type: text/html\r\n\r\n<p>rich</p><p>one</p>\r\n--b--\r\n`
      assert.strictEqual((yield* bodyOf(raw, { prefer: [{ type: 1 }] }))?.["Data"], "rich\r\none")
    })
  )

  it.effect("of plain text that was broken for the way (RFC 3676) has its lines joined, in both forms", () =>
    Effect.gen(function* () {
      const type = "Content-Type: text/plain; charset=utf-8; format=flowed"
      const mail = `${header(type)}\r\n\r\n> Who \r\n> asks?\r\nA long \r\nline.`
      const [text, document] = [
        yield* bodyOf(mail, { prefer: [{ type: 1 }] }),
        yield* bodyOf(mail, { prefer: [{ type: 2 }] })
      ]
      assert.strictEqual(text?.["Data"], "> Who asks?\r\nA long line.")
      assert.include(document?.["Data"], "&gt; Who asks?<br>\r\nA long line.")
    })
  )

  it.effect("of plain and HTML parts in a row is one form of both", () =>
    Effect.gen(function* () {
      const raw = `${header("Content-Type: multipart/mixed; boundary=b")}\r\n\r\n--b\r\n\r\n1 < 2\r\n--b\r\nContent-Type: text/html\r\n\r\n<p>two</p>\r\n--b--\r\n`
      assert.strictEqual(
        (yield* bodyOf(raw, { prefer: [{ type: 2 }] }))?.["Data"],
        "<div>1 &lt; 2</div>\r\n<p>two</p>"
      )
      assert.strictEqual((yield* bodyOf(raw, { prefer: [{ type: 1 }] }))?.["Data"], "1 < 2\r\ntwo")
    })
  )

  it.effect("MS-ASAIRS_R307: of MIME alone is named and not given without MIMESupport", () =>
    Effect.gen(function* () {
      const raw = html("<p>x</p>")
      assert.deepStrictEqual(yield* bodyOf(raw, { prefer: [{ type: 4 }] }), {
        Type: "4",
        EstimatedDataSize: String(raw.length),
        Truncated: "1"
      })
    })
  )

  it.effect("MS-ASCMD_R3366, R3367, R3368, R3410: of MIME is the message itself", () =>
    Effect.gen(function* () {
      const raw = html("<p>x</p>")
      assert.deepStrictEqual(yield* bodyOf(raw, { prefer: [{ type: 4 }], mimeSupport: 2 }), {
        Type: "4",
        EstimatedDataSize: String(raw.length),
        Data: raw
      })
    })
  )

  it.effect("MS-ASCMD_R3418, R3419: of MIME is cut by MIMETruncation", () =>
    Effect.gen(function* () {
      const raw = plain("x".repeat(5000))
      const sizes = yield* Effect.forEach([0, 4096, null], (mimeTruncation) =>
        Effect.map(
          bodyOf(raw, { prefer: [{ type: 4 }], mimeSupport: 2, mimeTruncation }),
          (body) => [body?.["Data"]?.length ?? 0, body?.["Truncated"]] as const
        )
      )
      assert.deepStrictEqual(sizes, [
        [0, "1"],
        [4096, "1"],
        [raw.length, undefined]
      ])
    })
  )

  it.effect(
    "MS-ASCMD_R3408, R3409: of S/MIME comes untouched with MIMESupport 1, of other mail as text",
    () =>
      Effect.gen(function* () {
        const signed = `${header('Content-Type: multipart/signed; protocol="application/pkcs7-signature"; boundary=b')}\r\n\r\n--b\r\n\r\nsigned  \r\n--b\r\nContent-Type: application/pkcs7-signature\r\nContent-Transfer-Encoding: base64\r\n\r\nAAAA\r\n--b--\r\n`
        const wish: Wish = { prefer: [{ type: 1 }, { type: 4 }], mimeSupport: 1 }
        assert.strictEqual((yield* bodyOf(signed, wish))?.["Data"], signed)
        assert.strictEqual((yield* bodyOf(plain("text"), wish))?.["Data"], "text")
      })
  )

  it.effect("of MIME with octets that are no UTF-8 says the same in ASCII", () =>
    Effect.gen(function* () {
      const raw = Buffer.from(
        `${header("Content-Type: text/plain; charset=iso-8859-1", "Content-Transfer-Encoding: 8bit")}\r\n\r\n\u00e4 = \u00f6\r\nend `,
        "latin1"
      )
      const body = yield* bodyOf(raw, { prefer: [{ type: 4 }], mimeSupport: 2 })
      assert.strictEqual(
        body?.["Data"],
        `Content-Transfer-Encoding: quoted-printable\r\n${header("Content-Type: text/plain; charset=iso-8859-1")}\r\n\r\n=E4 =3D =F6\r\nend=20`
      )
    })
  )

  it.effect("MS-ASAIRS_R248, R250, R2644, R1001036: has a preview where its data is not plain text", () =>
    Effect.gen(function* () {
      const raw = html("<p>A longer text than asked for</p>")
      const previewOf = (wish: Wish) => Effect.map(bodyOf(raw, wish), (body) => body?.["Preview"])
      assert.strictEqual(yield* previewOf({ prefer: [{ type: 2, preview: 8 }] }), "A longer")
      assert.strictEqual(
        yield* previewOf({ prefer: [{ type: 1, truncationSize: 0, preview: 8 }] }),
        "A longer"
      )
      assert.isUndefined(yield* previewOf({ prefer: [{ type: 1, preview: 8 }] }))
      assert.isUndefined(yield* previewOf({ prefer: [{ type: 2, preview: 0 }] }))
      assert.isUndefined(yield* previewOf({ prefer: [{ type: 2, preview: 8 }], version: "12.1" }))
    })
  )

  it.effect("of a large message takes no more of it than it needs", () =>
    Effect.gen(function* () {
      const mail = yield* storedMail
      let read = 0
      const counted: StoredMail = {
        ...mail,
        core: {
          ...mail.core,
          getBody: (given, input) =>
            Effect.tap(mail.core.getBody(given, input), ({ content }) =>
              Effect.sync(() => {
                read += content.length
              })
            )
        }
      }
      const item = yield* render(
        html(`<p>${"word ".repeat(400_000)}</p>`),
        { prefer: [{ type: 1, truncationSize: 500 }] },
        counted
      )
      const body = contentsOf(item, "AirSyncBase:Body")
      assert.strictEqual(body?.["Data"]?.length, 500)
      assert.approximately(Number(body?.["EstimatedDataSize"]), 2_000_000, 50_000)
      assert.isBelow(read, 600_000)
    })
  )
})
