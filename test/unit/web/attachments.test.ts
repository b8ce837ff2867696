import { assert, describe, it } from "@effect/vitest"
import { attachmentKind, preview } from "../../../web/src/mail/attachments/attachmentKind.ts"
import { shownAttachments } from "../../../web/src/mail/attachments/shownAttachments.ts"
import { sizeText } from "../../../web/src/mail/attachments/sizeText.ts"
import { isAuthenticationFailed } from "../../../web/src/mail/body/notices/authentication.ts"

const file = (path: string, contentId: string | null = null, isInline = contentId !== null) => ({
  path,
  name: `${path}.png`,
  type: "image/png",
  contentId,
  sizeBytes: 1,
  isInline
})

describe("the list of attachments", () => {
  it("has the files, and pictures that the text does not show", () => {
    const attachments = [
      file("1", "logo@x"),
      file("2", "a b+c@x"),
      file("3", "unused@x"),
      file("4"),
      file("5", "shown@x", false)
    ]
    const paths = (html: string | null) => shownAttachments({ attachments }, html).map(({ path }) => path)
    assert.deepStrictEqual(
      paths(`<img src="cid:logo@x"><img src='CID:a%20b+c@x'><p style="background:url(cid:shown@x)">cid:`),
      ["3", "4"]
    )
    assert.deepStrictEqual(paths("<p>%zz cid:%zz"), ["1", "2", "3", "4", "5"])
    assert.deepStrictEqual(paths(null), ["1", "2", "3", "4", "5"])
  })

  it("keeps a file that the text names and cannot show", () => {
    const attachments = [{ ...file("1", "plan@x", false), type: "application/pdf", name: "plan.pdf" }]
    assert.lengthOf(shownAttachments({ attachments }, `<a href="cid:plan@x">plan</a>`), 1)
  })

  for (const [name, type, kind, look] of [
    ["a.png", "image/png", "picture", "picture"],
    ["a.jpg", "application/octet-stream", "picture", "picture"],
    ["a.svg", "image/svg+xml", "page", null],
    ["a.txt", "text/plain", "text", "text"],
    ["a.html", "text/html", "page", null],
    ["a.pdf", "application/pdf", "pdf", null],
    ["invoice.pdf.exe", "application/pdf", "program", null],
    ["setup.EXE. ", "image/png", "program", "picture"],
    ["a.ics", "text/calendar", "appointment", null],
    ["", "message/rfc822", "message", null],
    ["", "application/x-unheard-of", "file", null]
  ] as const) {
    it(`says what ${name} of ${type} is`, () => {
      assert.strictEqual(attachmentKind({ name, type }), kind)
      assert.strictEqual(preview({ name, type, sizeBytes: 10 }), look)
      assert.isNull(preview({ name, type, sizeBytes: 1e9 }))
    })
  }

  it("says sizes in the reader's language", () => {
    assert.deepStrictEqual(
      [0, 999, 1000, 1234, 56_789, 1_500_000, 2e12].map((size) => sizeText("en", size)),
      ["0 bytes", "999 bytes", "1 kB", "1.2 kB", "57 kB", "1.5 MB", "2,000 GB"]
    )
    assert.strictEqual(sizeText("de", 1_500_000), "1,5 MB")
  })
})

describe("a message that is perhaps not from its sender", () => {
  for (const [field, fails] of [
    ["mx.test; dmarc=fail (p=reject) header.from=bank.test; spf=pass", true],
    ["mx.test; spf=pass smtp.mailfrom=a.test; dkim=pass; dmarc=pass", false],
    ["mx.test; dmarc=none; spf=fail; dkim=fail", false],
    ["mx.test; spf=fail smtp.mailfrom=a.test; dkim=none", true],
    ["mx.test; spf=fail; dkim=pass header.d=a.test", false],
    ["mx.test; spf=softfail", false],
    ["mx.test; spf=pass (dmarc=fail; dmarc=fail)", false],
    ['mx.test; spf=pass reason="; dmarc=fail"', false],
    ["mx.test; none", false],
    ["dmarc=fail", false],
    ["((((", false],
    ["", false]
  ] as const) {
    it(`is ${fails ? "" : "not "}warned of: ${field}`, () => {
      assert.strictEqual(isAuthenticationFailed({ "authentication-results": field }), fails)
    })
  }

  it("is not warned of where nobody looked", () => {
    assert.isFalse(isAuthenticationFailed({}))
  })
})
