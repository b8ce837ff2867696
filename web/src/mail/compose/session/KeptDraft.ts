import type { MessageId } from "../../../../../src/domain/ids.ts"
import type { Writing } from "./Writing.ts"

/** A message that is being written, as this browser keeps it until the server has all of it. */
export interface KeptDraft {
  readonly key: string
  readonly draftId: MessageId | null
  readonly writing: Writing
  readonly isUnsaved: boolean
  /** It was asked to be sent under this name, and nobody has answered yet. */
  readonly sending: {
    readonly operationId: string
    readonly draftId: MessageId | null
    readonly sendAt: number | null
  } | null
}
