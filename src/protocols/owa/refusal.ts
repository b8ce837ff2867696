import type { CoreError } from "../../domain/errors.ts"
import { isTemporary } from "../../domain/errors.ts"
import type { Refusal } from "./OwaAnswers.ts"

const reasons = {
  InvalidRequest: "invalid",
  NotFound: "notFound",
  AlreadyExists: "exists",
  Unauthenticated: "signedOut",
  PermissionDenied: "denied",
  NotAllowed: "notAllowed",
  LimitExceeded: "limit",
  CursorExpired: "expired",
  Busy: "busy",
  Unavailable: "away"
} as const satisfies Record<CoreError["_tag"], Refusal["reason"]>

const whatOf = (error: CoreError): string | null => {
  switch (error._tag) {
    case "NotFound":
    case "AlreadyExists":
      return error.what
    case "LimitExceeded":
      return error.limit
    default:
      return null
  }
}

/** What the browser is told of an error of Core. The words for people are its own. */
export const refusalOf = (error: CoreError): Refusal => ({
  _tag: "Refused",
  reason: reasons[error._tag],
  what: whatOf(error),
  isTemporary: isTemporary(error)
})

export const refused = (reason: Refusal["reason"], isLater: boolean): Refusal => ({
  _tag: "Refused",
  reason,
  what: null,
  isTemporary: isLater
})

/** The call itself is wrong. */
export const invalid = refused("invalid", false)
/** More at once than a connection may. */
export const busy = refused("busy", true)
/** Something of ours is wrong. */
export const away = refused("away", true)
