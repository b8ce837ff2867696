import { assert, describe, it } from "@effect/vitest"
import { Busy, LimitExceeded, Unavailable } from "../../../src/domain/errors.ts"
import { RecipientRefused, StorageFull } from "../../../src/pipeline/Intake.ts"
import { ContentRefused } from "../../../src/protocols/smtp/MessageScan.ts"
import {
  contentReplies,
  coreReplies,
  queued,
  type Reply,
  recipientReplies,
  replyOf,
  sessionReplies
} from "../../../src/protocols/smtp/replies.ts"

const { LimitExceeded: limits, ...core } = coreReplies
const all: ReadonlyArray<Reply> = [
  ...Object.values(core),
  ...Object.values(limits),
  ...Object.values(recipientReplies),
  ...Object.values(contentReplies),
  ...Object.values(sessionReplies),
  queued("id")
]

describe("replies", () => {
  it("carry an enhanced status code of the class of their code (RFC 2034 4)", () => {
    for (const { code, status } of all) {
      assert.match(status, /^[245]\.[0-7]\.\d{1,2}$/)
      assert.strictEqual(status[0], String(code)[0])
    }
  })

  it("are one line of printable ASCII within the line limit (RFC 5321 4.5.3.1.5)", () => {
    for (const { text } of all) assert.match(text, /^[\x20-\x7e]{1,500}$/)
  })

  it("say 4xx where the same message may pass later, 5xx where it will not", () => {
    const codes = [
      new Unavailable({ what: "storage" }),
      new Unavailable({ what: "blobs" }),
      new Busy({ retryAfterMillis: 1 }),
      new StorageFull(),
      new LimitExceeded({ limit: "quota", max: 1 }),
      new RecipientRefused({ reason: "unknownUser" }),
      new RecipientRefused({ reason: "relayDenied" }),
      new ContentRefused({ finding: "messageTooLarge" }),
      new ContentRefused({ finding: "tooManyHops" })
    ].map((error) => {
      const { code, status } = replyOf(error)
      return `${code} ${status}`
    })
    assert.deepStrictEqual(codes, [
      "451 4.3.0",
      "451 4.3.0",
      "451 4.3.2",
      "452 4.3.1",
      "452 4.2.2",
      "550 5.1.1",
      "550 5.7.1",
      "552 5.3.4",
      "554 5.4.6"
    ])
  })
})
