import { assert, describe, it } from "@effect/vitest"
import { BlobKey } from "../../../src/domain/ids.ts"
import { s3Place } from "../../../src/storage/blobs/s3/s3Place.ts"

const tenant = "0190a0b0-0000-7000-8000-000000000001"

describe("s3Place", () => {
  it("puts each tenant's blobs and parts into its bucket, under their whole key", () => {
    for (const key of [`blobs/${tenant}/2026/01/31/m.eml`, `parts/${tenant}/m/1`]) {
      assert.deepEqual(s3Place("postroom-", BlobKey(key)), { bucket: `postroom-${tenant}`, key })
    }
  })

  it("makes names that S3 takes of tenants that are no UUID, and different ones of different tenants", () => {
    const names = ["a", "A", "a_b", "x".repeat(200)].map(
      (name) => s3Place("p".repeat(27), BlobKey(`blobs/${name}/m`)).bucket
    )
    assert.strictEqual(new Set(names).size, names.length)
    for (const name of names) assert.match(name, /^[a-z0-9-]{3,63}$/)
  })
})
