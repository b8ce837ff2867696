import { assert, describe, it } from "@effect/vitest"
import fc from "fast-check"
import { distinctFileNames, safeFileName } from "../../../src/domain/fileName.ts"

describe("a file name that a stranger chose", () => {
  for (const [name, safe] of [
    ["report.pdf", "report.pdf"],
    ["Über uns – 2026.docx", "Über uns – 2026.docx"],
    ["../../etc/passwd", "passwd"],
    ["C:\\Windows\\system32\\cmd.exe", "cmd.exe"],
    ["/", ""],
    ["..", ""],
    [".bashrc", "bashrc"],
    ["invoice\u202efdp.exe", "invoicefdp.exe"],
    ["a\r\nSet-Cookie: x", "aSet-Cookie_ x"],
    ["a\0.txt", "a.txt"],
    ['a"b<c>|?*.txt', "a_b_c____.txt"],
    ["CON", "_CON"],
    ["nul.txt", "_nul.txt"],
    ["console.txt", "console.txt"],
    ["name. ", "name"],
    [`${"x".repeat(300)}.tar`, `${"x".repeat(76)}.tar`]
  ] as const) {
    it(`is safe to save: ${JSON.stringify(name).slice(0, 40)}`, () => {
      assert.strictEqual(safeFileName(name), safe)
    })
  }

  it("is a name alone whatever it was, and safe is safe", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 120 }), (name) => {
        const safe = safeFileName(name)
        assert.notMatch(safe, /[/\\]|^\.|\p{Cc}|\p{Cs}/u)
        assert.isAtMost(Buffer.byteLength(safe), 255)
        assert.strictEqual(safeFileName(safe), safe)
      })
    )
  })

  it("stands once in a folder, also where capitals are not told", () => {
    assert.deepStrictEqual(distinctFileNames(["a.txt", "A.TXT", "a.txt", "a (2).txt", "b", "b"]), [
      "a.txt",
      "A (2).TXT",
      "a (3).txt",
      "a (2) (2).txt",
      "b",
      "b (2)"
    ])
  })
})
