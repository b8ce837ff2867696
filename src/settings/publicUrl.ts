import { Config } from "effect"
import { setting } from "./setting.ts"
import { url } from "./types.ts"

/** Where devices and browsers reach the platform; none = by the Host of each request. */
export const publicUrl = Config.option(
  setting({
    name: "POSTROOM_PUBLIC_URL",
    type: url,
    defaultText: "by the Host of the request",
    meaning:
      "Where devices and browsers reach this server from outside, e.g. `https://mail.example.org`; Autodiscover tells it, and people sign in there.",
    check: { message: "with http or https", validation: ({ protocol }) => /^https?:$/.test(protocol) }
  })
)
