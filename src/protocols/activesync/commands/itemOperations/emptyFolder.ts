import { Effect } from "effect"
import type { CoreError } from "../../../../domain/errors.ts"
import type { Folder } from "../../../../domain/Folder.ts"
import type { FolderId } from "../../../../domain/ids.ts"
import { emptyCollectionOf, folderIdOf } from "../../content/serverId.ts"
import { element } from "../../wbxml/element.ts"
import type { EmptyFolderContents } from "./operations.ts"
import { type Operating, type Outcome, outcome, settled } from "./outcome.ts"

/**
 * One EmptyFolderContents (MS-ASCMD 2.2.3.59). Items go to Deleted Items, those in Deleted Items for good, as Core
 * empties folders for everybody; subfolders too where they are to be deleted.
 */
export const emptyFolderContents = (
  operating: Operating,
  wish: EmptyFolderContents
): Effect.Effect<Outcome, CoreError> =>
  Effect.map(settled(empty(operating, wish)), (status) =>
    outcome(
      element(
        "ItemOperations:EmptyFolderContents",
        element("ItemOperations:Status", status),
        element("AirSync:CollectionId", wish.collectionId)
      )
    )
  )

const empty = Effect.fnUntraced(function* (operating: Operating, wish: EmptyFolderContents) {
  const kind = emptyCollectionOf(wish.collectionId)
  // MS-ASCMD_R196: not of the recipient information cache. The others are empty as they are.
  if (kind !== undefined) return kind === "recipients" ? 2 : 1
  const folderId = folderIdOf(wish.collectionId)
  if (folderId === undefined) return 6
  yield* emptyWhole(operating, folderId)
  if (!wish.deletesSubFolders) return 1
  const { folders } = yield* operating.core.listFolders(operating.call, {
    mailboxId: operating.request.mailboxId
  })
  const results = yield* Effect.forEach(childrenOf(folders, folderId), (child) => remove(operating, child))
  return results.every((isDone) => isDone) ? 1 : 17
})

/** Folders are emptied in bounded commits. */
const emptyWhole = (
  { core, call, request }: Operating,
  folderId: FolderId
): Effect.Effect<unknown, CoreError> =>
  Effect.repeat(
    core.emptyFolder(call, {
      mailboxId: request.mailboxId,
      folderId,
      permanently: false,
      operationId: null
    }),
    { while: ({ more }) => more }
  )

const childrenOf = (folders: ReadonlyArray<Folder>, parentId: FolderId): ReadonlyArray<Folder> =>
  folders.filter((folder) => folder.parentId === parentId)

/** False where a rule keeps the folder. */
const remove = ({ core, call, request }: Operating, { id }: Folder): Effect.Effect<boolean, CoreError> =>
  core
    .deleteFolder(call, { mailboxId: request.mailboxId, folderId: id, permanently: false, operationId: null })
    .pipe(
      Effect.repeat({ while: ({ more }) => more }),
      Effect.as(true),
      Effect.catchTags({
        NotFound: () => Effect.succeed(true),
        NotAllowed: () => Effect.succeed(false),
        PermissionDenied: () => Effect.succeed(false)
      })
    )
