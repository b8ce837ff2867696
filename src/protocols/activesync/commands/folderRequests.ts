import { Either } from "effect"
import type { EmptyCollection } from "../content/serverId.ts"
import { integerOf } from "../scalars.ts"
import { childElements, childOf, childText, type Element, type Tag } from "../wbxml/element.ts"

/** A status of the command: 9 where the key is empty, 10 where the request is malformed (MS-ASCMD 2.2.3.177.2-5). */
type Read<A> = Either.Either<A, number>

const malformed = 10

/** The recipient information cache, a folder of Exchange that holds no mail and that we have not. */
const recipientCacheId: EmptyCollection = "recipients"

export interface FolderCreateRequest {
  readonly syncKey: string
  /** "0" = the root. */
  readonly parentId: string
  readonly displayName: string
}

export interface FolderUpdateRequest extends FolderCreateRequest {
  readonly serverId: string
}

export interface FolderDeleteRequest {
  readonly syncKey: string
  readonly serverId: string
}

export const readFolderSync = (document: Element | null): Read<{ readonly syncKey: string }> =>
  Either.map(
    readFields(document, "FolderHierarchy:FolderSync", ["FolderHierarchy:SyncKey"]),
    ([syncKey]) => ({
      syncKey
    })
  )

export const readFolderCreate = (document: Element | null): Read<FolderCreateRequest> =>
  Either.gen(function* () {
    const [syncKey, parentId, displayName] = yield* readFields(document, "FolderHierarchy:FolderCreate", [
      "FolderHierarchy:SyncKey",
      "FolderHierarchy:ParentId",
      "FolderHierarchy:DisplayName",
      "FolderHierarchy:Type"
    ])
    const type = childOf(document ?? undefined, "FolderHierarchy:Type")
    yield* creatable(type === undefined ? undefined : integerOf(type))
    return parentId === recipientCacheId
      ? yield* Either.left(isRecipientCache)
      : { syncKey, parentId, displayName }
  })

export const readFolderUpdate = (document: Element | null): Read<FolderUpdateRequest> =>
  Either.gen(function* () {
    const [syncKey, serverId, parentId, displayName] = yield* readFields(
      document,
      "FolderHierarchy:FolderUpdate",
      [
        "FolderHierarchy:SyncKey",
        "FolderHierarchy:ServerId",
        "FolderHierarchy:ParentId",
        "FolderHierarchy:DisplayName"
      ]
    )
    return serverId === recipientCacheId || parentId === recipientCacheId
      ? yield* Either.left(isRecipientCache)
      : { syncKey, serverId, parentId, displayName }
  })

export const readFolderDelete = (document: Element | null): Read<FolderDeleteRequest> =>
  Either.gen(function* () {
    const [syncKey, serverId] = yield* readFields(document, "FolderHierarchy:FolderDelete", [
      "FolderHierarchy:SyncKey",
      "FolderHierarchy:ServerId"
    ])
    return serverId === recipientCacheId ? yield* Either.left(isRecipientCache) : { syncKey, serverId }
  })

/** MS-ASCMD_R81/R101/R143: nothing is done to the recipient information cache, or under it. */
const isRecipientCache = 3

/** Folders for mail can be made; default folders never (MS-ASCMD 2.2.3.186.2), and ours hold nothing but mail. */
const creatable = (type: number | undefined): Either.Either<void, number> => {
  if (type === 1 || type === 12) return Either.void
  return Either.left(type === 19 ? isRecipientCache : malformed)
}

/** Each field exactly once and nothing else, in any order: devices differ. An empty key is a wrong key, not a malformed request. */
const readFields = <const Tags extends ReadonlyArray<Tag>>(
  document: Element | null,
  root: Tag,
  tags: Tags
): Read<{ readonly [I in keyof Tags]: string }> => {
  if (document === null) return Either.left(malformed)
  const children = childElements(document)
  const texts = tags.map((tag) => childText(document, tag))
  const isWhole = children.length === tags.length && isTexts<Tags>(texts)
  // MS-ASCMD_R4815: what belongs to another command is no XML of this one.
  if (children.some(({ tag }) => !tag.startsWith("FolderHierarchy:"))) return Either.left(102)
  if (document.tag !== root || !isWhole) return Either.left(malformed)
  return childText(document, "FolderHierarchy:SyncKey") === "" ? Either.left(wrongKey) : Either.right(texts)
}

const wrongKey = 9

const isTexts = <Tags extends ReadonlyArray<Tag>>(
  texts: ReadonlyArray<string | undefined>
): texts is { readonly [I in keyof Tags]: string } => texts.every((text) => text !== undefined)
