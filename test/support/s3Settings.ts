import { Duration, Redacted } from "effect"
import { minPartBytes, type S3Settings } from "../../src/storage/blobs/s3/S3Config.ts"

export interface S3Keys {
  readonly endpoint: string
  readonly accessKey: string
  readonly secretKey: string
}

/** Settings for a server, with times that tests can wait for. */
export const s3SettingsOf = (
  { endpoint, accessKey, secretKey }: S3Keys,
  others: Partial<S3Settings> = {}
): S3Settings => ({
  endpoints: [endpoint],
  region: "us-east-1",
  accessKey: Redacted.make(accessKey),
  secretKey: Redacted.make(secretKey),
  bucketPrefix: "postroom-",
  sse: "none",
  keepRemovedDays: 0,
  deadline: Duration.seconds(10),
  callTimeout: Duration.seconds(4),
  maxConcurrent: 64,
  maxOpenWrites: 64,
  partBytes: minPartBytes,
  staleAfter: Duration.days(1),
  ...others
})
