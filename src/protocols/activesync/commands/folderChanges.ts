import { Either } from "effect"
import type { FolderId } from "../../../domain/ids.ts"
import type { SyncMethods } from "../../../rpc/Sync.ts"
import type { Command } from "../Command.ts"
import { collectionIdOf, emptyCollectionOf, folderIdOf } from "../content/serverId.ts"
import { element } from "../wbxml/element.ts"
import { readFolderCreate, readFolderDelete, readFolderUpdate } from "./folderRequests.ts"
import { runFolderCommand } from "./hierarchy.ts"

// The device's own changes: its key moves on with them, so that it is not told of them again.

const nameTaken = 2
const isSpecial = 3
const noFolder = 4
const noParent = 5
const malformed = 10
/** Too many folders (MS-ASCMD_R4932). */
const tooManyFolders = 151

/** MS-ASCMD 2.2.1.2. */
export const folderCreate =
  (sync: SyncMethods): Command =>
  (request) =>
    runFolderCommand(sync, request, {
      root: "FolderHierarchy:FolderCreate",
      read: readFolderCreate(request.document),
      keyOf: ({ syncKey }) => syncKey,
      changeOf: ({ parentId, displayName: name }) =>
        Either.map(parentOf(parentId), (parent) => ({ _tag: "Create", name, parentId: parent })),
      statuses: {
        Exists: nameTaken,
        NotFound: noParent,
        NoParent: noParent,
        Special: isSpecial,
        Invalid: malformed,
        Limit: tooManyFolders
      },
      rest: ({ outcome }) =>
        outcome === null || outcome.folderId === null
          ? null
          : element("FolderHierarchy:ServerId", collectionIdOf(outcome.folderId))
    })

/** Another name, another place, or both (MS-ASCMD 2.2.1.6). */
export const folderUpdate =
  (sync: SyncMethods): Command =>
  (request) =>
    runFolderCommand(sync, request, {
      root: "FolderHierarchy:FolderUpdate",
      read: readFolderUpdate(request.document),
      keyOf: ({ syncKey }) => syncKey,
      changeOf: ({ serverId, parentId, displayName: name }) =>
        Either.gen(function* () {
          const folderId = yield* folderOf(serverId, nameTaken)
          return { _tag: "Update", folderId, name, parentId: yield* parentOf(parentId) } as const
        }),
      statuses: {
        Exists: nameTaken,
        NotFound: noFolder,
        NoParent: noParent,
        // MS-ASCMD_R4101: a special folder is answered like a name that is taken.
        Special: nameTaken,
        Invalid: malformed,
        Limit: tooManyFolders
      },
      rest: () => null
    })

/** MS-ASCMD 2.2.1.3. */
export const folderDelete =
  (sync: SyncMethods): Command =>
  (request) =>
    runFolderCommand(sync, request, {
      root: "FolderHierarchy:FolderDelete",
      read: readFolderDelete(request.document),
      keyOf: ({ syncKey }) => syncKey,
      changeOf: ({ serverId }) =>
        Either.map(folderOf(serverId, isSpecial), (folderId) => ({ _tag: "Delete", folderId })),
      statuses: {
        Exists: nameTaken,
        NotFound: noFolder,
        NoParent: noParent,
        Special: isSpecial,
        Invalid: malformed,
        Limit: tooManyFolders
      },
      rest: () => null
    })

/** "0" is the root: null. Folders that hold nothing yet hold no folders either. */
const parentOf = (parentId: string): Either.Either<FolderId | null, number> =>
  parentId === "0" ? Either.right(null) : Either.fromNullable(folderIdOf(parentId), () => noParent)

const folderOf = (serverId: string, whereSpecial: number): Either.Either<FolderId, number> =>
  emptyCollectionOf(serverId) === undefined
    ? Either.fromNullable(folderIdOf(serverId), () => noFolder)
    : Either.left(whereSpecial)
