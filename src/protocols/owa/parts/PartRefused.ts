import { Schema } from "effect"
import type { CoreError } from "../../../domain/errors.ts"

const codes = {
  "not-signed-in": 401,
  "cross-site": 403,
  denied: 403,
  "not-there": 404,
  "wrong-request": 400,
  "wrong-method": 405,
  "too-large": 413,
  "not-shown": 415,
  "too-many-at-once": 429,
  "too-slow": 408,
  away: 503,
  defect: 503
} as const

/** Why somebody gets nothing of a message; said to the browser as it stands here. */
export class PartRefused extends Schema.TaggedError<PartRefused>()("PartRefused", {
  reason: Schema.Literal(
    "not-signed-in",
    "cross-site",
    "denied",
    "not-there",
    "wrong-request",
    "wrong-method",
    "too-large",
    "not-shown",
    "too-many-at-once",
    "too-slow",
    "away",
    "defect"
  )
}) {
  get code(): number {
    return codes[this.reason]
  }
}

export const refuse = (reason: PartRefused["reason"]): PartRefused => new PartRefused({ reason })

export const refusedBy = (error: CoreError): PartRefused => {
  switch (error._tag) {
    case "NotFound":
      return refuse("not-there")
    case "Unauthenticated":
      return refuse("not-signed-in")
    case "PermissionDenied":
    case "NotAllowed":
      return refuse("denied")
    case "LimitExceeded":
      return refuse("too-large")
    case "Busy":
    case "Unavailable":
      return refuse("away")
    default:
      return refuse("wrong-request")
  }
}
