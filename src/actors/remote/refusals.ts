import type { RpcMessage } from "@effect/rpc"
import { Schema } from "effect"
import {
  AlreadyExists,
  Busy,
  type CoreError,
  CursorExpired,
  InvalidRequest,
  LimitExceeded,
  NotAllowed,
  NotFound,
  PermissionDenied,
  Unauthenticated,
  Unavailable
} from "../../domain/errors.ts"
import { Moved } from "../mailbox/MailboxProtocol.ts"

const errors = {
  InvalidRequest,
  NotFound,
  AlreadyExists,
  Unauthenticated,
  PermissionDenied,
  NotAllowed,
  LimitExceeded,
  CursorExpired,
  Busy,
  Unavailable
} satisfies Record<CoreError["_tag"], Schema.Schema.Any>

/** What a mailbox may answer instead. */
export const Refusal = Schema.Union(Moved, ...Object.values(errors))

/** A refusal in JSON. */
export type Refused = typeof Refusal.Encoded
export const refusedOf = Schema.encodeSync(Refusal)
export const refusalOf = Schema.decodeSync(Refusal)

/** The answer to a call that is too large, or whose answer would be. */
export const tooLarge = (requestId: string): RpcMessage.ResponseExitEncoded => ({
  _tag: "Exit",
  requestId,
  exit: {
    _tag: "Failure",
    cause: { _tag: "Fail", error: refusedOf(new Unavailable({ what: "call" })) }
  }
})
