import { Clock, Effect, Either, Option } from "effect"
import { type CoreError, NotFound } from "../../domain/errors.ts"
import type { FolderId } from "../../domain/ids.ts"
import type { MessageSummary } from "../../domain/Message.ts"
import { monotonicMillis } from "../../domain/monotonicMillis.ts"
import { readableText, textParts } from "../../protocols/mime/textParts.ts"
import { parseQuery } from "../../storage/search/query/parse.ts"
import { type Query, type Words, wantedWords } from "../../storage/search/query/Query.ts"
import type { Hit, Search } from "../../storage/search/Search.ts"
import { type SnippetPiece, snippetOf } from "../../storage/search/snippet.ts"
import type { FoundMessages, OfMailbox } from "../Core.ts"
import { Right } from "../gen/postroom/core/v1/rights_pb.ts"
import type { Authorized } from "../guard.ts"
import type { ContentServices } from "./contents.ts"
import { visibleFolders } from "./reads.ts"

export interface SearchServices extends ContentServices {
  readonly engine: Search["Type"]
}

/** Hits of a page at most: of each of them the text is read. */
const maxPage = 100
/** Time for all snippets of a page; those that are not ready then show how the message begins. */
const snippetMillis = 1_000
/** Octets of each of the first text parts that are read for a snippet. */
const snippetRead = { bytes: 128 * 1024, parts: 3 }

export const search =
  (services: SearchServices) =>
  (
    call: Authorized,
    input: OfMailbox & {
      readonly query: string
      readonly folderIds: ReadonlyArray<FolderId>
      readonly after: Hit | null
      readonly limit: number | null
      readonly withoutSnippets?: boolean
    }
  ): Effect.Effect<FoundMessages, CoreError> =>
    Effect.gen(function* () {
      const { router, engine, limits } = services
      const { mailboxId } = input
      const now = yield* Clock.currentTimeMillis
      const folders = visibleFolders(yield* router.state(mailboxId), call.access)
      const query = yield* Either.match(parseQuery(input.query, { now, folders }), {
        onLeft: Effect.fail,
        onRight: Effect.succeed
      })
      if (input.folderIds.some((id) => !folders.some((folder) => folder.id === id)))
        return yield* new NotFound({ what: "folder" })
      const limit = Math.min(Math.max(1, input.limit ?? limits.pageSize), limits.maxPageSize, maxPage)
      const { hits, isComplete, isDegraded } = yield* engine.search(mailboxId, {
        query,
        folderIds: searched(call, input.folderIds, folders),
        after: input.after,
        limit: limit + 1
      })
      const page = hits.slice(0, limit)
      const messages = yield* services.reader.messages(
        mailboxId,
        page.map(({ messageId }) => messageId)
      )
      const byId = new Map(messages.map((message) => [message.id, message]))
      // What went away or out of sight meanwhile is left out.
      const shown = page
        .flatMap(({ messageId }) => byId.get(messageId) ?? [])
        .filter((message) => call.access.may(Right.READ, message.folderId))
      return {
        hits:
          input.withoutSnippets === true
            ? shown.map((message) => ({ message, snippet: [] }))
            : yield* withSnippets(services, shown, query),
        after: hits.length > limit ? (page.at(-1) ?? null) : null,
        isComplete,
        isDegraded
      }
    })

/** The folders that are looked through; null = all of the mailbox. */
const searched = (
  call: Authorized,
  asked: ReadonlyArray<FolderId>,
  folders: ReadonlyArray<{ readonly id: FolderId }>
): ReadonlyArray<FolderId> | null => {
  if (asked.length === 0 && call.access.may(Right.READ, null)) return null
  const ids = asked.length === 0 ? folders.map(({ id }) => id) : asked
  return ids.filter((id) => call.access.may(Right.READ, id))
}

const withSnippets = (services: SearchServices, messages: ReadonlyArray<MessageSummary>, query: Query) =>
  Effect.gen(function* () {
    const words = wantedWords(query).filter(({ field }) => field === null)
    const until = (yield* monotonicMillis) + snippetMillis
    return yield* Effect.forEach(
      messages,
      (message) =>
        Effect.gen(function* () {
          const left = until - (yield* monotonicMillis)
          const found =
            words.length === 0 || left <= 0
              ? Option.none()
              : yield* Effect.timeoutOption(readSnippet(services, message, words), left)
          const beginning: ReadonlyArray<SnippetPiece> = [{ text: message.preview, isMatch: false }]
          return { message, snippet: Option.getOrNull(found) ?? beginning }
        }),
      { concurrency: 8 }
    )
  })

/** Null where the text holds none of the words, or cannot be read now: a snippet is worth no failed search. */
const readSnippet = (
  { reader, blobs }: SearchServices,
  { contentId, blobKey }: MessageSummary,
  words: ReadonlyArray<Words>
): Effect.Effect<ReadonlyArray<SnippetPiece> | null> =>
  Effect.gen(function* () {
    const parts = textParts(yield* reader.parts(contentId))
    for (const part of parts.slice(0, snippetRead.parts)) {
      const end = Math.min(part.bodyEnd, part.bodyStart + snippetRead.bytes)
      const bytes = yield* blobs.getRange(blobKey, { start: part.bodyStart, end })
      const snippet = snippetOf(readableText(bytes, part, snippetRead.bytes), words)
      if (snippet !== null) return snippet
    }
    return null
  }).pipe(Effect.orElseSucceed(() => null))
