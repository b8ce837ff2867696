import { assert, describe, it } from "@effect/vitest"
import { ConfigProvider, Duration, Effect, Redacted } from "effect"
import { s3Endpoints, s3Settings } from "../../../src/storage/blobs/s3/S3Config.ts"

const keys = { POSTROOM_S3_ACCESS_KEY: "access", POSTROOM_S3_SECRET_KEY: "secret" }
const from = (settings: Readonly<Record<string, string>>) =>
  Effect.withConfigProvider(ConfigProvider.fromMap(new Map(Object.entries(settings))))

describe("S3Config", () => {
  it.effect("is none without addresses", () =>
    Effect.map(s3Endpoints, (endpoints) => assert.deepEqual(endpoints, [])).pipe(from({}))
  )

  it.effect("takes several addresses, and shows no secret", () =>
    Effect.map(s3Settings, (settings) => {
      assert.deepEqual(settings.endpoints, ["http://a:9000", "https://b"])
      assert.strictEqual(settings.bucketPrefix, "postroom-")
      assert.deepEqual(settings.deadline, Duration.seconds(10))
      assert.strictEqual(Redacted.value(settings.secretKey), "secret")
      assert.notInclude(JSON.stringify(settings), 'secret"')
    }).pipe(from({ ...keys, POSTROOM_S3_ENDPOINTS: "http://a:9000,https://b/" }))
  )

  for (const [name, value] of [
    ["POSTROOM_S3_ENDPOINTS", "ftp://a"],
    ["POSTROOM_S3_ENDPOINTS", "http://a/path"],
    ["POSTROOM_S3_ENDPOINTS", "not an address"],
    ["POSTROOM_S3_BUCKET_PREFIX", "Upper"],
    ["POSTROOM_S3_BUCKET_PREFIX", "x".repeat(28)],
    ["POSTROOM_S3_PART_BYTES", "5242879"],
    ["POSTROOM_S3_SSE", "aws:kms"],
    ["POSTROOM_S3_KEEP_REMOVED_DAYS", "-1"]
  ] as const) {
    it.effect(`refuses ${name}=${value.slice(0, 20)}`, () =>
      Effect.map(Effect.flip(s3Settings), (error) => assert.include(String(error), name)).pipe(
        from({ ...keys, POSTROOM_S3_ENDPOINTS: "http://a", [name]: value })
      )
    )
  }

  it.effect("asks for the keys where there are addresses", () =>
    Effect.map(Effect.flip(s3Settings), (error) =>
      assert.include(String(error), "POSTROOM_S3_ACCESS_KEY")
    ).pipe(from({ POSTROOM_S3_ENDPOINTS: "http://a" }))
  )
})
