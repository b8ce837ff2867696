import { errorCode } from "../../../observability/errorCode.ts"
import { S3Failed, type S3Problem } from "./S3Calls.ts"

const problemByCode: Readonly<Record<string, S3Problem>> = {
  NoSuchBucket: "no-bucket",
  BadDigest: "damaged",
  InvalidDigest: "damaged",
  IncompleteBody: "damaged",
  XAmzContentChecksumMismatch: "damaged",
  XAmzContentSHA256Mismatch: "damaged",
  // A 400: the server waited too long for the body.
  RequestTimeout: "away",
  ConditionalRequestConflict: "conflict",
  OperationAborted: "conflict",
  QuotaExceeded: "full",
  XMinioAdminBucketQuotaExceeded: "full",
  XMinioStorageFull: "full"
}

const problemByStatus: Readonly<Record<number, S3Problem>> = {
  404: "not-found",
  408: "away",
  412: "exists",
  416: "beyond-end",
  429: "away",
  // NotImplemented: asking again does not help.
  501: "refused",
  507: "full"
}

/** The server's word for having done nothing. */
const untouched: ReadonlySet<string> = new Set(["SlowDown", "SlowDownRead", "SlowDownWrite"])

/** Of the system, before a byte of the request can have left. */
const neverSent: ReadonlySet<string> = new Set(["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "EHOSTUNREACH"])

const statusOf = (error: Error): number =>
  "$metadata" in error &&
  typeof error.$metadata === "object" &&
  error.$metadata !== null &&
  "httpStatusCode" in error.$metadata &&
  typeof error.$metadata.httpStatusCode === "number"
    ? error.$metadata.httpStatusCode
    : 0

/** What the SDK threw, in our words. Its messages are left out: some quote the request. */
export const s3FailureOf = (error: unknown, isTimedOut: boolean): S3Failed => {
  if (error instanceof S3Failed) return error
  if (isTimedOut) return new S3Failed({ problem: "timeout", code: "CallTimeout", mayBeDone: true })
  if (!(error instanceof Error)) return new S3Failed({ problem: "away", code: "Unknown", mayBeDone: true })
  const status = statusOf(error)
  // An answer that is no error and could not be read, or none at all.
  if (status < 400) {
    const code = errorCode(error) || error.name
    return new S3Failed({ problem: "away", code, mayBeDone: !neverSent.has(code) })
  }
  const problem = problemByCode[error.name] ?? problemByStatus[status] ?? (status >= 500 ? "away" : "refused")
  // An answer without a body of S3's comes from something in front of it, which knows nothing of the outcome.
  const code = error.name === "Unknown" ? `HTTP ${status}` : error.name
  const mayBeDone = status >= 500 && problem === "away" && !untouched.has(code)
  return new S3Failed({ problem, code, mayBeDone })
}
