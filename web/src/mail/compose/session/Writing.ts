import type {
  Answered,
  AttachmentSource,
  Correspondent,
  Draft
} from "../../../../../src/protocols/owa/OwaAnswers.ts"

/** What somebody has written themselves. */
export type Body =
  | { readonly _tag: "Html"; readonly html: string; readonly text: string }
  | { readonly _tag: "Text"; readonly text: string }

/** The message that is answered or forwarded, below what is written. It stays as it came. */
export interface Quote {
  /** Cleaned markup: what stands above it ("On …, X wrote:") and the message. */
  readonly html: string
  readonly text: string
  readonly isIncluded: boolean
}

export interface Attached {
  /** Within this page. */
  readonly id: string
  readonly fileName: string
  readonly mediaType: string
  readonly sizeBytes: number
  /** By which the text shows it; null = it is attached. */
  readonly contentId: string | null
  /** Null = the server does not have it yet. */
  readonly source: AttachmentSource | null
  readonly upload: Upload
}

/** Lost: the page ended before it was uploaded, and the browser no longer has the file. */
export type Upload =
  | { readonly _tag: "Done" }
  | { readonly _tag: "UnderWay"; readonly share: number }
  | { readonly _tag: "Failed"; readonly why: "connection" | "size" | "refused" | "lost" }

export interface Writing {
  readonly to: ReadonlyArray<Correspondent>
  readonly cc: ReadonlyArray<Correspondent>
  readonly bcc: ReadonlyArray<Correspondent>
  readonly subject: string
  readonly body: Body
  readonly quote: Quote | null
  readonly answers: Answered | null
  readonly attachments: ReadonlyArray<Attached>
}

export const emptyWriting: Writing = {
  to: [],
  cc: [],
  bcc: [],
  subject: "",
  body: { _tag: "Html", html: "", text: "" },
  quote: null,
  answers: null,
  attachments: []
}

/** By which a quote is found again in a draft that was stored. */
export const quoteClass = "postroom-quote"

/** As the server is told of it. What is not uploaded yet is not in it. */
export const draftOf = ({ body, quote, ...writing }: Writing): Draft => {
  const isQuoted = quote?.isIncluded === true
  const html = body._tag === "Html" ? body.html : null
  return {
    to: writing.to,
    cc: writing.cc,
    bcc: writing.bcc,
    subject: writing.subject,
    html: html !== null && isQuoted ? `${html}<div class="${quoteClass}">${quote.html}</div>` : html,
    text: isQuoted ? `${body.text}\n\n${quote.text}` : body.text,
    answers: writing.answers,
    attachments: writing.attachments.flatMap(({ source, fileName, contentId }) =>
      source === null || isLeftOut(contentId, html, isQuoted ? quote.html : "")
        ? []
        : [{ source, fileName, contentId }]
    )
  }
}

/** A picture that the text does not show any more. */
const isLeftOut = (contentId: string | null, html: string | null, quoted: string): boolean =>
  contentId !== null && !`${html ?? ""}${quoted}`.includes(`cid:${contentId}`)
