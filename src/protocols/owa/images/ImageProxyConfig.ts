import { Config, Duration } from "effect"
import { type Network, network } from "../../../outbound/networks.ts"
import { setting } from "../../../settings/setting.ts"
import { atLeast, bytes, duration, integer, list, secret } from "../../../settings/types.ts"

const noNetworks: ReadonlyArray<Network> = []

export const ImageProxyConfig = Config.all({
  timeout: setting({
    name: "POSTROOM_IMAGE_TIMEOUT",
    type: duration,
    default: Duration.seconds(20),
    meaning: "For one remote picture of a mail, from looking up its name to its last octet."
  }),
  maxSizeBytes: setting({
    name: "POSTROOM_IMAGE_MAX_SIZE",
    type: bytes,
    default: 10 * 1024 * 1024,
    check: atLeast(1),
    meaning: "Octets of one remote picture; larger ones are not shown."
  }),
  atOncePerUser: setting({
    name: "POSTROOM_IMAGE_AT_ONCE",
    type: integer,
    default: 24,
    check: atLeast(1),
    meaning: "Remote pictures that are fetched for one user at a time."
  }),
  maxSockets: setting({
    name: "POSTROOM_IMAGE_MAX_SOCKETS",
    type: integer,
    default: 256,
    check: atLeast(1),
    meaning: "Connections for remote pictures of all users at a time."
  }),
  allowedNetworks: setting({
    name: "POSTROOM_IMAGE_ALLOWED_NETWORKS",
    type: list(network),
    default: noNetworks,
    defaultText: "none",
    meaning: "Networks that remote pictures may come from although they are not of the public internet."
  }),
  key: Config.option(
    setting({
      name: "POSTROOM_IMAGE_KEY",
      type: secret,
      defaultText: "a new one at each start",
      meaning:
        "What addresses of remote pictures are signed with; the same for all processes that serve the web mail."
    })
  )
})

export type ImageProxySettings = Config.Config.Success<typeof ImageProxyConfig>
