import { Schema } from "effect"

const reasons = {
  "not-signed-in": 401,
  "cross-site": 403,
  "wrong-link": 403,
  "old-link": 410,
  "wrong-request": 400,
  "too-many-at-once": 429,
  "address-not-public": 403,
  unreachable: 502,
  "too-slow": 504,
  "too-many-redirects": 502,
  "wrong-redirect": 502,
  "no-picture-there": 502,
  compressed: 502,
  "too-large": 502,
  "no-picture": 502,
  away: 503,
  defect: 503
} as const

/** Why somebody gets no picture; said to the browser as it stands here, and nothing of the other server's answer. */
export class ImageRefused extends Schema.TaggedError<ImageRefused>()("ImageRefused", {
  reason: Schema.Literal(
    "not-signed-in",
    "cross-site",
    "wrong-link",
    "old-link",
    "wrong-request",
    "too-many-at-once",
    "address-not-public",
    "unreachable",
    "too-slow",
    "too-many-redirects",
    "wrong-redirect",
    "no-picture-there",
    "compressed",
    "too-large",
    "no-picture",
    "away",
    "defect"
  )
}) {
  get code(): number {
    return reasons[this.reason]
  }
}

export const refuse = (reason: ImageRefused["reason"]): ImageRefused => new ImageRefused({ reason })
