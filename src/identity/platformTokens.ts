import { Config, Effect, Option, Redacted } from "effect"
import { setting } from "../settings/setting.ts"
import { secret } from "../settings/types.ts"
import { ensureSecret, secretPaths } from "./secretFile.ts"
import { newToken } from "./tokens.ts"

/** Long enough that it cannot be guessed, however it was made. */
const longEnough = {
  message: "a text of at least 32 characters",
  validation: (token: Redacted.Redacted) => Redacted.value(token).length >= 32
}

/** The same, of what a Bearer token may hold (RFC 6750 2.1). */
const bearer = {
  message: "a text of at least 32 letters, digits and - . _ ~ + / =",
  validation: (token: Redacted.Redacted) => /^[A-Za-z0-9._~+/=-]{32,}$/.test(Redacted.value(token))
}

const operatorSetting = setting({
  name: "POSTROOM_OPERATOR_TOKEN",
  type: secret,
  meaning: "The operator's token, instead of the one that is made at the first start.",
  check: longEnough
})

const retentionSetting = setting({
  name: "POSTROOM_RETENTION_TOKEN",
  type: secret,
  meaning:
    "What `worker-retention` signs in with at the process that owns the mailboxes; the same for both. Without it the one in the data folder.",
  check: bearer
})

/** As configured, or from a file below the data folder, which is made at the first start. */
const configuredOrKept = (configured: Config.Config<Redacted.Redacted>, path: string) =>
  Effect.flatMap(
    Config.option(configured),
    Option.match({
      onSome: Effect.succeed,
      onNone: () => Effect.map(ensureSecret(path, newToken), (kept) => kept.secret)
    })
  )

/** The CLI on the same machine reads it in `<data>/secrets/operator-token`. */
export const operatorToken = (dataFolder: string) =>
  Effect.flatMap(secretPaths(dataFolder), (paths) => configuredOrKept(operatorSetting, paths.operatorToken))

/** Lets its holder remove messages, as `worker-retention`, and nothing else. */
export const retentionToken = (dataFolder: string) =>
  Effect.flatMap(secretPaths(dataFolder), (paths) => configuredOrKept(retentionSetting, paths.retentionToken))
