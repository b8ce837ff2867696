import { Config, Duration } from "effect"
import { setting } from "../../settings/setting.ts"
import { atLeast, boolean, bytes, duration, integer } from "../../settings/types.ts"

export const ReconcilerConfig = Config.all({
  interval: setting({
    name: "POSTROOM_RECONCILER_INTERVAL",
    type: duration,
    default: Duration.hours(6),
    meaning: "From one look for blobs that nobody needs to the next."
  }),
  grace: setting({
    name: "POSTROOM_RECONCILER_GRACE",
    type: duration,
    default: Duration.days(1),
    check: {
      message: "1 hour or more",
      validation: (value) => Duration.greaterThanOrEqualTo(value, Duration.hours(1))
    },
    meaning:
      "A blob is removed when nobody needed it at two looks so far apart. Longer than what a restored database may be behind."
  }),
  removes: setting({
    name: "POSTROOM_RECONCILER_REMOVES",
    type: boolean,
    default: true,
    meaning:
      "False = blobs that nobody needs are found and counted, but stay. For a database that was restored beside the blobs of another."
  }),
  maxUnknown: setting({
    name: "POSTROOM_RECONCILER_MAX_UNKNOWN",
    type: integer,
    default: 1000,
    check: atLeast(0),
    meaning:
      "Where there are more blobs than this of which the database has never heard, they stay until somebody has looked: it may be the wrong database, or an old one."
  }),
  listed: setting({
    name: "POSTROOM_RECONCILER_LISTED_PER_SECOND",
    type: integer,
    default: 2000,
    check: atLeast(1),
    meaning: "Blobs that are listed in a second, to find those that nobody needs."
  }),
  missingInterval: setting({
    name: "POSTROOM_RECONCILER_MISSING_INTERVAL",
    type: duration,
    default: Duration.days(1),
    meaning: "From one look whether the blob of every message is there to the next."
  }),
  checked: setting({
    name: "POSTROOM_RECONCILER_CHECKED_PER_SECOND",
    type: integer,
    default: 100,
    check: atLeast(1),
    meaning: "Blobs that are looked for in a second."
  }),
  scrubInterval: setting({
    name: "POSTROOM_RECONCILER_SCRUB_INTERVAL",
    type: duration,
    default: Duration.days(7),
    meaning: "From one comparison of all blobs with their checksums to the next."
  }),
  scrubbedBytes: setting({
    name: "POSTROOM_RECONCILER_SCRUBBED_PER_SECOND",
    type: bytes,
    default: 4 * 1024 * 1024,
    check: atLeast(1),
    meaning: "Octets that are read in a second to compare blobs with their checksums."
  })
})

export type ReconcilerSettings = Config.Config.Success<typeof ReconcilerConfig>
