import { Either } from "effect"
import type { ToldOfFolders } from "../../../domain/sync/Cursor.ts"
import type { SyncMethods } from "../../../rpc/Sync.ts"
import type { Command, ProtocolVersion } from "../Command.ts"
import { collectionIdOf } from "../content/serverId.ts"
import { emptyFolders } from "../sync/emptyCollections.ts"
import { legalText } from "../wbxml/characters.ts"
import { type Element, element } from "../wbxml/element.ts"
import { readFolderSync } from "./folderRequests.ts"
import { folderType } from "./folderTypes.ts"
import { runFolderCommand } from "./hierarchy.ts"

/** Tells which folders there are, and later what became of them (MS-ASCMD 2.2.1.5). */
export const folderSync =
  (sync: SyncMethods): Command =>
  (request) => {
    const read = readFolderSync(request.document)
    const isAnew = Either.isRight(read) && read.right.syncKey === "0"
    return runFolderCommand(sync, request, {
      root: "FolderHierarchy:FolderSync",
      read,
      keyOf: ({ syncKey }) => syncKey,
      changeOf: () => Either.right(null),
      statuses: { Exists: 6, NotFound: 6, NoParent: 6, Special: 6, Invalid: 6, Limit: 6 },
      rest: ({ told }) => changes(told, isAnew ? emptyAdds(request.version) : [])
    })
  }

/** Updates, then removals, then what is new, as Microsoft's schema has them; parents before children, as Core tells them. */
const changes = (told: ReadonlyArray<ToldOfFolders>, more: ReadonlyArray<Element>): Element => {
  const of = (op: ToldOfFolders["op"]) => told.filter((change) => change.op === op).map(changeElement)
  return element(
    "FolderHierarchy:Changes",
    element("FolderHierarchy:Count", told.length + more.length),
    of("Update"),
    of("Delete"),
    of("Add"),
    more
  )
}

const changeElement = (change: ToldOfFolders): Element => {
  if (change.op === "Delete")
    return element("FolderHierarchy:Delete", serverIdElement(collectionIdOf(change.id)))
  const { id, parentId, name, role } = change.folder
  return element(
    change.op === "Add" ? "FolderHierarchy:Add" : "FolderHierarchy:Update",
    serverIdElement(collectionIdOf(id)),
    element("FolderHierarchy:ParentId", parentId === null ? "0" : collectionIdOf(parentId)),
    element("FolderHierarchy:DisplayName", legalText(name)),
    element("FolderHierarchy:Type", folderType(role))
  )
}

/** Folders that hold nothing yet are told once and never change. */
const emptyAdds = (version: ProtocolVersion): ReadonlyArray<Element> =>
  emptyFolders(version).map(({ id, name, type }) =>
    element(
      "FolderHierarchy:Add",
      serverIdElement(id),
      element("FolderHierarchy:ParentId", "0"),
      element("FolderHierarchy:DisplayName", name),
      element("FolderHierarchy:Type", type)
    )
  )

const serverIdElement = (id: string): Element => element("FolderHierarchy:ServerId", id)
