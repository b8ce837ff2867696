import type { MessageSummary } from "../../domain/Message.ts"
import { type Document, fieldMarks, inRow } from "./document.ts"
import type { Filter, Query, Words } from "./query/Query.ts"

/** Runs of characters of which a document must hold one, so that it holds the words in their row. */
export const rowsOf = ({
  field,
  words,
  isPrefix
}: Words): { readonly heads: ReadonlyArray<string>; readonly words: string | null } => {
  const end = isPrefix ? "" : " "
  return {
    heads: fieldMarks(field).map((mark) => inRow(words, mark) + end),
    words: field === null ? inRow(words) + end : null
  }
}

const holds = (document: Document, leaf: Words): boolean => {
  const rows = rowsOf(leaf)
  return (
    (rows.words !== null && document.words.includes(rows.words)) ||
    rows.heads.some((row) => document.heads.includes(row))
  )
}

const passes = (message: MessageSummary, filter: Filter): boolean => {
  switch (filter._tag) {
    case "InFolder":
      return filter.folderIds.includes(message.folderId)
    case "Flagged":
      return message.flags.includes(filter.flag)
    case "InCategory":
      return message.categories.some((category) => category.toLowerCase() === filter.category)
    case "WithAttachment":
      return message.hasAttachments
    case "Received":
      return (
        (filter.from === null || message.receivedAt >= filter.from) &&
        (filter.until === null || message.receivedAt < filter.until)
      )
    case "Larger":
      return message.sizeBytes > filter.bytes
    case "Smaller":
      return message.sizeBytes < filter.bytes
  }
}

/** Whether a message is what somebody looks for; what every driver must answer, but for other forms of a word. */
export const matches = (query: Query, message: MessageSummary, document: Document): boolean => {
  switch (query._tag) {
    case "Words":
      return holds(document, query)
    case "And":
      return query.all.every((part) => matches(part, message, document))
    case "Or":
      return query.any.some((part) => matches(part, message, document))
    case "Not":
      return !matches(query.query, message, document)
    default:
      return passes(message, query)
  }
}
