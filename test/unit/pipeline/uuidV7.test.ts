import { assert, describe, it } from "@effect/vitest"
import { isUuid } from "../../../src/domain/ids.ts"
import { uuidV7 } from "../../../src/pipeline/uuidV7.ts"

describe("uuidV7", () => {
  it("is a version 7 UUID that sorts by time and does not repeat", () => {
    const earlier = uuidV7(1_700_000_000_000)
    const later = uuidV7(1_700_000_000_001)
    assert.isTrue(isUuid(earlier))
    assert.match(earlier, /^018bcfe5-6800-7[0-9a-f]{3}-[89ab]/)
    assert.isTrue(earlier < later)
    assert.strictEqual(new Set(Array.from({ length: 1000 }, () => uuidV7(0))).size, 1000)
  })
})
