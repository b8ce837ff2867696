import { Effect } from "effect"
import type { CoreError } from "../../../../domain/errors.ts"
import type { Folder } from "../../../../domain/Folder.ts"
import type { FolderId, MailboxId, MessageId } from "../../../../domain/ids.ts"
import type { MessageSummary } from "../../../../domain/Message.ts"
import type { Call } from "../../../../rpc/Call.ts"
import type { CoreMethods } from "../../../../rpc/Core.ts"
import { threadIdOf } from "../../content/conversation.ts"
import { emptyCollectionOf, folderIdOf } from "../../content/serverId.ts"
import { SearchFault } from "./fault.ts"
import { maxResults } from "./range.ts"

/** What mail is looked for. */
export interface MailQuery {
  /** False where only classes are wanted that have no items yet. */
  readonly wantsMail: boolean
  /** In the search language; null = any. "" is looked for in vain. */
  readonly words: string | null
  /** Empty = all folders. */
  readonly collectionIds: ReadonlyArray<string>
  /** The folders below them, too. */
  readonly isDeep: boolean
  readonly conversationId: Uint8Array | null
  /** Received after and before these, epoch milliseconds; neither included. */
  readonly after: number | null
  readonly before: number | null
}

export type SearchCore = Pick<CoreMethods, "search" | "listFolders" | "listThread">

interface Finding {
  readonly core: SearchCore
  readonly call: Call
  readonly mailboxId: MailboxId
}

/** Newest first, at most `maxResults`. */
export const findMail = (
  finding: Finding,
  query: MailQuery
): Effect.Effect<ReadonlyArray<MessageId>, CoreError | SearchFault> =>
  Effect.gen(function* () {
    const { core, call, mailboxId } = finding
    const { folders } = yield* core.listFolders(call, { mailboxId })
    const folderIds = searchedFolders(query, folders)
    if (folderIds === undefined) return yield* new SearchFault({ why: "UnknownFolder" })
    if (!query.wantsMail || query.words === "" || folderIds?.length === 0) return []
    const found =
      query.conversationId === null ? byWords(finding, query, folderIds) : inThread(finding, query, folderIds)
    return (yield* found).map(({ id }) => id)
  }).pipe(
    // Its words were quoted: what Core refuses is their number.
    Effect.catchTags({
      InvalidRequest: () => new SearchFault({ why: "TooComplex" }),
      NotFound: () => new SearchFault({ why: "UnknownFolder" })
    })
  )

/** Null = all; empty = none that holds mail; undefined where one of them is not there. */
const searchedFolders = (
  { collectionIds, isDeep }: MailQuery,
  folders: ReadonlyArray<Folder>
): ReadonlyArray<FolderId> | null | undefined => {
  // "0" is the root: it holds folders, and no items.
  if (collectionIds.length === 0 || (isDeep && collectionIds.includes("0"))) return null
  const named = collectionIds
    .filter((id) => id !== "0" && emptyCollectionOf(id) === undefined)
    .map(folderIdOf)
  const known = folders.map(({ id }) => id).filter((id) => named.includes(id))
  if (named.some((id) => id === undefined || !known.includes(id))) return undefined
  return isDeep ? withDescendants(known, folders) : known
}

const withDescendants = (
  ids: ReadonlyArray<FolderId>,
  folders: ReadonlyArray<Folder>
): ReadonlyArray<FolderId> => {
  const within = new Set(ids)
  const below = (parents: ReadonlySet<FolderId>): ReadonlyArray<FolderId> =>
    folders
      .filter(({ id, parentId }) => parentId !== null && parents.has(parentId) && !within.has(id))
      .map(({ id }) => id)
  for (let level = below(within); level.length > 0; level = below(new Set(level))) {
    for (const id of level) within.add(id)
  }
  return [...within]
}

const byWords = (
  { core, call, mailboxId }: Finding,
  query: MailQuery,
  folderIds: ReadonlyArray<FolderId> | null
): Effect.Effect<ReadonlyArray<MessageSummary>, CoreError> =>
  Effect.map(
    core.search(call, {
      mailboxId,
      query: queryText(query),
      folderIds: folderIds ?? [],
      after: null,
      limit: maxResults,
      withoutSnippets: true
    }),
    ({ hits }) => hits.map(({ message }) => message)
  )

const queryText = ({ words, after, before }: MailQuery): string =>
  [
    words ?? "",
    after === null ? "" : `after:${moment(after + 1)}`,
    before === null ? "" : `before:${moment(before)}`
  ]
    .filter((part) => part !== "")
    .join(" ")

/** Of which four digits of a year are left. */
const lastMoment = Date.UTC(9999, 11, 31)

const moment = (millis: number): string => new Date(Math.min(Math.max(0, millis), lastMoment)).toISOString()

/** All folders, where none is named (MS-ASCON_R176). Words are looked for among the newest results of their own. */
const inThread = Effect.fnUntraced(function* (
  finding: Finding,
  query: MailQuery,
  folderIds: ReadonlyArray<FolderId> | null
) {
  const { core, call, mailboxId } = finding
  const threadId = threadIdOf(mailboxId, query.conversationId ?? new Uint8Array())
  if (threadId === undefined) return []
  const { messages } = yield* Effect.catchTag(
    core.listThread(call, { mailboxId, threadId }),
    "NotFound",
    () => Effect.succeed({ messages: [] })
  )
  const kept = messages.filter(
    (message) =>
      (folderIds === null || folderIds.includes(message.folderId)) &&
      (query.after === null || message.receivedAt > query.after) &&
      (query.before === null || message.receivedAt < query.before)
  )
  const [newest] = kept
  const oldest = kept.at(-1)
  if (query.words === null || newest === undefined || oldest === undefined) return kept.slice(0, maxResults)
  const found = yield* byWords(
    finding,
    { ...query, after: oldest.receivedAt - 1, before: newest.receivedAt + 1 },
    folderIds
  )
  const ids = new Set(kept.map(({ id }) => id))
  return found.filter(({ id }) => ids.has(id))
})
