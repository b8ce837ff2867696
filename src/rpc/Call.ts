import type { Origin } from "../domain/Change.ts"
import type { CorrelationId } from "../domain/ids.ts"
import type { Principal } from "../identity/Principal.ts"

/** What every call carries besides its input. */
export interface Call {
  readonly principal: Principal
  readonly correlationId: CorrelationId
  /** IP address of the peer; null for calls that begin in this process. */
  readonly remote: string | null
  /** Becomes the origin of the changes that the call makes: protocol or device, never a person. */
  readonly origin: Origin
}
