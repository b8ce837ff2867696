import { hash } from "node:crypto"
import { InvalidRequest } from "../../domain/errors.ts"
import { MessageId } from "../../domain/ids.ts"
import type { Hit } from "../../storage/search/Search.ts"
import type { Bridge } from "../bridge.ts"
import type { CoreMethods } from "../Core.ts"
import type { SearchRequest } from "../gen/postroom/core/v1/search_pb.ts"
import { folderId, mailboxId, optionalCount, text } from "../wire/fromWire.ts"
import { readPageToken, writePageToken } from "../wire/pageToken.ts"
import { messageToWire } from "../wire/toWire.ts"

const placeOf = (place: string | null): Hit | null => {
  if (place === null) return null
  const [, at, id] = /^(\d{1,15}),([1-9]\d{0,14})$/.exec(place) ?? []
  if (at === undefined || id === undefined)
    throw new InvalidRequest({ message: "The page token is malformed." })
  return { receivedAt: Number(at), messageId: MessageId(Number(id)) }
}

/** A page belongs to what was asked; of another question it would be the wrong place. */
const scopeOf = ({ query, folderIds }: SearchRequest): string =>
  `search-${hash("sha1", JSON.stringify([query, folderIds.map(String)])).slice(0, 16)}`

/** `Search` of `MailboxService`. The token's scope needs the request again when the answer is written. */
export const searchRoute =
  (core: CoreMethods, bridge: Bridge) =>
  (request: SearchRequest, context: Parameters<ReturnType<Bridge["unary"]>>[1]) =>
    bridge.unary(core.search, {
      read: (_: SearchRequest, principal) => ({
        mailboxId: mailboxId(request.mailboxId, principal),
        query: text(request.query, { name: "The search", max: 10_000 }),
        folderIds: request.folderIds.map(folderId),
        after: placeOf(readPageToken(request.pageToken, scopeOf(request))),
        limit: optionalCount(request.pageSize),
        withoutSnippets: request.withoutSnippets
      }),
      write: ({ hits, after, isComplete, isDegraded }) => ({
        hits: hits.map(({ message, snippet }) => ({
          message: messageToWire(message),
          snippet: snippet.map((piece) => ({ text: piece.text, match: piece.isMatch }))
        })),
        nextPageToken:
          after === null ? "" : writePageToken(scopeOf(request), `${after.receivedAt},${after.messageId}`),
        complete: isComplete,
        degraded: isDegraded
      })
    })(request, context)
