import type { FolderRole } from "../../../domain/Folder.ts"

/** MS-ASCMD 2.2.3.186.3. Junk and archive have no type of their own: they are folders of mail like those that people make. */
const types: Readonly<Record<FolderRole, number>> = {
  inbox: 2,
  drafts: 3,
  deleted: 4,
  sent: 5,
  outbox: 6,
  junk: 12,
  archive: 12,
  user: 12
}

export const folderType = (role: FolderRole): number => types[role]
