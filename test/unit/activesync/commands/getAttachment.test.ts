import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { Busy } from "../../../../src/domain/errors.ts"
import { getAttachment } from "../../../../src/protocols/activesync/commands/getAttachment.ts"
import { requestOf } from "../../../support/activesync/operationsWorld.ts"
import { storedMail } from "../../../support/activesync/storedMail.ts"

const withFile =
  "Subject: file\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\ntext\r\n--b\r\nContent-Type: image/png; name=x.png\r\nContent-Transfer-Encoding: base64\r\n\r\nAAEC\r\n--b--\r\n"

const asking = (attachmentName: string | null, version: "12.1" | "14.0" = "12.1") => ({
  ...requestOf("", { version }),
  attachmentName
})

const limits = { contentBytes: 1000 }

describe("GetAttachment", () => {
  it.effect("MSASCMD_S06_TC01, MS-ASCMD_R157, R160: an attachment is the body of the answer", () =>
    Effect.gen(function* () {
      const mail = yield* storedMail
      yield* mail.store(withFile)
      assert.deepStrictEqual(yield* getAttachment(mail.core, limits)(asking("1:2")), {
        _tag: "Bytes",
        contentType: "image/png",
        bytes: Buffer.from([0, 1, 2])
      })
    })
  )

  it.effect("MSASCMD_S06_TC02, MS-ASCMD_R166: one that is gone, or that never was, is an error 500", () =>
    Effect.gen(function* () {
      const mail = yield* storedMail
      yield* mail.store(withFile)
      for (const name of ["2:2", "1:9", "nonsense", "", null]) {
        const error = yield* Effect.flip(getAttachment(mail.core, limits)(asking(name)))
        assert.include({ ...error }, { _tag: "StatusError", status: 110 }, String(name))
      }
    })
  )

  it.effect("says that it may work later where it may", () =>
    Effect.gen(function* () {
      const mail = yield* storedMail
      const core = { ...mail.core, getMessage: () => new Busy({ retryAfterMillis: 1 }) }
      const error = yield* Effect.flip(getAttachment(core, limits)(asking("1:2")))
      assert.strictEqual(error._tag, "Busy")
    })
  )

  it.effect("is not known from 14.0 on", () =>
    Effect.gen(function* () {
      const mail = yield* storedMail
      const error = yield* Effect.flip(getAttachment(mail.core, limits)(asking("1:2", "14.0")))
      assert.include({ ...error }, { _tag: "StatusError", status: 137 })
    })
  )
})
