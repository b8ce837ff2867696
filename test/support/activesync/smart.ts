import { assert } from "@effect/vitest"
import { Effect } from "effect"
import type { Request } from "../../../src/protocols/activesync/Command.ts"
import type { Content } from "../../../src/protocols/activesync/wbxml/element.ts"
import { readMessage } from "../../../src/protocols/mime/readMessage.ts"
import { composeDocument, composeWorld, itemSource, lines, plainMail } from "./composing.ts"

type Smart = "SmartReply" | "SmartForward"

export const plainOriginal = lines(
  "From: Bob <bob@demo.test>",
  "To: alice@demo.test, Carol <carol@demo.test>",
  "Cc: dave@demo.test",
  "Subject: plans",
  "Date: Tue, 3 Mar 2026 10:00:00 +0100",
  "Message-ID: <o1@demo.test>",
  "References: <o0@demo.test>",
  "Content-Type: text/plain; charset=iso-8859-1",
  "Content-Transfer-Encoding: quoted-printable",
  "",
  "Sch=F6ne <Gr=FC=DFe>"
)

export const pixel = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk"

export const richOriginal = lines(
  "From: Bob <bob@demo.test>",
  "To: alice@demo.test",
  "Subject: plans",
  "Date: Tue, 3 Mar 2026 10:00:00 +0100",
  "Message-ID: <o2@demo.test>",
  "MIME-Version: 1.0",
  'Content-Type: multipart/mixed; boundary="m"',
  "",
  "--m",
  'Content-Type: multipart/related; boundary="r"',
  "",
  "--r",
  'Content-Type: multipart/alternative; boundary="a"',
  "",
  "--a",
  "Content-Type: text/plain; charset=utf-8",
  "",
  "Look:",
  "--a",
  "Content-Type: text/html; charset=windows-1252",
  "Content-Transfer-Encoding: quoted-printable",
  "",
  '<html><head><meta charset=3D"windows-1252"><style>p{color:red}</style></head><body bgcolor=3D"#fff"><p>Look =80: <img src=3D"cid:pic@x"></p></body></html>',
  "--a--",
  "--r",
  "Content-Type: image/png",
  "Content-ID: <pic@x>",
  "Content-Disposition: inline",
  "Content-Transfer-Encoding: base64",
  "",
  pixel,
  "--r--",
  "--m",
  'Content-Type: application/pdf; name="plan.pdf"',
  'Content-Disposition: attachment; filename="plan.pdf"',
  "Content-Transfer-Encoding: base64",
  "",
  "JVBERi0xLjQ=",
  "--m",
  "Content-Type: message/rfc822",
  "",
  "From: eve@elsewhere.test",
  "Subject: inner",
  'Content-Type: multipart/mixed; boundary="i"',
  "",
  "--i",
  "",
  "inner text",
  "--i",
  "Content-Type: application/octet-stream",
  "Content-Transfer-Encoding: base64",
  "",
  "AAEC",
  "--i--",
  "--m--",
  ""
)

export const htmlMail = lines(
  "To: bob@demo.test",
  "Subject: RE: plans",
  "Content-Type: text/html; charset=utf-8",
  "",
  "<html><body><p>Mine</p></body></html>"
)

export const ask = (
  command: Smart,
  given: {
    readonly original?: string | null
    readonly mime?: string | null
    readonly others?: Content
    readonly request?: Partial<Request>
  }
) => {
  const world = composeWorld()
  if (given.original !== null) world.messages.set(1, Buffer.from(given.original ?? plainOriginal))
  const document = composeDocument(
    command,
    given.mime === undefined ? plainMail() : given.mime,
    given.others ?? itemSource(1)
  )
  return { world, answer: world.ask(command, { document, ...given.request }) }
}

export const sentBy = (command: Smart, given: Parameters<typeof ask>[1]) =>
  Effect.gen(function* () {
    const { world, answer } = ask(command, given)
    assert.deepStrictEqual(yield* answer, { _tag: "Empty" })
    const [sent] = world.submitted
    if (sent === undefined) return assert.fail("nothing was submitted")
    const text = Buffer.from(sent.raw).toString("latin1")
    assert.notMatch(text, /[^\r]\n|\r(?!\n)/)
    const content = readMessage(sent.raw)
    assert.deepStrictEqual(content.defects, [])
    return { text, content, world, types: content.parts.map(({ type }) => type) }
  })

export const statusOf = (command: Smart, given: Parameters<typeof ask>[1]) =>
  statusIn(ask(command, given).answer)

/** The status that an answer fails with, or what it is. */
export const statusIn = (answer: ReturnType<typeof ask>["answer"]) =>
  answer.pipe(
    Effect.map(({ _tag }) => _tag),
    Effect.catchAll((error) => Effect.succeed("status" in error ? error.status : error._tag))
  )

export const htmlOf = ({ parts }: ReturnType<typeof readMessage>, text: string): string => {
  const part = parts.find(({ type }) => type === "text/html")
  if (part === undefined) return assert.fail("no HTML")
  const body = text.slice(part.bodyStart, part.bodyEnd)
  if (part.encoding !== "quoted-printable") return body
  const octets = body
    .replace(/=\r\n/g, "")
    .replace(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
  return Buffer.from(octets, "latin1").toString()
}
