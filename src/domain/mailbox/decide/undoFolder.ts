import { Either } from "effect"
import type { Change } from "../../Change.ts"
import type { Folder } from "../../Folder.ts"
import type { FolderId } from "../../ids.ts"
import type { UndoOutcome } from "../../Operation.ts"
import { folderByRole } from "../State.ts"
import { putBackFolder, toDeletedItems } from "./folders.ts"
import type { View } from "./View.ts"

interface FolderPutBack {
  readonly changes: ReadonlyArray<Change>
  readonly outcome: UndoOutcome
}

const leave = (outcome: UndoOutcome): FolderPutBack => ({ changes: [], outcome })

/** What puts a folder back to where it was before the operation; `done` is what that did to it. */
export const undoFolder = (view: View, id: FolderId, done: ReadonlyArray<Change>): FolderPutBack => {
  const folder = view.state.folders.get(id)
  if (folder === undefined) return leave("gone")
  const name = formerName(folder, done)
  const parentId = formerParent(folder, done)
  if (name === unknown || parentId === unknown) return leave("gone")
  const isLeft = name === touched || parentId === touched
  if (done.some(isCreated)) return isLeft ? leave("changedSince") : undoCreated(view, folder)
  const place = {
    name: name === touched ? folder.name : name,
    parentId: parentId === touched ? folder.parentId : parentId
  }
  return Either.match(putBackFolder(view, folder, place), {
    onLeft: () => leave("noPlace"),
    onRight: (changes) => ({ changes, outcome: isLeft ? "changedSince" : "restored" })
  })
}

/** Somebody changed it since. */
const touched = Symbol("touched")
/** An entry from before the journal told it. */
const unknown = Symbol("unknown")

const formerName = (
  folder: Folder,
  done: ReadonlyArray<Change>
): string | typeof touched | typeof unknown => {
  const named = done.flatMap((change) =>
    change._tag === "FolderRenamed" || isCreated(change) ? [change] : []
  )
  const [first] = named
  if (first === undefined) return folder.name
  if (named.at(-1)?.name !== folder.name) return touched
  return isCreated(first) ? first.name : (first.fromName ?? unknown)
}

const formerParent = (
  folder: Folder,
  done: ReadonlyArray<Change>
): FolderId | null | typeof touched | typeof unknown => {
  const placed = done.flatMap((change) =>
    change._tag === "FolderMoved" || isCreated(change) ? [change] : []
  )
  const [first] = placed
  if (first === undefined) return folder.parentId
  if (placed.at(-1)?.parentId !== folder.parentId) return touched
  if (isCreated(first)) return first.parentId
  return first.fromParentId === undefined ? unknown : first.fromParentId
}

const isCreated = (change: Change): change is Extract<Change, { readonly _tag: "FolderCreated" }> =>
  change._tag === "FolderCreated"

/** A folder that was made goes where deleted ones go, unless something was put into it. */
const undoCreated = ({ state }: View, folder: Folder): FolderPutBack => {
  const deleted = folderByRole(state, "deleted")
  if (deleted === undefined) return leave("noPlace")
  const hasFolders = [...state.folders.values()].some(({ parentId }) => parentId === folder.id)
  if (folder.total > 0 || hasFolders) return leave("changedSince")
  return { changes: toDeletedItems(state, folder, deleted.id), outcome: "restored" }
}
