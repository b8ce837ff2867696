import { Config, Duration } from "effect"
import { setting } from "../../../settings/setting.ts"
import { atLeast, bytes, duration, integer } from "../../../settings/types.ts"

/** What one may write in the browser. */
export const ComposeConfig = Config.all({
  recipients: setting({
    name: "POSTROOM_OWA_MAX_RECIPIENTS",
    type: integer,
    default: 500,
    meaning: "Recipients of a message that is written in the browser.",
    check: atLeast(1)
  }),
  attachments: setting({
    name: "POSTROOM_OWA_MAX_ATTACHMENTS",
    type: integer,
    default: 100,
    meaning: "Attachments of a message that is written in the browser, pictures in its text included.",
    check: atLeast(0)
  }),
  attachmentBytes: setting({
    name: "POSTROOM_OWA_ATTACHMENT_BYTES",
    type: bytes,
    default: 25 * 1024 * 1024,
    meaning: "Octets of one attachment.",
    check: atLeast(0)
  }),
  bodyBytes: setting({
    name: "POSTROOM_OWA_BODY_BYTES",
    type: bytes,
    default: 1024 * 1024,
    meaning:
      "UTF-8 octets of the text that somebody writes in the browser, in both of its forms. POSTROOM_OWA_FRAME_BYTES must be larger.",
    check: atLeast(1024)
  }),
  messageBytes: setting({
    name: "POSTROOM_OWA_MESSAGE_BYTES",
    type: bytes,
    default: 36 * 1024 * 1024,
    meaning:
      "Octets of a message that is written in the browser, as it is sent: attachments are a third larger then.",
    check: atLeast(64 * 1024)
  }),
  hold: setting({
    name: "POSTROOM_OWA_SEND_HOLD",
    type: duration,
    default: Duration.seconds(10),
    meaning:
      "How long a message that was sent in the browser waits, so that it can be taken back. 0 = it goes at once."
  }),
  ahead: setting({
    name: "POSTROOM_OWA_SEND_AHEAD",
    type: duration,
    default: Duration.days(366),
    meaning: "How far ahead somebody may say when a message is to be sent."
  }),
  atOnce: setting({
    name: "POSTROOM_OWA_COMPOSE_AT_ONCE",
    type: integer,
    default: 4,
    meaning: "Messages of all users that one process puts together at the same time; others wait.",
    check: atLeast(1)
  }),
  uploadsPerUser: setting({
    name: "POSTROOM_OWA_UPLOADS_PER_USER",
    type: integer,
    default: 6,
    meaning: "Files that one user hands in at the same time.",
    check: atLeast(1)
  })
})

export type ComposeSettings = Config.Config.Success<typeof ComposeConfig>
