import { Config, ConfigError, Duration, Either, Option } from "effect"
import { publicUrl } from "../settings/publicUrl.ts"
import { setting } from "../settings/setting.ts"
import { atLeast, duration, integer, secret, text, url } from "../settings/types.ts"

const isLoopback = (hostname: string) => /^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(hostname)

const issuer = setting({
  name: "POSTROOM_OIDC_ISSUER",
  type: url,
  defaultText: "the platform's own, over its accounts",
  meaning: "Who signs people in to the web pages, e.g. `https://sso.example.org/realms/mail`.",
  check: {
    message: "with https, or http on this machine",
    validation: ({ protocol, hostname }) =>
      protocol === "https:" || (protocol === "http:" && isLoopback(hostname))
  }
})

const clientId = setting({
  name: "POSTROOM_OIDC_CLIENT_ID",
  type: text,
  meaning: "What `POSTROOM_OIDC_ISSUER` calls Postroom."
})

/** It may be rotated: read through `Secrets`. */
export const OidcClientSecret = Config.option(
  setting({
    name: "POSTROOM_OIDC_CLIENT_SECRET",
    type: secret,
    meaning: "What Postroom proves to `POSTROOM_OIDC_ISSUER` that it is itself with; none = a public client."
  })
)

const external = Config.all({ issuer: Config.option(issuer), clientId: Config.option(clientId) }).pipe(
  Config.mapOrFail(({ issuer, clientId }) =>
    Option.isSome(issuer) === Option.isSome(clientId)
      ? Either.right(Option.all({ issuer, clientId }))
      : Either.left(
          ConfigError.InvalidData(
            ["POSTROOM_OIDC_CLIENT_ID"],
            "and POSTROOM_OIDC_ISSUER are set together or not at all"
          )
        )
  )
)

/** How people sign in to the web pages. */
export const SignInConfig = Config.all({
  publicUrl,
  /** None = the platform's own issuer. */
  external,
  scopes: setting({
    name: "POSTROOM_OIDC_SCOPES",
    type: text,
    default: "openid email",
    meaning: "What is asked of `POSTROOM_OIDC_ISSUER`, with spaces between.",
    check: { message: "openid among them", validation: (scopes) => scopes.split(" ").includes("openid") }
  }),
  addressClaim: setting({
    name: "POSTROOM_OIDC_ADDRESS_CLAIM",
    type: text,
    default: "email",
    meaning:
      "Claim of `POSTROOM_OIDC_ISSUER` that holds the primary address of the mailbox. `email` counts where `email_verified` is true."
  }),
  clockTolerance: setting({
    name: "POSTROOM_OIDC_CLOCK_TOLERANCE",
    type: duration,
    default: Duration.seconds(30),
    meaning: "By how much the clock of `POSTROOM_OIDC_ISSUER` may differ from ours."
  }),
  timeout: setting({
    name: "POSTROOM_OIDC_TIMEOUT",
    type: duration,
    default: Duration.seconds(10),
    meaning: "Longest wait for an answer of `POSTROOM_OIDC_ISSUER`."
  }),
  attemptLasts: setting({
    name: "POSTROOM_SIGN_IN_TIMEOUT",
    type: duration,
    default: Duration.minutes(15),
    meaning: "Longest time from opening the sign-in page to the end of that sign-in.",
    check: {
      message: "1 minute or more",
      validation: (value) => Duration.toMillis(value) >= 60_000
    }
  }),
  attemptsPerMinute: setting({
    name: "POSTROOM_SIGN_IN_PER_MINUTE",
    type: integer,
    default: 120,
    meaning: "Sign-ins that may begin in a minute from one network (an IPv4 address, a /64 of IPv6).",
    check: atLeast(1)
  })
})

export type SignInSettings = Config.Config.Success<typeof SignInConfig>
