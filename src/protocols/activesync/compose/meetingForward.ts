import { Effect } from "effect"
import { buildBody } from "../../mime/compose/bodyTree.ts"
import { addressField, fieldText } from "../../mime/compose/fieldText.ts"
import { StatusError } from "../status.ts"
import { childElements, childOf, childrenOf, childText, type Element, type Tag } from "../wbxml/element.ts"
import type { Original } from "./merge.ts"

/** 16.x: the server writes the forward of a meeting; the device only says to whom and with what words. */
export interface MeetingForward {
  readonly _tag: "MeetingForward"
  readonly to: ReadonlyArray<{ readonly name: string; readonly address: string }>
  readonly note: { readonly type: 1 | 2; readonly text: string } | null
}

/** MS-ASCMD_R7176: what must not stand beside Forwardees or Body. */
const excluded: ReadonlyArray<Tag> = [
  "ComposeMail:Mime",
  "ComposeMail:SaveInSentItems",
  "ComposeMail:ReplaceMime",
  "RightsManagement:TemplateID"
]

/** 178 where they do not go with what else is there, 179 where they cannot be read (MS-ASCMD_R7467, R7470). */
export const readMeetingForward = (document: Element): Effect.Effect<MeetingForward, StatusError> => {
  if (excluded.some((tag) => childOf(document, tag) !== undefined)) return refuse(178)
  const to = childrenOf(childOf(document, "ComposeMail:Forwardees"), "ComposeMail:Forwardee").map(
    (forwardee) => ({
      name: childText(forwardee, "ComposeMail:Name") ?? "",
      address: (childText(forwardee, "ComposeMail:Email") ?? "").trim()
    })
  )
  const body = childOf(document, "AirSyncBase:Body")
  const note = body === undefined ? null : noteOf(body)
  const isReadable =
    hasOnlyForwardees(document) && to.every(({ address }) => address !== "") && note !== undefined
  return isReadable ? Effect.succeed({ _tag: "MeetingForward", to, note }) : refuse(179)
}

const refuse = (status: number) => Effect.fail(new StatusError({ status }))

const hasOnlyForwardees = (document: Element): boolean => {
  const forwardees = childOf(document, "ComposeMail:Forwardees")
  if (forwardees === undefined) return true
  const children = childElements(forwardees)
  return children.length > 0 && children.every(({ tag }) => tag === "ComposeMail:Forwardee")
}

/** MS-ASAIRS_R1331, R1332: it has only Type and Data where it goes into a mail that the server writes. */
export const noteOf = (body: Element): MeetingForward["note"] | undefined => {
  const isSound = childElements(body).every(
    ({ tag }) => tag === "AirSyncBase:Type" || tag === "AirSyncBase:Data"
  )
  const type = childText(body, "AirSyncBase:Type")?.trim()
  const text = childText(body, "AirSyncBase:Data")
  if (!isSound || text === undefined) return undefined
  if (type === "1") return { type: 1, text }
  return type === "2" ? { type: 2, text } : undefined
}

/**
 * The message for the forwardees, with the device's words; the meeting request is put behind them. Only a meeting can be
 * forwarded so (MS-ASCMD_R7177): 105 where the original is none.
 */
export const meetingMessage = (
  { to, note }: MeetingForward,
  original: Original | null
): Effect.Effect<Uint8Array, StatusError> => {
  if (original === null || !original.parts.some(({ type }) => type === "text/calendar")) return refuse(105)
  const tree = {
    plain: note?.type === 1 ? note.text : null,
    html: note?.type === 2 ? note.text : null,
    inline: [],
    attached: []
  }
  const header = [
    addressField("To", to),
    fieldText(
      "Subject",
      /^fwd?:/i.test(original.summary.subject) ? original.summary.subject : `FW: ${original.summary.subject}`
    )
  ].join("")
  return Effect.map(buildBody(tree, "note"), (body) => Buffer.concat([Buffer.from(header), body]))
}
