import type { FolderId, MessageId } from "../ids.ts"

/** What became of one change, in the order of the changes. */
export interface ChangeOutcome {
  readonly _tag: "Change" | "Delete" | "Add" | "Replace"
  /**
   * Conflict: the mailbox's version stands and is told. NotFound: no such message in this folder. Invalid: the
   * change breaks a rule of the mailbox. Quota: no room. Retry: not now; the same change may work in the next request.
   */
  readonly status: "Applied" | "Conflict" | "NotFound" | "Invalid" | "Quota" | "Retry"
  /** The message that it concerns; of Add and Replace the new one, null where there is none. */
  readonly messageId: MessageId | null
  /** Of Add. */
  readonly clientId: string | null
}

/** What became of a change of the folders. */
export interface FolderOutcome {
  /** Exists: a sibling has that name. NoParent. Special: a folder that belongs to the mailbox. */
  readonly status: "Applied" | "Exists" | "NotFound" | "NoParent" | "Special" | "Invalid" | "Limit"
  /** The folder that it concerns. */
  readonly folderId: FolderId | null
}
