import type { Part } from "../../../domain/Content.ts"
import { isSeen } from "../../../domain/Flags.ts"
import type { MailboxId } from "../../../domain/ids.ts"
import type { MessageSummary } from "../../../domain/Message.ts"
import { topicText } from "../../mime/topic.ts"
import { isAtLeast, type ProtocolVersion } from "../Command.ts"
import { legalText } from "../wbxml/characters.ts"
import { type Content, type Element, element } from "../wbxml/element.ts"
import { addressList, addressText, displayNames, replyToList } from "./addressText.ts"
import { codePageOf } from "./codePage.ts"
import { conversationIdOf, conversationIndexOf } from "./conversation.ts"
import { dateTime } from "./cutText.ts"
import { messageClassOf } from "./messageClass.ts"

export interface MailItem {
  readonly mailboxId: MailboxId
  readonly message: MessageSummary
  readonly version: ProtocolVersion
  /** Empty where the structure is not known. */
  readonly parts: ReadonlyArray<Part>
}

/** The properties of class Email that are no body and no attachment (MS-ASEMAIL 2.2.2), in Exchange's order. */
export const mailProperties = (item: MailItem): ReadonlyArray<Element> => {
  const { message, version, parts } = item
  return [
    element("Email:To", legalText(addressList(message.to))),
    ...unlessEmpty(addressList(message.cc), (cc) => element("Email:Cc", cc)),
    element("Email:From", legalText(addressList(message.from))),
    element("Email:Subject", legalText(message.subject)),
    ...unlessEmpty(replyToList(message.replyTo), (replyTo) => element("Email:ReplyTo", replyTo)),
    element("Email:DateReceived", dateTime(message.receivedAt)),
    element("Email:DisplayTo", legalText(displayNames(message.to))),
    element("Email:ThreadTopic", legalText(topicText(message.subject))),
    element("Email:Importance", importanceOf(message)),
    readElement(message),
    element("Email:MessageClass", messageClassOf(parts)),
    element("Email:InternetCPID", codePageOf(parts)),
    flagElement(message),
    element("Email:ContentClass", "urn:content-classes:message"),
    ...(isAtLeast(version, "14.0") ? since14(item) : []),
    ...(isAtLeast(version, "16.0") ? since16(message) : [])
  ]
}

/** Which of the blocks that change without the rest of an item (MS-ASEMAIL 3.2.5.4.1). */
export interface ChangedBlocks {
  readonly read: boolean
  readonly flag: boolean
  readonly categories: boolean
  /** Answered or forwarded: no block of its own in the table, sent alone all the same. */
  readonly lastVerb: boolean
}

/** The children of ApplicationData of a Change that touched nothing else: only the blocks named (MS-ASEMAIL_R75–R104). */
export const changedBlocks = (
  message: MessageSummary,
  version: ProtocolVersion,
  changed: ChangedBlocks
): ReadonlyArray<Element> => {
  const hasCategories = isAtLeast(version, "14.0")
  return [
    ...(changed.read ? [readElement(message)] : []),
    ...(changed.flag ? [flagElement(message)] : []),
    ...(changed.categories && hasCategories ? [categoriesElement(message)] : []),
    ...(changed.lastVerb && hasCategories ? lastVerb(message) : [])
  ]
}

const unlessEmpty = (text: string, make: (text: string) => Element): ReadonlyArray<Element> =>
  text === "" ? [] : [make(legalText(text))]

const readElement = ({ flags }: MessageSummary): Element => element("Email:Read", isSeen(flags) ? 1 : 0)

/** Empty where there is no flag (MS-ASEMAIL_R439). */
const flagElement = ({ flags }: MessageSummary): Element =>
  flags.includes("\\Flagged")
    ? element("Email:Flag", element("Email:Status", 2), element("Email:FlagType", "Flag for follow up"))
    : element("Email:Flag")

const categoriesElement = ({ categories }: MessageSummary): Element =>
  element(
    "Email:Categories",
    categories.map((category): Content => element("Email:Category", legalText(category)))
  )

/** MS-ASEMAIL 2.2.2.43: 1 answered, 3 forwarded. Whether all were answered is not known. */
const lastVerb = ({ flags }: MessageSummary): ReadonlyArray<Element> => {
  if (flags.includes("\\Answered")) return [element("Email2:LastVerbExecuted", 1)]
  return flags.includes("$Forwarded") ? [element("Email2:LastVerbExecuted", 3)] : []
}

const since14 = ({ mailboxId, message }: MailItem): ReadonlyArray<Element> => [
  categoriesElement(message),
  element("Email2:ConversationId", conversationIdOf(mailboxId, message.threadId)),
  element("Email2:ConversationIndex", conversationIndexOf(message)),
  ...senderElement(message),
  ...lastVerb(message)
]

/** Only where somebody sent on behalf of another (MS-ASEMAIL_R726). */
const senderElement = ({ sender: [sender], from: [from] }: MessageSummary): ReadonlyArray<Element> =>
  sender === undefined || sender.address.toLowerCase() === from?.address.toLowerCase()
    ? []
    : unlessEmpty(addressText(sender), (text) => element("Email2:Sender", text))

/** Characters of `Bcc` in Microsoft's schema. */
const maxBcc = 1024

const since16 = ({ flags, bcc }: MessageSummary): ReadonlyArray<Element> => [
  element("Email2:IsDraft", flags.includes("\\Draft") ? 1 : 0),
  ...unlessEmpty(addressList(bcc, maxBcc), (list) => element("Email2:Bcc", list))
]

/** 0 low, 1 normal, 2 high (MS-ASEMAIL 2.2.2.38), by the fields that mail programs write. */
export const importanceOf = ({ headers }: Pick<MessageSummary, "headers">): 0 | 1 | 2 => {
  const word = `${headers["importance"] ?? headers["priority"] ?? ""}`.trim().toLowerCase()
  const digit = /^\s*([1-5])/.exec(headers["x-priority"] ?? "")?.[1] ?? "3"
  if (word === "high" || word === "urgent") return 2
  if (word === "low" || word === "non-urgent") return 0
  if (word === "normal" || digit === "3") return 1
  return digit < "3" ? 2 : 0
}
