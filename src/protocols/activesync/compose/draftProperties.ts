import type { Address } from "../../../domain/Content.ts"
import { parseAddresses } from "../../mime/addresses.ts"
import type { NewAttachment } from "../../mime/compose/attachmentEntity.ts"
import { defaultMimeLimits } from "../../mime/MimeLimits.ts"
import { type PartReference, partOf } from "../content/serverId.ts"
import { booleanOf, integerOf } from "../scalars.ts"
import {
  bytesOf,
  childElements,
  childOf,
  childText,
  type Element,
  type Tag,
  textOf
} from "../wbxml/element.ts"

/** What a device writes of a draft (16.0 and later, MS-ASEMAIL 3.1.5.4). What it leaves out stays as it is. */
export interface DraftChange {
  readonly to?: ReadonlyArray<Address>
  readonly cc?: ReadonlyArray<Address>
  readonly bcc?: ReadonlyArray<Address>
  readonly replyTo?: ReadonlyArray<Address>
  readonly subject?: string
  readonly importance?: 0 | 1 | 2
  readonly body?: DraftBody
  readonly added: ReadonlyArray<AddedAttachment>
  readonly removed: ReadonlyArray<PartReference>
}

export type DraftBody =
  | { readonly _tag: "Plain" | "Html"; readonly text: string }
  /** The whole message: its header counts, too. */
  | { readonly _tag: "Mime"; readonly bytes: Uint8Array }

/** A message, not a file, is Method 5. */
export interface AddedAttachment extends NewAttachment {
  readonly clientId: string
}

/** Undefined where it is no valid draft: status 6. */
export const draftChangeOf = (properties: Element): DraftChange | undefined => {
  if (readOnly.some((tag) => childOf(properties, tag) !== undefined)) return undefined
  const body = bodyOf(properties)
  const importance = importanceOf(properties)
  const attachments = childOf(properties, "AirSyncBase:Attachments")
  const commands = attachments === undefined ? [] : childElements(attachments)
  const added = commands.filter(({ tag }) => tag === "AirSyncBase:Add").map(attachmentOf)
  const removed = commands.filter(({ tag }) => tag === "AirSyncBase:Delete").map(referenceOf)
  const areSound = commands.every(({ tag }) => tag === "AirSyncBase:Add" || tag === "AirSyncBase:Delete")
  if (body === malformed || importance === malformed || !areSound) return undefined
  if (!added.every(isDefined) || !removed.every(isDefined)) return undefined
  const subject = childText(properties, "Email:Subject")
  return {
    ...addressesIn(properties, {
      to: "Email:To",
      cc: "Email:Cc",
      bcc: "Email2:Bcc",
      replyTo: "Email:ReplyTo"
    }),
    ...(subject === undefined ? {} : { subject }),
    ...(importance === undefined ? {} : { importance }),
    ...(body === undefined ? {} : { body }),
    added,
    removed
  }
}

/** Written by the server alone (MS-ASEMAIL_R347, R1276). */
const readOnly: ReadonlyArray<Tag> = [
  "Email:From",
  "Email2:ConversationId",
  "Email2:ConversationIndex",
  "Email2:IsDraft",
  "Email2:ReceivedAsBcc",
  "Email2:Sender"
]

const malformed = Symbol("malformed")
const isDefined = <A>(value: A | undefined): value is A => value !== undefined

type AddressTags = Readonly<Record<"to" | "cc" | "bcc" | "replyTo", Tag>>

/** Separated by commas or, as Outlook does, by semicolons. */
const addressesIn = (
  properties: Element,
  tags: AddressTags
): Partial<Record<keyof AddressTags, ReadonlyArray<Address>>> => {
  const read = (tag: Tag) => {
    const text = childText(properties, tag)
    return text === undefined
      ? undefined
      : parseAddresses(text.replace(/\s+/g, " "), { limits: defaultMimeLimits, defects: new Set() })
  }
  const [to, cc, bcc, replyTo] = [read(tags.to), read(tags.cc), read(tags.bcc), read(tags.replyTo)]
  return {
    ...(to === undefined ? {} : { to }),
    ...(cc === undefined ? {} : { cc }),
    ...(bcc === undefined ? {} : { bcc }),
    ...(replyTo === undefined ? {} : { replyTo })
  }
}

const importanceOf = (properties: Element): 0 | 1 | 2 | undefined | typeof malformed => {
  const element = childOf(properties, "Email:Importance")
  if (element === undefined) return undefined
  const value = integerOf(element)
  return value === 0 || value === 1 || value === 2 ? value : malformed
}

const bodyOf = (properties: Element): DraftBody | undefined | typeof malformed => {
  const body = childOf(properties, "AirSyncBase:Body")
  if (body === undefined) return undefined
  const data = childOf(body, "AirSyncBase:Data")
  const text = data === undefined ? "" : textOf(data)
  switch (childText(body, "AirSyncBase:Type")?.trim()) {
    case "1":
      return { _tag: "Plain", text }
    case "2":
      return { _tag: "Html", text }
    case "4":
      return { _tag: "Mime", bytes: data === undefined ? new Uint8Array() : bytesOf(data) }
    default:
      return malformed
  }
}

/** MS-ASAIRS_R1009–R1016: ClientId, Content, DisplayName and Method are there. */
const attachmentOf = (add: Element): AddedAttachment | undefined => {
  const clientId = childText(add, "AirSyncBase:ClientId") ?? ""
  const content = childOf(add, "AirSyncBase:Content")
  const name = childText(add, "AirSyncBase:DisplayName")
  const method = childText(add, "AirSyncBase:Method")?.trim()
  const inline = childOf(add, "AirSyncBase:IsInline")
  if (clientId === "" || content === undefined || name === undefined || (method !== "1" && method !== "5")) {
    return undefined
  }
  return {
    clientId,
    name,
    bytes: bytesOf(content),
    isMessage: method === "5",
    contentType: childText(add, "AirSyncBase:ContentType")?.trim() ?? null,
    contentId: childText(add, "AirSyncBase:ContentId")?.trim() ?? null,
    contentLocation: childText(add, "AirSyncBase:ContentLocation")?.trim() ?? null,
    isInline: inline !== undefined && booleanOf(inline) === true
  }
}

const referenceOf = (remove: Element): PartReference | undefined =>
  partOf(childText(remove, "AirSyncBase:FileReference")?.trim() ?? "")
