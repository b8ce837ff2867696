import { Code, ConnectError } from "@connectrpc/connect"
import { assert, describe, it } from "@effect/vitest"
import {
  AlreadyExists,
  Busy,
  type CoreError,
  CursorExpired,
  InvalidRequest,
  LimitExceeded,
  NotAllowed,
  NotFound,
  PermissionDenied,
  Unauthenticated,
  Unavailable
} from "../../../src/domain/errors.ts"
import { ErrorInfoSchema, RetryInfoSchema } from "../../../src/rpc/gen/google/rpc/error_details_pb.ts"
import { fromConnectError, internalError, toConnectError } from "../../../src/rpc/status.ts"

/** Each error with the code that clients of any language see. */
const errors = {
  InvalidRequest: [new InvalidRequest({ message: "Say what." }), Code.InvalidArgument],
  NotFound: [new NotFound({ what: "folder" }), Code.NotFound],
  AlreadyExists: [new AlreadyExists({ what: "alias" }), Code.AlreadyExists],
  Unauthenticated: [new Unauthenticated(), Code.Unauthenticated],
  PermissionDenied: [new PermissionDenied(), Code.PermissionDenied],
  NotAllowed: [new NotAllowed({ message: "Not now." }), Code.FailedPrecondition],
  LimitExceeded: [new LimitExceeded({ limit: "quota", max: 7 }), Code.ResourceExhausted],
  CursorExpired: [new CursorExpired(), Code.OutOfRange],
  Busy: [new Busy({ retryAfterMillis: 1_500 }), Code.Unavailable],
  Unavailable: [new Unavailable({ what: "blobs" }), Code.Unavailable]
} as const satisfies Record<CoreError["_tag"], readonly [CoreError, Code]>

describe("errors on the wire", () => {
  for (const [tag, [error, code]] of Object.entries(errors)) {
    it(`${tag} keeps its code, its text and what it knows`, () => {
      const sent = toConnectError(error)
      assert.strictEqual(sent.code, code)
      assert.strictEqual(sent.rawMessage, error.message)
      const received = fromConnectError(sent)
      assert.deepStrictEqual(received, error)
    })
  }

  it("say when to come back where that helps", () => {
    const [retry] = toConnectError(errors.Busy[0]).findDetails(RetryInfoSchema)
    assert.deepStrictEqual([retry?.retryDelay?.seconds, retry?.retryDelay?.nanos], [1n, 500_000_000])
    assert.strictEqual(toConnectError(errors.NotFound[0]).findDetails(RetryInfoSchema).length, 0)
  })

  it("do not carry causes", () => {
    const sent = toConnectError(new Unavailable({ what: "storage", cause: new Error("secret host") }))
    const [info] = sent.findDetails(ErrorInfoSchema)
    assert.deepStrictEqual(info?.metadata, { what: "storage" })
    assert.notInclude(sent.message, "secret")
    assert.strictEqual(sent.cause, undefined)
  })

  it("of a bug name the correlation id and nothing else", () => {
    const sent = internalError("abc")
    assert.strictEqual(sent.code, Code.Internal)
    assert.strictEqual(sent.details.length, 0)
    assert.include(sent.message, "abc")
  })

  it("of somebody else become the nearest of ours, or stay what they are", () => {
    const unavailable = fromConnectError(new ConnectError("proxy says no", Code.Unavailable))
    assert.strictEqual(unavailable instanceof Unavailable && unavailable.what, "mailbox")
    const unknown = new ConnectError("what", Code.Unimplemented)
    assert.strictEqual(fromConnectError(unknown), unknown)
  })
})
