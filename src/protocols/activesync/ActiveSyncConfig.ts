import { Config, Duration } from "effect"
import { publicUrl } from "../../settings/publicUrl.ts"
import { setting } from "../../settings/setting.ts"
import { atLeast, bytes, duration, integer } from "../../settings/types.ts"

/** Limits of ActiveSync. */
export const ActiveSyncConfig = Config.all({
  publicUrl,
  mailBytes: setting({
    name: "POSTROOM_ACTIVESYNC_MAIL_BYTES",
    type: bytes,
    default: 32 * 1024 * 1024,
    meaning: "Largest body of a request that may carry a message (SendMail, SmartForward, SmartReply, Sync).",
    check: atLeast(64 * 1024)
  }),
  requestBytes: setting({
    name: "POSTROOM_ACTIVESYNC_REQUEST_BYTES",
    type: bytes,
    default: 1024 * 1024,
    meaning: "Largest body of any other request, after decompression.",
    check: atLeast(64 * 1024)
  }),
  answerBytes: setting({
    name: "POSTROOM_ACTIVESYNC_ANSWER_BYTES",
    type: bytes,
    default: 4 * 1024 * 1024,
    meaning: "Octets of items in one answer of Sync; what is new beyond comes with the next one.",
    check: atLeast(64 * 1024)
  }),
  maxCollections: setting({
    name: "POSTROOM_ACTIVESYNC_COLLECTIONS",
    type: integer,
    default: 300,
    meaning: "Folders in one Sync.",
    check: atLeast(10)
  }),
  maxPingFolders: setting({
    name: "POSTROOM_ACTIVESYNC_PING_FOLDERS",
    type: integer,
    default: 300,
    meaning: "Folders that one Ping watches.",
    check: atLeast(10)
  }),
  minHeartbeat: setting({
    name: "POSTROOM_ACTIVESYNC_MIN_HEARTBEAT",
    type: duration,
    default: Duration.seconds(60),
    meaning: "Shortest time that a Ping may ask to wait."
  }),
  maxHeartbeat: setting({
    name: "POSTROOM_ACTIVESYNC_MAX_HEARTBEAT",
    type: duration,
    default: Duration.seconds(3540),
    meaning: "Longest time that a Ping may ask to wait."
  }),
  contentBytes: setting({
    name: "POSTROOM_ACTIVESYNC_CONTENT_BYTES",
    type: bytes,
    default: 64 * 1024 * 1024,
    meaning:
      "Octets of bodies and attachments that one answer of ItemOperations, GetAttachment or Search holds.",
    check: atLeast(1024 * 1024)
  }),
  bodyTimeout: setting({
    name: "POSTROOM_ACTIVESYNC_BODY_TIMEOUT",
    type: duration,
    default: Duration.seconds(30),
    meaning: "Longest wait for the next piece of a request's body."
  }),
  requestsAtOnce: setting({
    name: "POSTROOM_ACTIVESYNC_REQUESTS_AT_ONCE",
    type: integer,
    default: 16,
    meaning: "Requests of one device under way at the same time, the parked one included.",
    check: atLeast(2)
  }),
  requestsPerMinute: setting({
    name: "POSTROOM_ACTIVESYNC_REQUESTS_PER_MINUTE",
    type: integer,
    default: 1200,
    meaning: "Requests of one device in a minute; 0 = any number.",
    check: atLeast(0)
  }),
  repeats: setting({
    name: "POSTROOM_ACTIVESYNC_REPEATS",
    type: integer,
    default: 20,
    meaning:
      "How often a device may ask the same in a row and be told the same before it is slowed down; 0 = any number.",
    check: atLeast(0)
  })
})

export type ActiveSyncSettings = Config.Config.Success<typeof ActiveSyncConfig>
