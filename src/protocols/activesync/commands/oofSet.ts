import {
  type Absence,
  type AbsenceReply,
  type Audience,
  audiences,
  maxReplyLength
} from "../../../domain/Absence.ts"
import { booleanOf, dateTimeOf } from "../scalars.ts"
import { childOf, childrenOf, childText, type Element, type Tag, textOf } from "../wbxml/element.ts"

/** Statuses of the property (MS-ASCMD 2.2.3.177.15). */
const protocolError = 2
const invalid = 5
const conflicting = 6

/** The absence that is wished, or the status of what was said wrongly. */
export type OofWish = { readonly absence: Absence } | { readonly status: number }

export const audienceTags = {
  internal: "Settings:AppliesToInternal",
  externalKnown: "Settings:AppliesToExternalKnown",
  externalUnknown: "Settings:AppliesToExternalUnknown"
} as const satisfies Record<Audience, Tag>

/** MS-ASCMD 2.2.3.118. */
export const states = ["off", "on", "timed"] as const satisfies ReadonlyArray<Absence["state"]>

/** What is not said stays as it is. */
export const readOofSet = (set: Element, before: Absence): OofWish => {
  const times = readTimes(set, before)
  if ("status" in times) return times
  const replies = readReplies(set, before.replies)
  return "status" in replies ? replies : { absence: { ...times.times, replies: replies.replies } }
}

type Times = Pick<Absence, "state" | "from" | "to">

const readTimes = (
  set: Element,
  before: Absence
): { readonly times: Times } | { readonly status: number } => {
  const stated = childText(set, "Settings:OofState")
  const state =
    stated === undefined ? before.state : /^[0-2]$/.test(stated) ? states[Number(stated)] : undefined
  if (state === undefined) return { status: invalid }
  const start = childOf(set, "Settings:StartTime")
  const end = childOf(set, "Settings:EndTime")
  // MS-ASCMD_R2272, MS-ASCMD_R5681: both or none.
  if ((start === undefined) !== (end === undefined)) return { status: protocolError }
  // MS-ASCMD_R7544: they are kept with a time-based state alone.
  if (state !== "timed") return { times: { state, from: null, to: null } }
  if (start === undefined || end === undefined) {
    return before.state === "timed" ? { times: before } : { status: protocolError }
  }
  const [from, to] = [dateTimeOf(start), dateTimeOf(end)]
  return from === undefined || to === undefined || from >= to
    ? { status: invalid }
    : { times: { state, from, to } }
}

type Replies = Absence["replies"]

const readReplies = (
  set: Element,
  before: Replies
): { readonly replies: Replies } | { readonly status: number } => {
  const messages = childrenOf(set, "Settings:OofMessage").map((message) => readMessage(message, before))
  const said = new Map<Audience, AbsenceReply>()
  for (const message of messages) {
    if ("status" in message) return message
    // MS-ASCMD_R3526: an audience has one message.
    if (said.has(message.audience)) return { status: conflicting }
    said.set(message.audience, message.reply)
  }
  const [known, unknown] = [said.get("externalKnown"), said.get("externalUnknown")]
  // MS-ASCMD_R5583: people outside get one message, whether they are known or not.
  const areTwo = known !== undefined && unknown !== undefined && known.message !== unknown.message
  return areTwo ? { status: conflicting } : { replies: { ...before, ...Object.fromEntries(said) } }
}

const formats: Readonly<Partial<Record<string, AbsenceReply["format"]>>> = { text: "text", html: "html" }

const never: AbsenceReply = { isEnabled: false, message: "", format: "text" }

const readMessage = (
  message: Element,
  before: Replies
): { readonly audience: Audience; readonly reply: AbsenceReply } | { readonly status: number } => {
  const [audience, ...others] = audiences.filter((one) => childOf(message, audienceTags[one]) !== undefined)
  const reply = childOf(message, "Settings:ReplyMessage")
  const type = childText(message, "Settings:BodyType")
  // MS-ASCMD_R3517, MS-ASCMD_R3785.
  if (audience === undefined || others.length > 0 || (reply !== undefined && type === undefined)) {
    return { status: protocolError }
  }
  const enabled = childOf(message, "Settings:Enabled")
  const former = before[audience] ?? never
  const isEnabled = enabled === undefined ? former.isEnabled : booleanOf(enabled)
  const format = type === undefined ? former.format : formats[type.toLowerCase()]
  const text = reply === undefined ? former.message : textOf(reply)
  return isEnabled === undefined || format === undefined || text.length > maxReplyLength
    ? { status: invalid }
    : { audience, reply: { isEnabled, message: text, format: reply === undefined ? former.format : format } }
}
