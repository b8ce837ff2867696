import type { FolderId } from "../../../../src/domain/ids.ts"
import type { FolderRow } from "../../../../src/protocols/owa/OwaAnswers.ts"
import { grouped } from "./grouped.ts"

export interface Branch {
  readonly folder: FolderRow
  /** 1 = not inside another one. */
  readonly level: number
  readonly hasChildren: boolean
}

const roles: ReadonlyArray<FolderRow["role"]> = [
  "inbox",
  "drafts",
  "sent",
  "archive",
  "junk",
  "deleted",
  "outbox",
  "user"
]

/** Folders as they stand below each other: those that everybody has first, others by name. */
export const branchesOf = (
  folders: ReadonlyMap<FolderId, FolderRow>,
  isFolded: (id: FolderId) => boolean,
  language: string
): ReadonlyArray<Branch> => {
  const children = grouped(folders.values(), ({ parentId }) =>
    parentId !== null && folders.has(parentId) ? parentId : null
  )
  const { compare } = new Intl.Collator(language, { numeric: true, sensitivity: "base" })
  const below = (parentId: FolderId | null, level: number): ReadonlyArray<Branch> =>
    (children.get(parentId) ?? [])
      .filter(({ role, total }) => role !== "outbox" || total > 0)
      .toSorted(
        (a, b) => roles.indexOf(a.role) - roles.indexOf(b.role) || compare(a.name, b.name) || a.id - b.id
      )
      .flatMap((folder) => [
        { folder, level, hasChildren: children.has(folder.id) },
        ...(isFolded(folder.id) ? [] : below(folder.id, level + 1))
      ])
  return below(null, 1)
}
