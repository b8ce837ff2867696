import { assert, describe, it } from "@effect/vitest"
import { isTraceId, parseTraceparent, traceparentOf } from "../../../src/observability/traceparent.ts"

const trace = "4bf92f3577b34da6a3ce929d0e0e4736"
const parent = "00f067aa0ba902b7"

describe("traceparent", () => {
  it("names a span and what was decided", () => {
    for (const flags of ["00", "01"]) {
      const text = `00-${trace}-${parent}-${flags}`
      const span = parseTraceparent(text)
      assert.deepInclude(span, { traceId: trace, spanId: parent, sampled: flags === "01" })
      assert.strictEqual(span === null ? "" : traceparentOf(span), text)
    }
  })

  it("is understood with flags and fields of later versions", () => {
    assert.isTrue(parseTraceparent(`cc-${trace}-${parent}-03-what-comes-later`)?.sampled)
    assert.isFalse(parseTraceparent(`cc-${trace}-${parent}-02`)?.sampled)
  })

  it("that is not sound names nothing", () => {
    for (const text of [
      undefined,
      "",
      "00",
      `ff-${trace}-${parent}-01`,
      `00-${trace}-${parent}-01-more`,
      `00-${"0".repeat(32)}-${parent}-01`,
      `00-${trace}-${"0".repeat(16)}-01`,
      `00-${trace.toUpperCase()}-${parent}-01`,
      `00-${trace}-${parent}`,
      `00-${trace}-${parent}-01\r\nX: y`
    ]) {
      assert.isNull(parseTraceparent(text), text)
    }
  })

  it("a trace id is 32 digits that are not all 0", () => {
    assert.isTrue(isTraceId(trace))
    for (const text of ["t-1", "0".repeat(32), `${trace}0`]) assert.isFalse(isTraceId(text))
  })
})
