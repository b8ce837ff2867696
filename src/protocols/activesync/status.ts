import { Data } from "effect"

/** The whole request is refused with a common status (MS-ASCMD 2.2.4): 101 … 184. */
export class StatusError extends Data.TaggedError("StatusError")<{
  readonly status: number
  /** Seconds after which the same request may work, for 503. */
  readonly retryAfter?: number
}> {}
