import { type ClientRequest, get } from "node:http"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { openMessage } from "../../../src/protocols/owa/rows.ts"
import { awaited } from "../../support/awaited.ts"
import { said } from "../../support/imageProxy.ts"
import { askedParts, viewOf } from "../../support/owa/messageParts.ts"
import { attached, mixed, part } from "../../support/owa/mixedMail.ts"
import { zipEntries } from "../../support/zipEntries.ts"

const png = Buffer.concat([Buffer.from("\x89PNG\r\n\x1a\n", "latin1"), Buffer.alloc(64, 7)])
const page = "<html><script>alert(1)</script></html>"

const message = mixed([
  part(["Content-Type: text/html; charset=utf-8"], '<p>See <img src="cid:logo">'),
  part(attached('Übersicht "2026".pdf', "application/pdf"), "%PDF-1.7"),
  part(attached("../../evil.html", "text/html"), page),
  part(attached("photo.png", "text/html"), png),
  part(attached("not.png", "image/png"), page),
  part(attached("drawing.svg", "image/svg+xml"), '<svg xmlns="http://www.w3.org/2000/svg"/>'),
  part(attached("notes.txt", "text/plain; charset=iso-8859-1"), Buffer.from("Grüße", "latin1")),
  part(attached("notes.txt", "text/plain"), page),
  part(attached("empty.txt", "text/plain"), "")
])

const safe = {
  "cache-control": "private, no-store",
  "content-security-policy": "default-src 'none'; sandbox",
  "cross-origin-resource-policy": "same-origin",
  "x-content-type-options": "nosniff"
}

describe("an attachment", () => {
  it.scopedLive("is saved by its name, and whatever it is, nothing of it runs here", () =>
    Effect.gen(function* () {
      const { ask } = yield* askedParts(message)
      const pdf = yield* ask("/owa/parts/7/part/2")
      assert.strictEqual(pdf.code, 200)
      assert.strictEqual(pdf.body.toString(), "%PDF-1.7")
      assert.deepInclude(pdf.headers, {
        ...safe,
        "content-type": "application/octet-stream",
        "content-disposition":
          "attachment; filename=\"_bersicht _2026_.pdf\"; filename*=UTF-8''%C3%9Cbersicht%20_2026_.pdf"
      })
      const html = yield* ask("/owa/parts/7/part/3")
      assert.strictEqual(html.body.toString(), page)
      assert.strictEqual(html.headers["content-type"], "application/octet-stream")
      assert.strictEqual(
        html.headers["content-disposition"],
        "attachment; filename=\"evil.html\"; filename*=UTF-8''evil.html"
      )
      assert.strictEqual((yield* ask("/owa/parts/7/part/9")).body.length, 0)
    })
  )

  it.scopedLive("is shown where it is a picture by its octets, or plain text, and never as a page", () =>
    Effect.gen(function* () {
      const { ask } = yield* askedParts(message)
      const picture = yield* ask("/owa/parts/7/preview/4")
      assert.deepInclude(picture.headers, {
        ...safe,
        "content-type": "image/png",
        "content-disposition": "inline"
      })
      assert.deepStrictEqual(picture.body, png)
      const text = yield* ask("/owa/parts/7/preview/7")
      assert.deepInclude(text.headers, { ...safe, "content-type": "text/plain; charset=iso-8859-1" })
      assert.deepStrictEqual(text.body, Buffer.from("Grüße", "latin1"))
      const disguised = yield* ask("/owa/parts/7/preview/8")
      assert.deepInclude(disguised.headers, { ...safe, "content-type": "text/plain; charset=utf-8" })
      for (const path of ["1", "2", "3", "5", "6"])
        assert.strictEqual(said(yield* ask(`/owa/parts/7/preview/${path}`)), "415 not-shown", path)
    })
  )

  it.scopedLive("is shown up to a size, and downloaded beyond it", () =>
    Effect.gen(function* () {
      const { ask } = yield* askedParts(message, { settings: { POSTROOM_OWA_PREVIEW_SIZE: "64" } })
      assert.strictEqual(said(yield* ask("/owa/parts/7/preview/4")), "413 too-large")
      assert.deepStrictEqual((yield* ask("/owa/parts/7/part/4")).body, png)
    })
  )

  it.scopedLive("comes with others in a zip, each under a safe name of its own", () =>
    Effect.gen(function* () {
      const large = Buffer.alloc(300_000, "abc")
      const { ask } = yield* askedParts(
        mixed(
          [
            part(["Content-Type: text/plain"], "text"),
            part(attached("../../../etc/passwd", "text/plain"), "root"),
            part(attached("/abs\\PASSWD", "text/plain"), "other"),
            part(attached("big.bin", "application/octet-stream"), large),
            part(attached("..", "application/pdf"), "%PDF"),
            part(attached("名前.txt", "text/plain"), "")
          ],
          "Plans/ideas"
        ),
        { pieceBytes: 1000 }
      )
      const { code, headers, body } = yield* ask("/owa/parts/7/zip/2,3,4,5,6,2")
      assert.strictEqual(code, 200)
      assert.deepInclude(headers, {
        ...safe,
        "content-type": "application/zip",
        "content-disposition": "attachment; filename=\"Plans-ideas.zip\"; filename*=UTF-8''Plans-ideas.zip"
      })
      assert.deepStrictEqual(zipEntries(body), [
        { name: "passwd", bytes: Buffer.from("root") },
        { name: "PASSWD (2)", bytes: Buffer.from("other") },
        { name: "big.bin", bytes: large },
        { name: "part-5.pdf", bytes: Buffer.from("%PDF") },
        { name: "名前.txt", bytes: Buffer.alloc(0) }
      ])
    })
  )

  it("is listed as people see it: no text of the message, and what the text shows is told apart", () => {
    const related = mixed([
      [
        "Content-Type: multipart/related; boundary=r",
        "",
        "--r",
        part(["Content-Type: text/html"], '<img src="cid:logo@x">'),
        "--r",
        part(
          ["Content-Type: image/png; name=logo.png", "Content-ID: <logo@x>", "Content-Disposition: inline"],
          png
        ),
        "--r--"
      ].join("\r\n"),
      part(attached("plan.pdf", "application/pdf"), "%PDF"),
      part(["Content-Type: application/pgp-signature; name=s.asc"], "x")
    ])
    assert.deepStrictEqual(openMessage(viewOf(related)).attachments, [
      {
        path: "1.2",
        name: "logo.png",
        type: "image/png",
        sizeBytes: 72,
        isInline: true,
        contentId: "logo@x"
      },
      { path: "2", name: "plan.pdf", type: "application/pdf", sizeBytes: 4, isInline: false, contentId: null }
    ])
  })
})

