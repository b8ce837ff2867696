import type { Attachment, Part } from "../../../domain/Content.ts"
import type { MessageId } from "../../../domain/ids.ts"
import { legalText } from "../wbxml/characters.ts"
import { type Element, element } from "../wbxml/element.ts"
import { fileReferenceOf } from "./serverId.ts"

/** `Attachments` of a message (MS-ASAIRS 2.2.2.8); undefined where it has none. */
export const attachmentsElement = (
  messageId: MessageId,
  {
    parts,
    attachments
  }: { readonly parts: ReadonlyArray<Part>; readonly attachments: ReadonlyArray<Attachment> }
): Element | undefined => {
  if (attachments.length === 0) return undefined
  return element(
    "AirSyncBase:Attachments",
    attachments.map((attachment) => attachmentElement(messageId, attachment, parts[attachment.part]))
  )
}

const attachmentElement = (messageId: MessageId, attachment: Attachment, part: Part | undefined): Element => {
  const { contentId, isInline, sizeBytes } = attachment
  const location = part?.contentLocation ?? null
  return element(
    "AirSyncBase:Attachment",
    element("AirSyncBase:DisplayName", legalText(attachmentName(attachment))),
    element("AirSyncBase:FileReference", fileReferenceOf({ messageId, part: attachment.part })),
    element("AirSyncBase:Method", isMessage(attachment.type) ? 5 : 1),
    element("AirSyncBase:EstimatedDataSize", sizeBytes),
    contentId === null ? null : element("AirSyncBase:ContentId", legalText(contentId)),
    location === null ? null : element("AirSyncBase:ContentLocation", legalText(location)),
    isInline ? element("AirSyncBase:IsInline", 1) : null
  )
}

/** The raw message as the one attachment of an item that could not be rendered. */
export const rawAttachment = (messageId: MessageId, sizeBytes: number): Element =>
  element(
    "AirSyncBase:Attachments",
    element(
      "AirSyncBase:Attachment",
      element("AirSyncBase:DisplayName", "message.eml"),
      element("AirSyncBase:FileReference", fileReferenceOf({ messageId, part: null })),
      element("AirSyncBase:Method", 5),
      element("AirSyncBase:EstimatedDataSize", sizeBytes)
    )
  )

const isMessage = (type: string): boolean => type === "message/rfc822" || type === "message/global"

const names: Readonly<Record<string, string>> = {
  "text/calendar": "invite.ics",
  "text/plain": "text.txt",
  "text/html": "text.html",
  "image/png": "image.png",
  "image/jpeg": "image.jpg",
  "image/gif": "image.gif",
  "application/pdf": "document.pdf",
  "application/pgp-signature": "signature.asc",
  "application/pkcs7-mime": "smime.p7m",
  "application/pkcs7-signature": "smime.p7s"
}

/** Devices choose a viewer by the ending of the name; a message has to end so (MS-ASAIRS_R2299). */
export const attachmentName = ({ name, type }: Pick<Attachment, "name" | "type">): string => {
  if (isMessage(type)) return /\.eml$/i.test(name) ? name : `${name === "" ? "message" : name}.eml`
  if (name !== "") return name
  return (Object.hasOwn(names, type) ? names[type] : undefined) ?? "attachment"
}
