import { Config, Duration } from "effect"
import { setting } from "../../../settings/setting.ts"
import { atLeast, bytes, duration, integer } from "../../../settings/types.ts"

/** Limits of what a browser takes of a message. */
export const PartsConfig = Config.all({
  atOncePerUser: setting({
    name: "POSTROOM_OWA_DOWNLOADS_AT_ONCE",
    type: integer,
    default: 24,
    check: atLeast(1),
    meaning: "Attachments, pictures and whole messages that one user's pages take at a time."
  }),
  stall: setting({
    name: "POSTROOM_OWA_DOWNLOAD_STALL",
    type: duration,
    default: Duration.minutes(1),
    meaning: "How long a download may stand still before it is cut off."
  }),
  previewBytes: setting({
    name: "POSTROOM_OWA_PREVIEW_SIZE",
    type: bytes,
    default: 25 * 1024 * 1024,
    check: atLeast(1),
    meaning: "Octets of an attachment that is shown; larger ones can only be downloaded."
  })
})

export type PartsSettings = Config.Config.Success<typeof PartsConfig>
