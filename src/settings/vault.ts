import { Config, Data, Duration, Effect, Option, Redacted, Schedule, Schema } from "effect"
import { setting } from "./setting.ts"
import { duration, secret, text, url } from "./types.ts"

const address = setting({
  name: "POSTROOM_VAULT_ADDR",
  type: url,
  meaning: "Vault, or OpenBao: secrets that are not set otherwise are read from it, e.g. https://vault:8200.",
  check: { message: "of http or https", validation: ({ protocol }) => /^https?:$/.test(protocol) }
})
const token = setting({
  name: "POSTROOM_VAULT_TOKEN",
  type: secret,
  meaning: "May read the path below. Vault Agent keeps one alive in a file."
})
const path = setting({
  name: "POSTROOM_VAULT_PATH",
  type: text,
  default: "secret/data/postroom",
  meaning:
    "Where they are in a KV store of version 2, with its `data`; the keys are the names of the settings.",
  check: {
    message: "of the form secret/data/postroom",
    validation: (value) => /^\w[\w.-]*(\/\w[\w.-]*)*\/data(\/\w[\w.-]*)+$/.test(value)
  }
})
const deadline = setting({
  name: "POSTROOM_VAULT_DEADLINE",
  type: duration,
  default: Duration.seconds(10),
  meaning: "How long Vault may take to answer, with all attempts."
})

/** None where no Vault is named. */
export const VaultConfig = Config.all({ address: Config.option(address), path, deadline }).pipe(
  Config.zip(Config.option(token)),
  Config.map(([{ address, ...others }, token]) =>
    Option.map(address, ({ origin }) => ({ origin, token, ...others }))
  )
)

export type VaultSettings = Option.Option.Value<Config.Config.Success<typeof VaultConfig>>

/** Vault did not give its secrets; the problem says why and holds none. */
export class VaultFailed extends Data.TaggedError("VaultFailed")<{
  readonly problem: string
  /** The next attempt may succeed. */
  readonly isTransient: boolean
}> {
  override get message() {
    return this.problem
  }
}

const failed = (problem: string, isTransient = false) => new VaultFailed({ problem, isTransient })

const KeyValues = Schema.Struct({
  data: Schema.Struct({ data: Schema.Record({ key: Schema.String, value: Schema.Unknown }) })
})

/** The texts at the path, by key. */
export const readVault = (settings: VaultSettings): Effect.Effect<ReadonlyMap<string, string>, VaultFailed> =>
  Effect.suspend(() => {
    let latest = failed(`it did not answer within ${duration.print(settings.deadline)}`)
    return ask(settings).pipe(
      Effect.tapError((error) =>
        Effect.sync(() => {
          latest = error
        })
      ),
      Effect.retry({ schedule: Schedule.spaced("500 millis"), while: ({ isTransient }) => isTransient }),
      Effect.timeoutFail({ duration: settings.deadline, onTimeout: () => latest }),
      Effect.mapError(({ problem }) => failed(`Vault at ${settings.origin} gave no secrets: ${problem}.`))
    )
  })

const ask = ({ origin, path, token }: VaultSettings) =>
  Effect.gen(function* () {
    if (Option.isNone(token)) return yield* failed("there is no POSTROOM_VAULT_TOKEN")
    const response = yield* Effect.tryPromise({
      try: (signal) =>
        fetch(`${origin}/v1/${path}`, {
          headers: { "X-Vault-Token": Redacted.value(token.value), "X-Vault-Request": "true" },
          // The token goes nowhere else.
          redirect: "manual",
          signal
        }),
      catch: (error) => failed(`it cannot be reached (${codeOf(error)})`, true)
    })
    if (response.status !== 200) return yield* refusal(response.status, path)
    const body = yield* Effect.tryPromise({
      try: () => response.text(),
      catch: (error) => failed(`the connection broke (${codeOf(error)})`, true)
    })
    const decoded = yield* Effect.mapError(
      Schema.decode(Schema.parseJson(KeyValues))(body),
      // The error of the schema would show what was read.
      () => failed(`what is at ${path} is not of a KV store of version 2`)
    )
    const texts = new Map<string, string>()
    for (const [key, value] of Object.entries(decoded.data.data)) {
      if (typeof value === "string") texts.set(key, value)
      else if (key.startsWith("POSTROOM_")) return yield* failed(`${key} at ${path} is not a text`)
    }
    return texts
  })

const refusal = (status: number, path: string): VaultFailed => {
  if (status === 403) return failed(`the token has ended or may not read ${path} (403)`)
  if (status === 404) return failed(`nothing is at ${path} (404)`)
  if (status === 503) return failed("it is sealed or in maintenance (503)", true)
  return failed(`it answered ${status}`, status === 429 || status >= 500)
}

const codeOf = (error: unknown): string => {
  const cause = error instanceof Error ? error.cause : undefined
  return typeof cause === "object" && cause !== null && "code" in cause ? String(cause.code) : "no connection"
}
