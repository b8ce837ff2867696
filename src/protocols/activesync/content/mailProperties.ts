import type { Part } from "../../../domain/Content.ts"
import type { MailboxId } from "../../../domain/ids.ts"
import type { MessageSummary } from "../../../domain/Message.ts"
import { topicText } from "../../mime/topic.ts"
import { isAtLeast, type ProtocolVersion } from "../Command.ts"
import { legalText } from "../wbxml/characters.ts"
import { type Element, element, type Tag } from "../wbxml/element.ts"
import { addressList, addressText, displayNames, replyToList } from "./addressText.ts"
import { codePageOf } from "./codePage.ts"
import { conversationIdOf, conversationIndexOf } from "./conversation.ts"
import { dateTime } from "./cutText.ts"
import { categoriesElement, flagElement, lastVerbElements, readElement } from "./markElements.ts"
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
    ...unlessEmpty("Email:To", addressList(message.to)),
    ...unlessEmpty("Email:Cc", addressList(message.cc)),
    ...unlessEmpty("Email:From", addressList(message.from)),
    element("Email:Subject", message.subject === "" ? null : legalText(message.subject)),
    ...unlessEmpty("Email:ReplyTo", replyToList(message.replyTo)),
    element("Email:DateReceived", dateTime(message.receivedAt)),
    ...unlessEmpty("Email:DisplayTo", displayNames(message.to)),
    ...unlessEmpty("Email:ThreadTopic", topicText(message.subject)),
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

const unlessEmpty = (tag: Tag, text: string): ReadonlyArray<Element> =>
  text === "" ? [] : [element(tag, legalText(text))]

const since14 = ({ mailboxId, message }: MailItem): ReadonlyArray<Element> => [
  categoriesElement(message),
  element("Email2:ConversationId", conversationIdOf(mailboxId, message.threadId)),
  element("Email2:ConversationIndex", conversationIndexOf(message)),
  ...senderElement(message),
  ...lastVerbElements(message)
]

/** Only where somebody sent on behalf of another (MS-ASEMAIL_R726). */
const senderElement = ({ sender: [sender], from: [from] }: MessageSummary): ReadonlyArray<Element> =>
  sender === undefined || sender.address.toLowerCase() === from?.address.toLowerCase()
    ? []
    : unlessEmpty("Email2:Sender", addressText(sender))

/** Characters of `Bcc` in Microsoft's schema. */
const maxBcc = 1024

const since16 = ({ flags, bcc }: MessageSummary): ReadonlyArray<Element> => [
  element("Email2:IsDraft", flags.includes("\\Draft") ? 1 : 0),
  ...unlessEmpty("Email2:Bcc", addressList(bcc, maxBcc))
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
