import type { Folder, FolderRole } from "./Folder.ts"
import type { FolderId } from "./ids.ts"

/** What a policy is about: the folders of a role, or all for which there is no policy of their own. */
export type PolicyFolder = FolderRole | "all"

export const policyFolders: ReadonlyArray<PolicyFolder> = [
  "all",
  "inbox",
  "drafts",
  "sent",
  "deleted",
  "junk",
  "archive",
  "outbox",
  "user"
]

/** How long a tenant keeps messages. */
export interface RetentionPolicy {
  readonly folder: PolicyFolder
  readonly keepDays: number
}

export const maxKeepDays = 36_500

/** What becomes of the messages of one folder. */
export interface Expiry {
  readonly folderId: FolderId
  /** What the folder counts as. */
  readonly role: FolderRole
  readonly keepDays: number
  /**
   * Days count from the message's last change there, not from its reception: whoever throws an old message away has as
   * long as everybody to think again.
   */
  readonly countsFromChange: boolean
}

type Place = Pick<Folder, "id" | "parentId" | "role">

/** The folders of a mailbox that a tenant's policies are about. */
export const expiries = (
  policies: ReadonlyArray<RetentionPolicy>,
  folders: ReadonlyArray<Place>
): ReadonlyArray<Expiry> => {
  const keepDays = new Map(policies.map((policy) => [policy.folder, policy.keepDays]))
  const places = new Map(folders.map((folder) => [folder.id, folder]))
  return folders.flatMap((folder) => {
    const role = roleOf(folder, places)
    const days = keepDays.get(role) ?? keepDays.get("all")
    if (days === undefined) return []
    const countsFromChange = role === "deleted" || role === "junk"
    return [{ folderId: folder.id, role, keepDays: days, countsFromChange }]
  })
}

/** A folder that was thrown away counts as Deleted Items, with all that it holds. */
const roleOf = (folder: Place, places: ReadonlyMap<FolderId, Place>): FolderRole => {
  let above: Place | undefined = folder
  for (let depth = 0; above !== undefined && depth <= places.size; depth++) {
    if (above.role === "deleted") return "deleted"
    above = above.parentId === null ? undefined : places.get(above.parentId)
  }
  return folder.role
}
