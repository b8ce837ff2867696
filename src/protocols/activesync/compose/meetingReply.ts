import { Effect } from "effect"
import MimeNode from "nodemailer/lib/mime-node"
import { addressField, fieldText } from "../../mime/compose/fieldText.ts"
import { withoutFields } from "../../mime/rawHeader.ts"
import { type Invitation, type Participation, replyCalendar } from "./invitation.ts"
import { type Identity, ownHeader } from "./ownHeader.ts"

export interface MeetingReply {
  readonly invitation: Invitation
  readonly participation: Participation
  /** What the person has to say to it. */
  readonly note: { readonly type: 1 | 2; readonly text: string }
}

const words: Readonly<Record<Participation, string>> = {
  ACCEPTED: "Accepted",
  TENTATIVE: "Tentative",
  DECLINED: "Declined"
}

/** The message by which an organizer learns who comes (RFC 6047 2.4). */
export const meetingReply = (
  { invitation, participation, note }: MeetingReply,
  { identity, seed }: { readonly identity: Identity; readonly seed: string }
): Effect.Effect<Uint8Array> => {
  const fields = [
    addressField("To", [{ name: "", address: invitation.organizer }]),
    fieldText("Subject", `${words[participation]}: ${invitation.summary}`)
  ]
  const header = ownHeader(
    {
      raw: Buffer.from(`${fields.join("")}\r\n`),
      envelope: { from: [], sentAt: null, internetMessageId: null }
    },
    { identity, thread: null, threadIndex: null }
  )
  return Effect.map(
    Effect.promise(() => {
      const options = { baseBoundary: seed, boundaryPrefix: "=_" }
      const node = new MimeNode("multipart/alternative", options)
      node.createChild(`text/${note.type === 2 ? "html" : "plain"}; charset=utf-8`).setContent(note.text)
      node
        .createChild("text/calendar; charset=utf-8; method=REPLY")
        .setContent(
          replyCalendar(invitation, { address: identity.address, participation, now: identity.now })
        )
      return node.build()
    }),
    (body) => Buffer.concat([header, withoutFields(body, new Set(["date", "message-id"]))])
  )
}
