import { createHash } from "node:crypto"
import { OperationId } from "../../../domain/ids.ts"

/** What names a message that a device wants sent. */
export interface Wish {
  readonly deviceId: string
  /** From 14.0 on the device's own name of the message. */
  readonly clientId: string | null
  /** The request as it came, which is all that 12.1 has. */
  readonly request: ReadonlyArray<string | Uint8Array>
  /** Whether the message has a Date or Message-ID of its own. */
  readonly isDated: boolean
  /** Epoch milliseconds. */
  readonly now: number
}

/** How long the same undated octets are the same message. */
const windowMillis = 10 * 60 * 1000

/**
 * The name that lets a retry be told from another message. In 12.1 a retry is the same request, octet for octet, and two
 * messages differ at least in their Date or Message-ID. Where a message has neither, somebody may well mean the same words
 * twice: then the same request counts as a retry for some minutes only, and one across their border is sent again.
 */
export const operationOf = ({ deviceId, clientId, request, isDated, now }: Wish): OperationId => {
  const hash = createHash("sha256")
  const window = isDated ? "" : String(Math.floor(now / windowMillis))
  const pieces =
    clientId === null ? ["request", deviceId, window, ...request] : ["client", deviceId, clientId]
  for (const piece of pieces) hash.update(`${piece.length}:`).update(piece)
  return OperationId(`eas-send:${hash.digest("hex")}`)
}
