import type { MessageId } from "../../../../src/domain/ids.ts"
import type { OpenMessage, Text } from "../../../../src/protocols/owa/OwaAnswers.ts"
import type { MailStore } from "../store/MailStore.ts"
import type { Outcome } from "../wire/calls.ts"

/** A message as it is read. */
export interface Opened {
  readonly message: OpenMessage
  readonly body: Text
}

/** Messages that were read or soon will be: what is in a message does not change. */
const most = 50

const known = new Map<MessageId, Promise<Outcome<Opened>>>()

export const openedOf = (mail: MailStore, messageId: MessageId): Promise<Outcome<Opened>> => {
  const before = known.get(messageId)
  if (before !== undefined) return before
  const asked = read(mail, messageId)
  known.set(messageId, asked)
  void asked.then((outcome) => {
    if (outcome._tag !== "Answered") known.delete(messageId)
  })
  const [oldest] = known.keys()
  if (known.size > most && oldest !== undefined) known.delete(oldest)
  return asked
}

const read = async (mail: MailStore, messageId: MessageId): Promise<Outcome<Opened>> => {
  const [message, body] = await Promise.all([
    mail.ask("Message", { messageId }),
    mail.ask("Body", { messageId, type: "html", maxBytes: null })
  ])
  if (message._tag !== "Answered") return message
  if (body._tag !== "Answered") return body
  mail.learn([message.value.message])
  return { _tag: "Answered", value: { message: message.value, body: body.value } }
}
