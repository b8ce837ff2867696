import { assert, describe, it } from "@effect/vitest"
import { ContentId, TenantId } from "../../../src/domain/ids.ts"
import { blobKey, isBlobKey } from "../../../src/storage/blobs/blobKey.ts"

describe("blobKey", () => {
  it("names tenant, UTC day and message", () => {
    const key = blobKey({
      tenantId: TenantId("t-1"),
      contentId: ContentId("m-1"),
      acceptedAt: Date.UTC(2026, 0, 31, 23, 59, 59)
    })
    assert.strictEqual(key, "blobs/t-1/2026/01/31/m-1.eml")
    assert.isTrue(isBlobKey(key))
  })

  it("takes nothing that leads elsewhere or is too long", () => {
    for (const text of [
      "blobs/a\\b",
      "blobs/a\0b",
      "blobs/ä",
      "blobs/.",
      "blobs/a/..",
      "blobs/a/",
      `blobs/${"a".repeat(256)}`
    ]) {
      assert.isFalse(isBlobKey(text), text)
    }
    assert.isFalse(isBlobKey(`blobs${"/a".repeat(600)}`))
    assert.isTrue(isBlobKey("parts/tenant/message/1.2"))
  })
})
