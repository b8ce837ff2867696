import { setting } from "./setting.ts"
import { text } from "./types.ts"

/** How the server names itself: in its greeting, and in the trace fields of every message that it takes. */
export const hostname = setting({
  name: "POSTROOM_SMTP_HOSTNAME",
  type: text,
  default: "localhost",
  meaning: "How the server names itself, in its greeting and in Received fields.",
  check: { message: "a host name", validation: (name) => /^[\w.-]{1,255}$/.test(name) }
})
