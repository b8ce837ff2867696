import { execFileSync } from "node:child_process"
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { performance } from "node:perf_hooks"
import { fileURLToPath } from "node:url"
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { defaultMimeLimits } from "../../../src/protocols/mime/MimeLimits.ts"
import { readMessage } from "../../../src/protocols/mime/readMessage.ts"

const generator = fileURLToPath(
  new URL("../../../../shared/corpus/generators/hostile_open.mjs", import.meta.url)
)

/** Longest time for one message, generous for a busy machine. */
const limitMs = 1000

const timed = (raw: Uint8Array) => {
  const start = performance.now()
  const content = readMessage(raw)
  return { content, ms: performance.now() - start }
}

const assertBounded = (raw: Uint8Array, name: string) => {
  const { content, ms } = timed(raw)
  assert.isBelow(ms, limitMs, name)
  assert.isAtMost(content.parts.length, defaultMimeLimits.parts + defaultMimeLimits.depth, name)
  assert.isBelow(JSON.stringify(content).length, 2 * 1024 * 1024, name)
}

describe.skipIf(!existsSync(generator))("generated hostile messages", () => {
  const folder = mkdtempSync(join(tmpdir(), "postroom-hostile-"))

  beforeAll(() => {
    execFileSync(process.execPath, [generator, folder, "0.3"])
  }, 60_000)
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  it("are each read quickly and into a bounded content", () => {
    const files = readdirSync(join(folder, "mime"))
    assert.isAbove(files.length, 25)
    for (const file of files) assertBounded(readFileSync(join(folder, "mime", file)), file)
  }, 60_000)
})

describe("input made to be slow", () => {
  const n = 200_000
  const html = "Content-Type: text/html\r\n\r\n"
  it.each([
    ["folds of white space", `Subject: ${"\r\n ".repeat(n)}x\r\n\r\n`],
    ["encoded words that never end", `Subject: ${"=?utf-8?q?".repeat(n)}\r\n\r\n`],
    ["starts of encoded words", `Subject: ${"=?".repeat(n)}\r\n\r\n`],
    ["open comments", `From: ${"(".repeat(n)}\r\n\r\n`],
    ["open angles", `From: ${"<".repeat(n)}\r\n\r\n`],
    ["open quotes", `From: ${'"'.repeat(n)}a\r\n\r\n`],
    ["open groups", `From: ${"a:".repeat(n)}\r\n\r\n`],
    ["one long word after another", `From: ${"a ".repeat(n)}\r\n\r\n`],
    ["ids without end", `References: ${"<a".repeat(n)}\r\n\r\n`],
    ["comments in the date", `Date: ${"(a)".repeat(n)}\r\n\r\n`],
    ["marks of replies", `Subject: ${"Re: ".repeat(n)}x\r\n\r\n`],
    ["semicolons", `Content-Type: text/plain${";".repeat(n)}\r\n\r\n`],
    ["percent signs", `Content-Disposition: a; filename*=utf-8''${"%".repeat(n)}\r\n\r\n`],
    [
      "lines that begin like a boundary",
      `Content-Type: multipart/mixed; boundary=b\r\n\r\n${"--\r\n".repeat(n)}`
    ],
    ["boundary lines", `Content-Type: multipart/mixed; boundary=b\r\n\r\n${"--b\r\n".repeat(n)}`],
    [
      "boundaries with parts of nothing",
      `Content-Type: multipart/mixed; boundary=b\r\n\r\n${"--b\r\n\r\n".repeat(n)}`
    ],
    [
      "long names of many parts",
      `Content-Type: multipart/mixed; boundary=b\r\n\r\n${`--b\r\nContent-Type: a/b; x=${"y".repeat(20_000)}\r\n\r\n`.repeat(500)}`
    ],
    ["open tags", `${html}${"<a ".repeat(n)}`],
    ["open comments in HTML", `${html}${"<!--".repeat(n)}`],
    ["open scripts", `${html}${"<script>".repeat(n)}`],
    ["open heads", `${html}${"<head>".repeat(n)}`],
    ["open quotes in tags", `${html}${"<a b='".repeat(n)}`],
    ["ampersands", `${html}${"&".repeat(n)}`],
    ["cells", `${html}${"<td>".repeat(n)}x`],
    ["blanks", `${html}${" ".repeat(n * 5)}x`],
    ["blanks in plain text", `\r\n${" ".repeat(n * 5)}x`],
    ["soft line breaks", `Content-Transfer-Encoding: quoted-printable\r\n\r\n${"=   ".repeat(n)}`],
    ["padding", `Content-Transfer-Encoding: base64\r\n\r\n${"=A".repeat(n)}`],
    ["begins of uuencode", `Content-Transfer-Encoding: uuencode\r\n\r\n${"begin \n".repeat(n)}`]
  ])("%s take linear time", (name, text) => {
    assertBounded(Buffer.from(text), name)
  })
})
