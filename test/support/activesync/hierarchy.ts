import { element } from "../../../src/protocols/activesync/wbxml/element.ts"
import { ask, type Handset } from "./handset.ts"

/** FolderCreate, its answer only read. */
export const createFolder = (
  handset: Handset,
  name: string,
  { parent = "0", type = "12", key = handset.hierarchyKey } = {}
) =>
  ask(
    handset,
    "FolderCreate",
    element(
      "FolderHierarchy:FolderCreate",
      element("FolderHierarchy:SyncKey", key),
      element("FolderHierarchy:ParentId", parent),
      element("FolderHierarchy:DisplayName", name),
      element("FolderHierarchy:Type", type)
    )
  )

export const updateFolder = (
  handset: Handset,
  id: string,
  { name, parent = "0", key = handset.hierarchyKey }: { name: string; parent?: string; key?: string }
) =>
  ask(
    handset,
    "FolderUpdate",
    element(
      "FolderHierarchy:FolderUpdate",
      element("FolderHierarchy:SyncKey", key),
      element("FolderHierarchy:ServerId", id),
      element("FolderHierarchy:ParentId", parent),
      element("FolderHierarchy:DisplayName", name)
    )
  )

export const removeFolder = (handset: Handset, id: string, key = handset.hierarchyKey) =>
  ask(
    handset,
    "FolderDelete",
    element(
      "FolderHierarchy:FolderDelete",
      element("FolderHierarchy:SyncKey", key),
      element("FolderHierarchy:ServerId", id)
    )
  )
