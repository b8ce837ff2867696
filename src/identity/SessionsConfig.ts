import { Config, Duration } from "effect"
import { publicUrl } from "../settings/publicUrl.ts"
import { setting } from "../settings/setting.ts"
import { atLeast, duration, integer } from "../settings/types.ts"

const notShort = {
  message: "1 minute or more",
  validation: (value: Duration.Duration) => Duration.toMillis(value) >= 60_000
}

/** How long people stay signed in at the web pages, and how often. */
export const SessionsConfig = Config.all({
  publicUrl,
  idle: setting({
    name: "POSTROOM_SESSION_IDLE",
    type: duration,
    default: Duration.days(1),
    meaning: "A session at the web pages that nobody uses for so long ends.",
    check: notShort
  }),
  longest: setting({
    name: "POSTROOM_SESSION_LONGEST",
    type: duration,
    default: Duration.days(14),
    meaning: "Longest time from a sign-in at the web pages to the next, however much the session is used.",
    check: notShort
  }),
  maxPerUser: setting({
    name: "POSTROOM_SESSIONS_PER_USER",
    type: integer,
    default: 50,
    meaning:
      "Sessions of one person at the web pages; the one that was not used for longest makes room for one more.",
    check: atLeast(1)
  })
})

export type SessionsSettings = Config.Config.Success<typeof SessionsConfig>
