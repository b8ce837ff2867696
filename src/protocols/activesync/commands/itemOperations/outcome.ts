import { Effect } from "effect"
import type { CoreError } from "../../../../domain/errors.ts"
import type { Call } from "../../../../rpc/Call.ts"
import type { CoreMethods } from "../../../../rpc/Core.ts"
import type { Request } from "../../Command.ts"
import type { ContentCore } from "../../content/readBody.ts"
import type { Element } from "../../wbxml/element.ts"

/** What of Core operations need. */
export type OperationsCore = ContentCore &
  Pick<CoreMethods, "emptyFolder" | "listFolders" | "deleteFolder" | "moveThread">

/** What an operation is carried out with. */
export interface Operating {
  readonly core: OperationsCore
  readonly call: Call
  readonly request: Request
  /** Octets of content that the answer may still take. */
  readonly bytesLeft: number
  /** The number of the next part beside the document. */
  readonly nextPart: number
}

/** What came of an operation: its element in `Response`, and the octets that go as parts beside the document. */
export interface Outcome {
  readonly element: Element
  /** Numbered from `nextPart` on; empty where the device takes one document only. */
  readonly parts: ReadonlyArray<Uint8Array>
  readonly contentBytes: number
}

export const outcome = (element: Element): Outcome => ({ element, parts: [], contentBytes: 0 })

/** An operation that is answered by its status alone. Fails only where the whole request may work later. */
export const settled = (operation: Effect.Effect<number, CoreError>): Effect.Effect<number, CoreError> =>
  Effect.catchAll(operation, (error) => {
    const status = statusOf(error)
    return status === null ? Effect.fail(error) : Effect.succeed(status)
  })

/**
 * The status of one operation (MS-ASCMD 2.2.3.177.8); null where the whole request may be sent again and then work:
 * such errors are the request's, not the operation's.
 */
export const statusOf = (error: CoreError): number | null => {
  switch (error._tag) {
    case "NotFound":
      return 6
    case "PermissionDenied":
    case "NotAllowed":
      return 16
    case "LimitExceeded":
      return error.limit === "rate" ? null : 11
    case "InvalidRequest":
      return 2
    case "AlreadyExists":
    case "CursorExpired":
      return 3
    case "Unauthenticated":
    case "Busy":
    case "Unavailable":
      return null
  }
}
