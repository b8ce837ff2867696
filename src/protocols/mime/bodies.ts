import type { Attachment, Part } from "../../domain/Content.ts"

/** Which parts make up the body as text and as HTML, and which are attachments; indexes into the parts. */
export interface Bodies {
  readonly textBody: ReadonlyArray<number>
  readonly htmlBody: ReadonlyArray<number>
  readonly attachments: ReadonlyArray<number>
}

interface Sides {
  readonly text: Array<number> | undefined
  readonly html: Array<number> | undefined
}

const notBodies = new Set([
  "text/calendar",
  "text/vcard",
  "text/x-vcard",
  "text/directory",
  "text/rfc822-headers"
])

const isBodyType = (type: string, isFirst: boolean): boolean =>
  type === "text/plain" ||
  type === "text/html" ||
  (isFirst && type.startsWith("text/") && !notBodies.has(type))

const isBody = (part: Part, isFirst: boolean, around: string): boolean =>
  part.disposition !== "attachment" &&
  isBodyType(part.type, isFirst) &&
  (isFirst || (around !== "multipart/related" && part.fileName === null))

const childrenOf = (parts: ReadonlyArray<Part>): ReadonlyArray<ReadonlyArray<number>> => {
  const children: Array<Array<number>> = parts.map(() => [])
  parts.forEach((part, index) => {
    children[part.parent]?.push(index)
  })
  return children
}

/** Where only one side of an alternative exists it stands for the other too. */
const balance = ({ text, html }: Sides, textBefore: number, htmlBefore: number): void => {
  if (text === undefined || html === undefined) return
  const texts = text.slice(textBefore)
  const htmls = html.slice(htmlBefore)
  if (texts.length === 0) text.push(...htmls)
  else if (htmls.length === 0) html.push(...texts)
}

class BodySorter {
  readonly attachments: Array<number> = []
  readonly #parts: ReadonlyArray<Part>
  readonly #children: ReadonlyArray<ReadonlyArray<number>>

  constructor(parts: ReadonlyArray<Part>) {
    this.#parts = parts
    this.#children = childrenOf(parts)
  }

  /** Recursion is bounded by the depth limit of the structure. */
  sort(indexes: ReadonlyArray<number>, around: string, isInAlternative: boolean, before: Sides): void {
    const textBefore = before.text?.length ?? 0
    const htmlBefore = before.html?.length ?? 0
    let sides = before
    indexes.forEach((index, position) => {
      const part = this.#parts[index]
      if (part === undefined) return
      const children = this.#children[index] ?? []
      if (part.type.startsWith("multipart/") && children.length > 0) {
        this.sort(children, part.type, isInAlternative || part.type === "multipart/alternative", sides)
      } else if (!isReadable(part) || !isBody(part, position === 0, around)) this.attachments.push(index)
      else sides = take({ part, index, around, isInAlternative }, sides)
    })
    if (around === "multipart/alternative") balance(before, textBefore, htmlBefore)
  }
}

/** A multipart without parts has nothing that could be shown apart from its own text. */
const isReadable = (part: Part): boolean => !part.type.startsWith("multipart/")

interface Candidate {
  readonly part: Part
  readonly index: number
  readonly around: string
  readonly isInAlternative: boolean
}

const take = ({ part, index, around, isInAlternative }: Candidate, sides: Sides): Sides => {
  const isHtml = part.type === "text/html"
  if (around === "multipart/alternative") {
    const side = isHtml ? sides.html : sides.text
    side?.push(index)
    return sides
  }
  // Inside one branch of an alternative, a text part belongs to that branch's side only.
  const chosen: Sides = isInAlternative
    ? { text: isHtml ? undefined : sides.text, html: isHtml ? sides.html : undefined }
    : sides
  chosen.text?.push(index)
  chosen.html?.push(index)
  return chosen
}

/** Sorts parts into bodies and attachments after RFC 8621 4.1.4; pictures and sound always count as attachments. */
export const sortBodies = (parts: ReadonlyArray<Part>): Bodies => {
  const text: Array<number> = []
  const html: Array<number> = []
  const sorter = new BodySorter(parts)
  sorter.sort([0], "multipart/mixed", false, { text, html })
  return { textBody: text, htmlBody: html, attachments: sorter.attachments }
}

const isInline = (part: Part, parent: Part | undefined): boolean =>
  part.contentId !== null && part.disposition !== "attachment" && parent?.type === "multipart/related"

const signatures = new Set([
  "application/pgp-signature",
  "application/pkcs7-signature",
  "application/x-pkcs7-signature"
])

/** Attachments as people see them. */
export const describeAttachments = (
  parts: ReadonlyArray<Part>,
  indexes: ReadonlyArray<number>
): ReadonlyArray<Attachment> =>
  indexes.flatMap((index) => {
    const part = parts[index]
    if (part === undefined) return []
    const { type, contentId, decodedSizeBytes: sizeBytes } = part
    const name = part.fileName ?? part.description ?? ""
    return [{ part: index, name, type, sizeBytes, isInline: isInline(part, parts[part.parent]), contentId }]
  })

/** Whether a paper clip is due: signatures, the machine parts of a report and other forms of the text do not count. */
export const isVisible = (attachment: Attachment, parts: ReadonlyArray<Part>): boolean => {
  const parent = parts[parts[attachment.part]?.parent ?? -1]?.type
  const isNamed = attachment.name !== ""
  return (
    !attachment.isInline &&
    !signatures.has(attachment.type) &&
    (isNamed || (parent !== "multipart/report" && parent !== "multipart/alternative"))
  )
}
