import { Effect } from "effect"
import type { CoreError } from "../../../../domain/errors.ts"
import type { MessageId } from "../../../../domain/ids.ts"
import type { MessageView } from "../../../../rpc/Core.ts"
import { attachmentBytes } from "../../content/attachmentBytes.ts"
import { contentSize } from "../../content/contentSize.ts"
import { itemContent } from "../../content/itemContent.ts"
import { folderIdOf, messageIdOf, messageIdOfLongId, partOf } from "../../content/serverId.ts"
import { type Content, childText, type Element, element } from "../../wbxml/element.ts"
import type { Fetch, FetchTarget } from "./operations.ts"
import { type Operating, type Outcome, outcome, statusOf } from "./outcome.ts"

/** One Fetch (MS-ASCMD 2.2.3.67.1). Fails only where the whole request may work later. */
export const fetch = (operating: Operating, wish: Fetch): Effect.Effect<Outcome, CoreError> => {
  const refusal = refusalOf(wish)
  if (refusal !== null) return Effect.succeed(refused(wish, refusal))
  return (
    wish.target._tag === "Attachment"
      ? fetchAttachment(operating, wish, wish.target.fileReference)
      : fetchItem(operating, wish)
  ).pipe(
    Effect.catchAll((error) => {
      const status = statusOf(error)
      if (status === null) return Effect.fail(error)
      return Effect.succeed(refused(wish, status === 6 && wish.target._tag === "Attachment" ? 15 : status))
    })
  )
}

/** What is wrong without a look at the mailbox; null = nothing. */
const refusalOf = ({ store, target, options }: Fetch): number | null => {
  const name = store.toLowerCase()
  // There is no document library: a link that could be one may not be read, others are no links.
  if (name === "documentlibrary" && target._tag === "Link")
    return /^(\\\\|https?:)/i.test(target.linkId) ? 5 : 4
  if (name !== "mailbox" || target._tag === "Link") return 9
  return options === null ? 164 : null
}

const refused = ({ target }: Fetch, status: number): Outcome =>
  outcome(element("ItemOperations:Fetch", element("ItemOperations:Status", status), named(target)))

/** The fetch as the device named it. */
const named = (target: FetchTarget): ReadonlyArray<Element> => {
  switch (target._tag) {
    case "Item":
      return [
        element("AirSync:CollectionId", target.collectionId),
        element("AirSync:ServerId", target.serverId)
      ]
    case "LongId":
      return [element("Search:LongId", target.longId)]
    case "Attachment":
      return [element("AirSyncBase:FileReference", target.fileReference)]
    case "Link":
      return [element("DocumentLibrary:LinkId", target.linkId)]
  }
}

const fetched = (target: FetchTarget, ...content: ReadonlyArray<Content>): Element =>
  element("ItemOperations:Fetch", element("ItemOperations:Status", 1), named(target), ...content)

const fetchItem = Effect.fnUntraced(function* (operating: Operating, wish: Fetch) {
  const { core, call, request, bytesLeft } = operating
  const view = yield* findItem(operating, wish.target)
  if (view === null || wish.options === null) return refused(wish, 6)
  const content = yield* itemContent(core)(call, {
    mailboxId: request.mailboxId,
    message: view.message,
    parts: view.parts,
    version: request.version,
    options: wish.options
  })
  const { schema } = wish
  const asked = schema === null ? content : content.filter(({ tag }) => schema.has(tag))
  const contentBytes = contentSize(asked)
  if (contentBytes > bytesLeft) return refused(wish, 11)
  const { elements, parts } = request.acceptsMultipart
    ? apart(asked, operating.nextPart)
    : { elements: asked, parts: [] }
  return {
    element: fetched(
      wish.target,
      element("AirSync:Class", "Email"),
      element("ItemOperations:Properties", elements)
    ),
    parts,
    contentBytes
  }
})

/** Null where there is no such item, or not in that collection. */
const findItem = ({ core, call, request }: Operating, target: FetchTarget) => {
  const messageId = itemOf(target)
  if (messageId === undefined) return Effect.succeed(null)
  return Effect.map(core.getMessage(call, { mailboxId: request.mailboxId, messageId }), (view) =>
    isIn(view, target) ? view : null
  )
}

const itemOf = (target: FetchTarget): MessageId | undefined => {
  if (target._tag === "LongId") return messageIdOfLongId(target.longId)
  return target._tag === "Item" ? messageIdOf(target.serverId) : undefined
}

const isIn = ({ message }: MessageView, target: FetchTarget): boolean =>
  target._tag !== "Item" || folderIdOf(target.collectionId) === message.folderId

/** The data of the body as a part beside the document, where a Part stands for it (MS-ASCMD_R5505, MS-ASAIRS_R244). */
const apart = (elements: ReadonlyArray<Element>, nextPart: number) => {
  const body = elements.find(({ tag }) => tag === "AirSyncBase:Body")
  const data = childText(body, "AirSyncBase:Data")
  if (body === undefined || data === undefined) return { elements, parts: [] }
  const others = body.children.filter((child) => !isData(child))
  const pointing = element("AirSyncBase:Body", others, element("ItemOperations:Part", nextPart))
  return {
    elements: elements.map((candidate) => (candidate === body ? pointing : candidate)),
    parts: [Buffer.from(data)]
  }
}

const isData = (child: Element["children"][number]): boolean =>
  typeof child === "object" && "tag" in child && child.tag === "AirSyncBase:Data"

const fetchAttachment = Effect.fnUntraced(function* (
  { core, call, request, bytesLeft, nextPart }: Operating,
  wish: Fetch,
  fileReference: string
) {
  const { range } = wish
  const reference = partOf(fileReference)
  if (reference === undefined) return refused(wish, 15)
  if (range !== null && range.first > range.last) return refused(wish, 8)
  const { contentType, bytes, totalBytes } = yield* attachmentBytes(core, call, {
    mailboxId: request.mailboxId,
    reference,
    range,
    maxBytes: bytesLeft
  })
  if (totalBytes === 0) return refused(wish, 10)
  if (range !== null && range.first >= totalBytes) return refused(wish, 8)
  return {
    element: fetched(
      wish.target,
      element(
        "ItemOperations:Properties",
        range === null ? null : rangeElements(range.first, bytes.length, totalBytes),
        element("AirSyncBase:ContentType", contentType),
        request.acceptsMultipart
          ? element("ItemOperations:Part", nextPart)
          : element("ItemOperations:Data", Buffer.from(bytes).toString("base64"))
      )
    ),
    parts: request.acceptsMultipart ? [bytes] : [],
    contentBytes: bytes.length
  }
})

/** The octets that are there, which may be fewer than asked for. */
const rangeElements = (first: number, length: number, totalBytes: number): ReadonlyArray<Element> => [
  element("ItemOperations:Range", `${first}-${first + length - 1}`),
  element("ItemOperations:Total", totalBytes)
]
