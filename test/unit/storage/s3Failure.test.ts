import { assert, describe, it } from "@effect/vitest"
import { S3Failed } from "../../../src/storage/blobs/s3/S3Calls.ts"
import { s3FailureOf } from "../../../src/storage/blobs/s3/s3Failure.ts"

/** As the SDK throws what a server answered. */
const answer = (name: string, httpStatusCode: number) =>
  Object.assign(new Error("says what was asked"), { name, $metadata: { httpStatusCode } })
const system = (code: string) => Object.assign(new Error(`${code} 10.0.0.1`), { code })

describe("s3FailureOf", () => {
  for (const [error, problem, code, mayBeDone] of [
    [answer("PreconditionFailed", 412), "exists", "PreconditionFailed", false],
    [answer("NoSuchKey", 404), "not-found", "NoSuchKey", false],
    [answer("NotFound", 404), "not-found", "NotFound", false],
    [answer("NoSuchBucket", 404), "no-bucket", "NoSuchBucket", false],
    [answer("InvalidRange", 416), "beyond-end", "InvalidRange", false],
    [answer("XMinioStorageFull", 507), "full", "XMinioStorageFull", false],
    [answer("Unknown", 507), "full", "HTTP 507", false],
    [answer("SignatureDoesNotMatch", 403), "refused", "SignatureDoesNotMatch", false],
    [answer("NotImplemented", 501), "refused", "NotImplemented", false],
    [answer("XAmzContentSHA256Mismatch", 400), "damaged", "XAmzContentSHA256Mismatch", false],
    [answer("ConditionalRequestConflict", 409), "conflict", "ConditionalRequestConflict", false],
    [answer("SlowDown", 503), "away", "SlowDown", false],
    [answer("InternalError", 500), "away", "InternalError", true],
    [answer("Unknown", 502), "away", "HTTP 502", true],
    [system("ECONNREFUSED"), "away", "ECONNREFUSED", false],
    [system("ECONNRESET"), "away", "ECONNRESET", true],
    ["thrown", "away", "Unknown", true]
  ] as const) {
    it(`takes ${code} for ${problem}, ${mayBeDone ? "done perhaps" : "not done"}`, () => {
      assert.deepInclude(s3FailureOf(error, false), { problem, code, mayBeDone })
    })
  }

  it("takes what was aborted in its time for a timeout, done perhaps", () => {
    assert.deepInclude(s3FailureOf(answer("AbortError", 0), true), { problem: "timeout", mayBeDone: true })
  })

  it("leaves what is said already, and says no more than it should", () => {
    const failed = new S3Failed({ problem: "full", code: "x", mayBeDone: false })
    assert.strictEqual(s3FailureOf(failed, true), failed)
    assert.notInclude(JSON.stringify(s3FailureOf(answer("InternalError", 500), false)), "says what was asked")
  })
})
