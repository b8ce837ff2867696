import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as fc from "fast-check"
import { MessageId } from "../../../../src/domain/ids.ts"
import { attachmentEntity } from "../../../../src/protocols/mime/compose/attachmentEntity.ts"
import { odditiesOf } from "../../../../src/protocols/mime/compose/lines.ts"
import { rawHeaderOf } from "../../../../src/protocols/mime/rawHeader.ts"
import { readMessage } from "../../../../src/protocols/mime/readMessage.ts"
import { answeredOf, placesOf, writeMessage } from "../../../../src/protocols/owa/compose/writeMessage.ts"
import type { Draft } from "../../../../src/protocols/owa/OwaAnswers.ts"
import { empty } from "../../../support/owa/emptyDraft.ts"

interface Given {
  readonly draft: Partial<Draft>
  readonly name?: string
  readonly fileNames?: ReadonlyArray<string>
}

const written = ({ draft, name = "", fileNames = [] }: Given) =>
  Effect.gen(function* () {
    const attachments = yield* Effect.forEach(fileNames, (fileName) =>
      Effect.map(
        attachmentEntity({
          name: fileName,
          bytes: Buffer.from("x"),
          isMessage: false,
          contentType: "text/plain",
          contentId: null,
          contentLocation: null,
          isInline: false
        }),
        (entity) => ({ entity, contentId: null })
      )
    )
    return yield* writeMessage({
      draft: { ...empty, ...draft },
      from: { name, address: "alice@demo.test" },
      date: Date.UTC(2026, 0, 31, 10),
      internetMessageId: "one@demo.test",
      thread: { internetMessageId: "q@b", references: ["p@b"] },
      attachments
    })
  })

const allowed = [
  "from",
  "date",
  "message-id",
  "to",
  "cc",
  "bcc",
  "subject",
  "in-reply-to",
  "references",
  "x-postroom-draft",
  "mime-version",
  "content-type",
  "content-transfer-encoding"
]

/** What people or programs put into a field to end it. */
const nasty = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.constantFrom(
    "\r\nBcc: eve@evil.test",
    "\nX-Evil: 1",
    "\r\rX-Evil: 1",
    "\u0085X-Evil: 1",
    "\u2028X: 1",
    '"<>,;:\\',
    "=?utf-8?Q?=0D=0ABcc:_eve?="
  ),
  fc.tuple(fc.string(), fc.constantFrom("\r\n", "\n", "\r", "\0"), fc.string()).map((all) => all.join(""))
)

describe("a message that was written in the browser", () => {
  it.effect("says who it is from, to whom, when, and what it answers", () =>
    Effect.gen(function* () {
      const draft = {
        to: [{ name: "Bob, the Ünlü", address: "bob@demo.test" }],
        subject: "Grüße",
        text: "plain",
        html: "<p>rich</p>",
        answers: { messageId: MessageId(17), verb: "replyAll" }
      } as const
      const raw = yield* written({ draft, name: "Alice Example" })
      const { envelope, parts } = readMessage(raw)
      assert.deepInclude(envelope, {
        subject: "Grüße",
        from: [{ name: "Alice Example", address: "alice@demo.test" }],
        to: draft.to,
        sentAt: Date.UTC(2026, 0, 31, 10),
        internetMessageId: "one@demo.test",
        inReplyTo: ["q@b"],
        references: ["p@b", "q@b"]
      })
      assert.deepStrictEqual(
        parts.map(({ type }) => type),
        ["multipart/alternative", "text/plain", "text/html"]
      )
      assert.deepStrictEqual(answeredOf(raw), draft.answers)
    })
  )

  it.effect("keeps what is no address yet as a name, for its author to go on", () =>
    Effect.gen(function* () {
      const raw = yield* written({
        draft: {
          to: [
            { name: "", address: "bob at demo" },
            { name: "Carol", address: "" }
          ]
        }
      })
      assert.deepStrictEqual(readMessage(raw).envelope.to, [
        { name: "bob at demo", address: "" },
        { name: "Carol", address: "" }
      ])
    })
  )

  it.effect("has no field that its author did not mean, whatever names, subject and files are called", () =>
    Effect.promise(() =>
      fc.assert(
        fc.asyncProperty(
          fc.record({ name: nasty, other: nasty, address: nasty, subject: nasty, fileName: nasty }),
          async ({ name, other, address, subject, fileName }) => {
            const draft = {
              to: [
                { name: other, address },
                { name: other, address: "bob@demo.test" }
              ],
              cc: [{ name: other, address: `${address}@demo.test` }],
              subject
            }
            const raw = await Effect.runPromise(written({ draft, name, fileNames: [fileName] }))
            const { fields, bodyStart } = rawHeaderOf(raw)
            const names = fields.map((field) => field.name)
            assert.includeMembers(allowed, names)
            assert.strictEqual(new Set(names).size, names.length)
            assert.notInclude(names, "bcc")
            const { hasHighOctets, ...odd } = odditiesOf(raw.subarray(0, bodyStart))
            assert.deepStrictEqual(odd, { hasBareBreaks: false, hasNul: false, hasLongLines: false })
            // An address is written in its own letters (RFC 6532), all else is encoded.
            assert.isFalse(hasHighOctets && /^\p{ASCII}*$/u.test(address))
            const { envelope, attachments, parts } = readMessage(raw)
            assert.include(
              envelope.to.map((one) => one.address),
              "bob@demo.test"
            )
            assert.notInclude(JSON.stringify(parts.map((part) => part.parameters)), "\n")
            assert.lengthOf(attachments, 1)
            assert.deepStrictEqual(
              envelope.from.map((one) => one.address),
              ["alice@demo.test"]
            )
          }
        ),
        { numRuns: 100 }
      )
    )
  )

  it("puts pictures of its text before what is attached, and knows where each has come to stand", () => {
    const attachment = (contentId: string | null) =>
      ({ source: { _tag: "Upload", uploadId: "x" }, fileName: "", contentId }) as const
    const attachments = [attachment(null), attachment("a"), attachment(null), attachment("b")]
    assert.deepStrictEqual(placesOf({ html: "", attachments }), [2, 0, 3, 1])
    assert.deepStrictEqual(placesOf({ html: null, attachments }), [0, 1, 2, 3])
  })
})
