import type { Call } from "../../../rpc/Call.ts"
import type { OfMailbox } from "../../../rpc/Core.ts"

/** Somebody who writes in the browser, for the time of one call. */
export interface Writer extends OfMailbox {
  /** As which mail is sent: the primary address. */
  readonly address: string
  readonly call: Call
}

/**
 * What writing does is no step that somebody would undo in the mailbox: a draft is saved every few seconds. By its origin
 * it is left out of what can be undone.
 */
export const draftOrigin = "owa/draft"

export const draftCall = ({ call }: Writer): Call => ({ ...call, origin: draftOrigin })
