import { Effect } from "effect"
import { detectMimeType } from "nodemailer/lib/mime-funcs"
import MimeNode from "nodemailer/lib/mime-node"
import { cleanText } from "../headers.ts"
import { withoutFields } from "../rawHeader.ts"
import { fieldText } from "./fieldText.ts"
import { canonicalBreaks } from "./lines.ts"

/** An attachment that an author adds. */
export interface NewAttachment {
  readonly name: string
  readonly bytes: Uint8Array
  /** A message, not a file. */
  readonly isMessage: boolean
  /** Null = as the name says. */
  readonly contentType: string | null
  readonly contentId: string | null
  readonly contentLocation: string | null
  readonly isInline: boolean
}

/** The attachment as an entity: its header, an empty line, its body. */
export const attachmentEntity = (attachment: NewAttachment): Effect.Effect<Uint8Array> =>
  attachment.isMessage ? Effect.succeed(messageEntity(attachment)) : fileEntity(attachment)

/** A message is never encoded (RFC 2046 5.2.1). */
export const messageEntity = ({ name, bytes }: Pick<NewAttachment, "name" | "bytes">): Uint8Array =>
  Buffer.concat([
    Buffer.from("Content-Type: message/rfc822\r\n"),
    Buffer.from(fieldText("Content-Disposition", `attachment; filename="${fileName(name)}"`)),
    Buffer.from("\r\n"),
    canonicalBreaks(bytes)
  ])

/** What quoting could not carry, or no file system takes. */
const fileName = (name: string): string => {
  const clean = name
    .replace(/[\s\\/:*?"<>|\p{Cc}]+/gu, " ")
    .trim()
    .slice(0, 100)
  return /\.eml$/i.test(clean) ? clean : `${clean === "" ? "message" : clean}.eml`
}

const fileEntity = ({ name, bytes, contentType, contentId, contentLocation, isInline }: NewAttachment) =>
  Effect.map(
    Effect.promise(() => {
      const node = new MimeNode(typeOf(contentType, name), { filename: cleanText(name) })
        .setHeader("Content-Disposition", isInline ? "inline" : "attachment")
        // Octet for octet, text too: any other encoding would see to its line ends.
        .setHeader("Content-Transfer-Encoding", "base64")
        .setContent(Buffer.from(bytes))
      if (contentId !== null) node.setHeader("Content-ID", `<${contentId.replace(/^<|>$/g, "")}>`)
      if (contentLocation !== null) node.setHeader("Content-Location", contentLocation)
      return node.build()
    }),
    (entity) => withoutFields(entity, ofMessage)
  )

/** The library takes what it builds for a whole message. */
const ofMessage = new Set(["date", "message-id", "mime-version"])

/** What is multipart or a message inside could not be encoded: it is a file here. */
const typeOf = (contentType: string | null, name: string): string => {
  const isUsable =
    contentType !== null && /^(?!multipart\/|message\/)[\w!#$&^.+-]+\/[\w!#$&^.+-]+$/i.test(contentType)
  const type = isUsable ? contentType : detectMimeType(name.slice(name.lastIndexOf(".") + 1))
  return /^(multipart|message)\//i.test(type) ? "application/octet-stream" : type
}
