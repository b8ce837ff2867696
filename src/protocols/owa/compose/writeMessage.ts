import { randomUUID } from "node:crypto"
import { Effect, Either } from "effect"
import { parseAddress } from "../../../domain/EmailAddress.ts"
import { MessageId } from "../../../domain/ids.ts"
import { buildBody } from "../../mime/compose/bodyTree.ts"
import { draftField } from "../../mime/compose/draftField.ts"
import { addressField, dateField, fieldText } from "../../mime/compose/fieldText.ts"
import { type Thread, threadFields } from "../../mime/compose/threadFields.ts"
import { rawHeaderOf } from "../../mime/rawHeader.ts"
import type { Answered, Correspondent, Draft } from "../OwaAnswers.ts"

/** An attachment as an entity, ready to stand in a message. */
export interface LoadedAttachment {
  readonly entity: Uint8Array
  readonly contentId: string | null
}

/** All that makes a message of a draft. */
export interface Written {
  readonly draft: Draft
  readonly from: Correspondent
  /** Epoch milliseconds. */
  readonly date: number
  /** Without angle brackets. */
  readonly internetMessageId: string
  /** Null = it begins a conversation. */
  readonly thread: Thread | null
  /** In the order of the draft's. */
  readonly attachments: ReadonlyArray<LoadedAttachment>
}

/** The message as its author keeps it: Bcc and what it answers included. Lines in CRLF; no value can begin a field of its own. */
export const writeMessage = (written: Written): Effect.Effect<Uint8Array> => {
  const { draft, attachments } = written
  const isInside = ({ contentId }: LoadedAttachment) => draft.html !== null && contentId !== null
  const entities = (all: ReadonlyArray<LoadedAttachment>) => all.map(({ entity }) => entity)
  const body = buildBody(
    {
      plain: sound(draft.text),
      html: draft.html === null ? null : sound(draft.html),
      inline: entities(attachments.filter(isInside)),
      attached: entities(attachments.filter((one) => !isInside(one)))
    },
    randomUUID()
  )
  return Effect.map(body, (bytes) => Buffer.concat([...headerOf(written), bytes]))
}

/** Where each of the draft's attachments stands among those of the message. */
export const placesOf = ({
  html,
  attachments
}: Pick<Draft, "html" | "attachments">): ReadonlyArray<number> => {
  const isInside = (nth: number) => html !== null && attachments[nth]?.contentId !== null
  const order = attachments.map((_, nth) => nth)
  const stored = [...order.filter(isInside), ...order.filter((nth) => !isInside(nth))]
  return order.map((nth) => stored.indexOf(nth))
}

const headerOf = ({ draft, from, date, internetMessageId, thread }: Written): ReadonlyArray<Uint8Array> => [
  Buffer.from(addressField("From", [from])),
  Buffer.from(dateField(date)),
  Buffer.from(fieldText("Message-ID", `<${internetMessageId}>`)),
  ...addressesOf("To", draft.to),
  ...addressesOf("Cc", draft.cc),
  ...addressesOf("Bcc", draft.bcc),
  Buffer.from(fieldText("Subject", draft.subject)),
  ...(thread === null ? [] : threadFields(thread)),
  ...(draft.answers === null
    ? []
    : [Buffer.from(fieldText("X-Postroom-Draft", `${draft.answers.verb} ${draft.answers.messageId}`))])
]

const addressesOf = (name: string, all: ReadonlyArray<Correspondent>): ReadonlyArray<Uint8Array> =>
  all.length === 0 ? [] : [Buffer.from(addressField(name, all.map(writable)))]

/** What is no address yet is kept as a name: it is somebody's draft. */
const writable = ({ name, address }: Correspondent): Correspondent =>
  Either.isRight(parseAddress(address))
    ? { name, address }
    : { name: address === "" ? name : address, address: "" }

const sound = (text: string): string => text.replaceAll("\0", "")

/** What the header of a draft says that it answers. */
export const answeredOf = (raw: Uint8Array): Answered | null => {
  const field = rawHeaderOf(raw).fields.find(({ name }) => name === draftField)
  if (field === undefined) return null
  const text = Buffer.from(raw.subarray(field.start, field.end)).toString("latin1")
  const [, verb, id] = /^\s*(reply|replyAll|forward) (\d{1,15})\s*$/.exec(text) ?? []
  const isVerb = verb === "reply" || verb === "replyAll" || verb === "forward"
  return isVerb ? { verb, messageId: MessageId(Number(id)) } : null
}
