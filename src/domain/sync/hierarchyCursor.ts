import type { MailboxState } from "../mailbox/State.ts"
import type { Cursor, HierarchyCursor } from "./Cursor.ts"
import { type Collection, hierarchy } from "./material.ts"

export const hierarchyCursor = (cursors: ReadonlyMap<Collection, Cursor>): HierarchyCursor | undefined => {
  const cursor = cursors.get(hierarchy)
  return cursor?._tag === "Hierarchy" ? cursor : undefined
}

/** True where the device was not told of the folders as they are, or never asked. */
export const isHierarchyStale = (cursors: ReadonlyMap<Collection, Cursor>, state: MailboxState): boolean => {
  const cursor = hierarchyCursor(cursors)
  return cursor === undefined || state.hierarchyModSeq > cursor.view.cursor
}