describe("a whole message", () => {
  it.scopedLive("is saved as it came, and its source is read as text", () =>
    Effect.gen(function* () {
      const { ask } = yield* askedParts(message, { pieceBytes: 100 })
      const file = yield* ask("/owa/parts/7/message")
      assert.deepStrictEqual(file.body, message)
      assert.deepInclude(file.headers, {
        ...safe,
        "content-type": "message/rfc822",
        "content-disposition": "attachment; filename=\"Report.eml\"; filename*=UTF-8''Report.eml"
      })
      const source = yield* ask("/owa/parts/7/source")
      assert.deepStrictEqual(source.body, message)
      assert.deepInclude(source.headers, { ...safe, "content-type": "text/plain; charset=utf-8" })
    })
  )
})

describe("who asks for a part of a message", () => {
  it.scopedLive("is its owner, signed in and on a page of ours, and asks for what there is", () =>
    Effect.gen(function* () {
      const { ask } = yield* askedParts(message)
      const ann = { cookie: "session=ann" }
      for (const [path, headers, expected] of [
        ["part/2", {}, "401 not-signed-in"],
        ["part/2", { cookie: "session=eve" }, "401 not-signed-in"],
        ["part/2", { cookie: "session=bob" }, "404 not-there"],
        ["message", { cookie: "session=bob" }, "404 not-there"],
        ["zip/2,3", { cookie: "session=bob" }, "404 not-there"],
        ["part/2", { ...ann, "sec-fetch-site": "cross-site" }, "403 cross-site"],
        ["source", { ...ann, "sec-fetch-site": "same-site" }, "403 cross-site"],
        ["source", { ...ann, "sec-fetch-site": "none" }, "403 cross-site"],
        ["part/99", ann, "404 not-there"],
        ["zip/2,99", ann, "404 not-there"],
        ["part/", ann, "400 wrong-request"],
        ["part/../message", ann, "400 wrong-request"],
        ["part/%2e%2e", ann, "400 wrong-request"],
        ["part/2?x", ann, "400 wrong-request"],
        [`part/${"1.".repeat(200)}1`, ann, "400 wrong-request"],
        ["zip", ann, "400 wrong-request"],
        ["zip/2,,3", ann, "400 wrong-request"],
        [`zip/${Array.from({ length: 1001 }, (_value, n) => n).join(",")}`, ann, "400 wrong-request"],
        ["message/2", ann, "400 wrong-request"],
        ["other", ann, "400 wrong-request"]
      ] as const) {
        const answer = yield* ask(`/owa/parts/7/${path}`, { headers })
        assert.strictEqual(said(answer), expected, path)
        assert.deepInclude(answer.headers, safe)
      }
      assert.strictEqual(said(yield* ask("/owa/parts/8/message")), "404 not-there")
      assert.strictEqual(said(yield* ask("/owa/parts/x/message")), "400 wrong-request")
      for (const method of ["POST", "PUT", "DELETE"])
        assert.strictEqual(said(yield* ask("/owa/parts/7/message", { method })), "405 wrong-method")
    })
  )

  it.scopedLive("and takes nothing of it for a while is cut off, and makes room", () =>
    Effect.gen(function* () {
      const huge = mixed([
        part(attached("huge.bin", "application/octet-stream"), Buffer.alloc(16 * 1024 * 1024, 1))
      ])
      const settings = { POSTROOM_OWA_DOWNLOAD_STALL: "300 millis", POSTROOM_OWA_DOWNLOADS_AT_ONCE: "1" }
      const { ask, port } = yield* askedParts(huge, { settings })
      const path = "/owa/parts/7/part/1"
      yield* awaited("the first octets", begun({ port, path }))
      assert.strictEqual(said(yield* ask("/owa/parts/7/source")), "429 too-many-at-once")
      yield* awaited("room", Effect.repeat(ask("/owa/parts/7/part/2"), { until: ({ code }) => code === 404 }))
    })
  )
})

/** A download that has begun, and of which nothing more is read. */
const begun = ({ port, path }: { readonly port: number; readonly path: string }) =>
  Effect.acquireRelease(
    Effect.async<ClientRequest>((resume) => {
      const headers = { cookie: "session=ann" }
      const sent = get({ host: "127.0.0.1", port, path, headers, agent: false }, (response) => {
        response.on("error", () => undefined)
        response.pause()
        resume(Effect.succeed(sent))
      })
      sent.on("error", () => undefined)
    }),
    (sent) => Effect.sync(() => sent.destroy())
  )
