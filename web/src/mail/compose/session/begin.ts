import type { MessageId } from "../../../../../src/domain/ids.ts"
import type {
  Correspondent,
  OpenMessage,
  PartRow,
  Refusal,
  StoredDraft
} from "../../../../../src/protocols/owa/OwaAnswers.ts"
import type { Words } from "../../../i18n/makeWords.ts"
import { cleanHtml } from "../../body/clean.ts"
import type { ComposeWish } from "../composes.ts"
import { newId } from "../newId.ts"
import { readMailTo } from "../words/mailto.ts"
import { replyRecipients } from "../words/replyRecipients.ts"
import { forwardSubject, replySubject } from "../words/subjects.ts"
import { forwardQuote, replyQuote, splitQuote } from "./quote.ts"
import type { Server } from "./Server.ts"
import { type Attached, type Body, emptyWriting, type Writing } from "./Writing.ts"

export interface Beginning {
  readonly server: Server
  readonly words: Words
  /** Addresses of who writes. */
  readonly own: ReadonlyArray<string>
  /** Markup of the signature, "" = none. */
  readonly signature: string
  /** Where markup of others is read (see `cleanRoom`). */
  readonly inside: Document
}

export type Begun =
  | { readonly _tag: "Begun"; readonly writing: Writing; readonly draftId: MessageId | null }
  | { readonly _tag: "Failed"; readonly refusal: Refusal | null }

/** What is in the window when it opens. */
export const begin = async (wish: ComposeWish, beginning: Beginning): Promise<Begun> => {
  switch (wish.kind) {
    case "new":
      return begun({ ...emptyWriting, body: withSignature("", beginning) })
    case "mailto": {
      const { body, ...fields } = readMailTo(wish.href)
      return begun({ ...emptyWriting, ...fields, body: withSignature(body, beginning) })
    }
    case "draft":
      return stored(wish.messageId, beginning)
    default:
      return answer(wish.kind, wish.messageId, beginning)
  }
}

const begun = (writing: Writing, draftId: MessageId | null = null): Begun => ({
  _tag: "Begun",
  writing,
  draftId
})

const answer = async (
  verb: "reply" | "replyAll" | "forward",
  messageId: MessageId,
  beginning: Beginning
): Promise<Begun> => {
  const { server, words, own, inside } = beginning
  const [message, body] = await Promise.all([
    server.ask("Message", { messageId }),
    server.ask("Body", { messageId, type: "html", maxBytes: null })
  ])
  if (message._tag !== "Answered") return failed(message)
  if (body._tag !== "Answered") return failed(body)
  const open = message.value
  const quoted = {
    message: open,
    body: { isHtml: body.value.mediaType.startsWith("text/html"), content: body.value.content }
  }
  const quote = verb === "forward" ? forwardQuote(quoted, words, inside) : replyQuote(quoted, words, inside)
  const addressed =
    verb === "forward" ? { to: [], cc: [] } : replyRecipients(open, { all: verb === "replyAll", own })
  const { subject } = open.message
  return begun({
    ...emptyWriting,
    ...addressed,
    subject: verb === "forward" ? forwardSubject(subject) : replySubject(subject),
    body: withSignature("", beginning),
    quote,
    answers: { messageId, verb },
    attachments: carried(open, verb, quote.html)
  })
}

/** Pictures that the quote shows, and what is forwarded: by reference, nothing of it comes here. */
const carried = (
  { message, parts }: OpenMessage,
  verb: "reply" | "replyAll" | "forward",
  html: string
): ReadonlyArray<Attached> =>
  parts.flatMap((part): ReadonlyArray<Attached> => {
    const contentId = part.contentId?.replace(/^<|>$/g, "") ?? null
    const isShown =
      contentId !== null && /^[\w.@+=!~-]{1,200}$/.test(contentId) && html.includes(`cid:${contentId}`)
    if (!isShown && (verb !== "forward" || !isAttachment(part))) return []
    return [
      {
        id: newId(),
        fileName: part.fileName ?? (part.type === "message/rfc822" ? "message.eml" : "attachment"),
        mediaType: part.type,
        sizeBytes: part.decodedSizeBytes,
        contentId: isShown ? contentId : null,
        source: { _tag: "Part", messageId: message.id, path: part.path },
        upload: { _tag: "Done" }
      }
    ]
  })

const isAttachment = ({ type, disposition, fileName }: PartRow): boolean =>
  !type.startsWith("multipart/") &&
  (disposition === "attachment" || (fileName ?? "") !== "" || !type.startsWith("text/"))

const stored = async (messageId: MessageId, { server, inside }: Beginning): Promise<Begun> => {
  const outcome = await server.ask("ReadDraft", { messageId })
  if (outcome._tag !== "Answered") return failed(outcome)
  const draft = outcome.value
  const { body, quote } = bodyAndQuote(draft, inside)
  const people = (list: ReadonlyArray<Correspondent>) => list.map(({ name, address }) => ({ name, address }))
  const writing = {
    to: people(draft.to),
    cc: people(draft.cc),
    bcc: people(draft.bcc),
    subject: draft.subject,
    body,
    quote,
    answers: draft.answers,
    attachments: draft.attachments.map((one): Attached => ({ ...one, id: newId(), upload: { _tag: "Done" } }))
  }
  return begun(writing, draft.messageId)
}

const bodyAndQuote = (
  { html, text }: StoredDraft,
  inside: Document
): { readonly body: Body; readonly quote: Writing["quote"] } => {
  if (html === null) return { body: { _tag: "Text", text }, quote: null }
  const { body } = cleanHtml(html, inside)
  const quote = splitQuote(body)
  return { body: { _tag: "Html", html: body.innerHTML, text: "" }, quote }
}

const failed = (outcome: { readonly _tag: "Lost" } | Refusal): Begun => ({
  _tag: "Failed",
  refusal: outcome._tag === "Lost" ? null : outcome
})

/** Text of lines, an empty line, and the signature below it. */
const withSignature = (
  text: string,
  { signature, inside }: Pick<Beginning, "signature" | "inside">
): Body => {
  const inert = document.implementation.createHTMLDocument("")
  const box = inert.createElement("div")
  for (const line of text.split("\n")) {
    const block = inert.createElement("div")
    block.append(line === "" ? inert.createElement("br") : line)
    box.append(block)
  }
  if (signature !== "") {
    const gap = inert.createElement("div")
    gap.append(inert.createElement("br"))
    const signed = inert.createElement("div")
    signed.append(...[...cleanHtml(signature, inside).body.childNodes].map((node) => inert.adoptNode(node)))
    box.append(gap, signed)
  }
  return { _tag: "Html", html: box.innerHTML, text }
}
