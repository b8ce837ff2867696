import { Config, Duration } from "effect"
import { setting } from "../../settings/setting.ts"
import { atLeast, bytes, duration, integer } from "../../settings/types.ts"

/** Limits of the connections of web mail. */
export const OwaConfig = Config.all({
  frameBytes: setting({
    name: "POSTROOM_OWA_FRAME_BYTES",
    type: bytes,
    default: 4 * 1024 * 1024,
    meaning: "Largest frame that a page of web mail may send; one that sends more is cut off.",
    check: atLeast(16 * 1024)
  }),
  unsentBytes: setting({
    name: "POSTROOM_OWA_UNSENT_BYTES",
    type: bytes,
    default: 16 * 1024 * 1024,
    meaning: "Octets of answers that may wait for a page to take them; one that is slower is cut off.",
    check: atLeast(64 * 1024)
  }),
  callsAtOnce: setting({
    name: "POSTROOM_OWA_CALLS_AT_ONCE",
    type: integer,
    default: 64,
    meaning: "Calls of one page under way at the same time, its changes included; more are refused as busy.",
    check: atLeast(2)
  }),
  connectionsPerUser: setting({
    name: "POSTROOM_OWA_CONNECTIONS_PER_USER",
    type: integer,
    default: 32,
    meaning: "Open pages of web mail of one user in one process.",
    check: atLeast(1)
  }),
  pingEvery: setting({
    name: "POSTROOM_OWA_PING_EVERY",
    type: duration,
    default: Duration.seconds(20),
    meaning:
      "How often a page is asked whether it is there; one that has not answered by the next time is cut off."
  })
})

export type OwaSettings = Config.Config.Success<typeof OwaConfig>
