import { Config, Duration, Redacted } from "effect"
import { setting } from "../../../settings/setting.ts"
import {
  atLeast,
  bytes,
  choice,
  duration,
  integer,
  list,
  secret,
  text,
  url
} from "../../../settings/types.ts"
import type { S3Account } from "./S3Calls.ts"

export interface S3Settings {
  readonly endpoints: ReadonlyArray<string>
  readonly region: string
  readonly accessKey: Redacted.Redacted
  readonly secretKey: Redacted.Redacted
  readonly bucketPrefix: string
  readonly sse: "none" | "AES256"
  readonly keepRemovedDays: number
  readonly deadline: Duration.Duration
  readonly callTimeout: Duration.Duration
  readonly maxConcurrent: number
  readonly maxOpenWrites: number
  readonly partBytes: number
  readonly staleAfter: Duration.Duration
}

const mebibyte = 1024 * 1024

/** S3's own: a smaller part may only be the last one. */
export const minPartBytes = 5 * mebibyte

const isOrigin = ({ protocol, pathname, search }: URL): boolean =>
  /^https?:$/.test(protocol) && pathname === "/" && search === ""

/** Where S3 is, from the environment; an empty list = there is none. */
export const s3Endpoints: Config.Config<ReadonlyArray<string>> = setting({
  name: "POSTROOM_S3_ENDPOINTS",
  type: list(url),
  default: [],
  meaning: "Blobs are kept in S3 at these addresses of one store, used in turn. Unset = as files.",
  check: { message: "like https://minio:9000, without a path", validation: (urls) => urls.every(isOrigin) }
}).pipe(Config.map((urls) => urls.map(({ origin }) => origin)))

export const s3Settings: Config.Config<S3Settings> = Config.all({
  endpoints: s3Endpoints,
  region: setting({
    name: "POSTROOM_S3_REGION",
    type: text,
    default: "us-east-1",
    meaning: "As the server calls it; a part of every signature."
  }),
  accessKey: setting({ name: "POSTROOM_S3_ACCESS_KEY", type: secret, meaning: "Who we are to S3." }),
  secretKey: setting({ name: "POSTROOM_S3_SECRET_KEY", type: secret, meaning: "What we sign with." }),
  bucketPrefix: setting({
    name: "POSTROOM_S3_BUCKET_PREFIX",
    type: text,
    default: "postroom-",
    meaning: "A tenant's bucket is named by this and the tenant's id.",
    // What S3 allows in a name of at most 63 characters that goes on with a UUID.
    check: {
      message: "up to 27 lower-case letters, digits and hyphens, not beginning with a hyphen",
      validation: (prefix) => /^[a-z0-9][a-z0-9-]{0,26}$/.test(prefix)
    }
  }),
  sse: setting({
    name: "POSTROOM_S3_SSE",
    type: choice("none", "AES256"),
    default: "none",
    meaning: "AES256: the server encrypts what it stores (SSE-S3), or nothing is stored."
  }),
  keepRemovedDays: setting({
    name: "POSTROOM_S3_KEEP_REMOVED_DAYS",
    type: integer,
    default: 0,
    meaning:
      "Buckets that we make keep versions, and a removed blob for so many days. 0 = removed is gone. Buckets that exist stay as they are.",
    check: atLeast(0)
  }),
  deadline: setting({
    name: "POSTROOM_S3_DEADLINE",
    type: duration,
    default: Duration.seconds(10),
    meaning: "For one operation with all its attempts; a large message has one per part."
  }),
  callTimeout: setting({
    name: "POSTROOM_S3_CALL_TIMEOUT",
    type: duration,
    default: Duration.seconds(4),
    meaning: "For one attempt. Less than half of the deadline leaves time for another."
  }),
  maxConcurrent: setting({
    name: "POSTROOM_S3_MAX_CONCURRENT",
    type: integer,
    default: 64,
    meaning: "Operations at a time; others wait their turn, within their deadline.",
    check: atLeast(1)
  }),
  maxOpenWrites: setting({
    name: "POSTROOM_S3_MAX_OPEN_WRITES",
    type: integer,
    default: 64,
    meaning: "Messages above 256 KB that arrive at a time; each holds up to a part in memory.",
    check: atLeast(1)
  }),
  partBytes: setting({
    name: "POSTROOM_S3_PART_BYTES",
    type: bytes,
    default: 8 * mebibyte,
    meaning: "A message that is longer goes to the server, and comes back, in parts of this size.",
    check: atLeast(minPartBytes)
  }),
  staleAfter: setting({
    name: "POSTROOM_S3_STALE_AFTER",
    type: duration,
    default: Duration.days(1),
    meaning: "An upload begun so long ago and not ended was left by a crash, and is removed."
  })
})

export const accountOf = (settings: S3Settings): S3Account => ({
  endpoints: settings.endpoints,
  region: settings.region,
  accessKey: Redacted.value(settings.accessKey),
  secretKey: Redacted.value(settings.secretKey),
  encrypts: settings.sse === "AES256",
  keepRemovedDays: settings.keepRemovedDays,
  maxSockets: settings.maxConcurrent
})
