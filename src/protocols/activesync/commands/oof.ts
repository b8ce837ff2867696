import { Effect } from "effect"
import {
  type Absence,
  type AbsenceReply,
  type Audience,
  audiences,
  maxReplyLength
} from "../../../domain/Absence.ts"
import type { PeopleMethods } from "../../../rpc/People.ts"
import { htmlToText } from "../../mime/htmlText.ts"
import type { Request } from "../Command.ts"
import { callOf } from "../callOf.ts"
import { dateTime } from "../content/cutText.ts"
import { plainDocument } from "../content/htmlForms.ts"
import { type Content, childOf, childText, type Element, element } from "../wbxml/element.ts"
import { audienceTags, readOofSet, states } from "./oofSet.ts"

const ok = 1
const invalid = 5

/** The person's out-of-office state and messages, asked or said (MS-ASCMD 2.2.3.116). */
export const oof = Effect.fnUntraced(function* (
  people: Pick<PeopleMethods, "getAbsence" | "setAbsence">,
  request: Request,
  property: Element
) {
  const call = callOf(request)
  const { mailboxId } = request
  const absence = yield* people.getAbsence(call, { mailboxId })
  const set = childOf(property, "Settings:Set")
  if (set === undefined) return answerGet(absence, childOf(property, "Settings:Get"))
  const wish = readOofSet(set, absence)
  if ("status" in wish) return answer(wish.status)
  yield* people.setAbsence(call, { mailboxId, absence: wish.absence })
  return answer(ok)
})

const answer = (status: number, content: Content = null): Element =>
  element("Settings:Oof", element("Settings:Status", status), content)

/** All three audiences, also those to whom nothing is said (MS-ASCMD_R3505), in the form that is asked for. */
const answerGet = ({ state, from, to, replies }: Absence, get: Element | undefined): Element => {
  const type = childText(get, "Settings:BodyType")?.toLowerCase()
  if (type !== undefined && type !== "text" && type !== "html") return answer(invalid)
  return answer(
    ok,
    element(
      "Settings:Get",
      element("Settings:OofState", states.indexOf(state)),
      from === null ? null : element("Settings:StartTime", dateTime(from)),
      to === null ? null : element("Settings:EndTime", dateTime(to)),
      audiences.map((audience) => message(audience, replies[audience], type))
    )
  )
}

const message = (
  audience: Audience,
  reply: AbsenceReply | undefined,
  wanted: AbsenceReply["format"] | undefined
): Element => {
  const format = wanted ?? reply?.format ?? "text"
  const hasText = reply !== undefined && reply.message !== ""
  return element(
    "Settings:OofMessage",
    element(audienceTags[audience]),
    element("Settings:Enabled", reply?.isEnabled === true ? 1 : 0),
    hasText ? element("Settings:ReplyMessage", inForm(reply, format)) : null,
    hasText ? element("Settings:BodyType", format === "html" ? "HTML" : "Text") : null
  )
}

const inForm = ({ message: text, format }: AbsenceReply, wanted: AbsenceReply["format"]): string => {
  if (format === wanted) return text
  return wanted === "html" ? plainDocument(text) : htmlToText(text, maxReplyLength)
}
