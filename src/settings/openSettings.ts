import { FileSystem } from "@effect/platform"
import { type Config, ConfigProvider, Effect } from "effect"
import { sentences } from "./problems.ts"
import { type Secrets, secretsInterval } from "./Secrets.ts"
import { type ReadSecrets, readSecrets, type Values } from "./secretSources.ts"
import { allSettings } from "./setting.ts"

/** The settings of this process, and what keeps their secrets current. */
export interface OpenSettings {
  /** As they were at the start. */
  readonly provider: ConfigProvider.ConfigProvider
  /** Of the files and of Vault. */
  readonly problems: ReadonlyArray<string>
  readonly secrets: Secrets["Type"]
  /** Looks for secrets that were rotated, again and again. */
  readonly watch: Effect.Effect<void>
}

interface Held {
  readonly given: Values
  secrets: Values
  /** Another one after each rotation. */
  provider: ConfigProvider.ConfigProvider
  /** Problems that were told and still stand. */
  told: ReadonlySet<string>
}

/** Adds the secrets of files and of Vault to what flags and environment give. */
export const openSettings = (given: Values): Effect.Effect<OpenSettings, never, FileSystem.FileSystem> =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const read = Effect.provideService(readSecrets(given), FileSystem.FileSystem, fs)
    const { found, problems } = yield* read
    const provider = ConfigProvider.fromMap(new Map([...given, ...found]))
    const held: Held = { given, secrets: found, provider, told: new Set() }
    // Wrong or missing is a problem that the start finds; then nobody watches.
    const interval = yield* Effect.option(provider.load(secretsInterval))
    const look = Effect.flatMap(read, (newest) => takeOver(held, newest)).pipe(
      Effect.catchAllCause((cause) => Effect.logError("looking for rotated secrets failed", cause))
    )
    return {
      provider,
      problems,
      secrets: { current: (config) => newestOf(held, config) },
      watch: Effect.flatMap(interval, (pause) => Effect.forever(Effect.delay(look, pause))).pipe(Effect.orDie)
    }
  })

const newestOf = <A>(held: Held, config: Config.Config<A>) =>
  Effect.map(held.provider.load(config), (first) => {
    let value = first
    let from = held.provider
    return Effect.suspend(() => {
      if (from === held.provider) return Effect.succeed(value)
      from = held.provider
      return Effect.matchEffect(from.load(config), {
        onFailure: (error) =>
          Effect.as(
            Effect.logWarning(`a rotated secret cannot be used: ${sentences(error).join(" ")}`),
            value
          ),
        onSuccess: (newest) =>
          Effect.sync(() => {
            value = newest
            return newest
          })
      })
    })
  })

/** A secret that is wrong, or no longer there, stays as it was. */
const takeOver = (held: Held, { found, problems }: ReadSecrets): Effect.Effect<void> =>
  Effect.gen(function* () {
    const isNew = ([name, value]: readonly [string, string]) => held.secrets.get(name) !== value
    const [wrong, rotated] = yield* Effect.partition([...found].filter(isNew), (secret) =>
      Effect.as(fits(held.given, secret), secret)
    )
    const toTell = [...problems, ...wrong]
    for (const problem of toTell.filter((each) => !held.told.has(each))) {
      yield* Effect.logWarning(`a secret stays as it was: ${problem}`)
    }
    held.told = new Set(toTell)
    if (rotated.length === 0) return
    held.secrets = new Map([...held.secrets, ...rotated])
    held.provider = ConfigProvider.fromMap(new Map([...held.given, ...held.secrets]))
    const names = rotated.map(([name]) => name).join(", ")
    yield* Effect.logInfo(`rotated: ${names}; new connections use it`)
  })

/** Fails with what is wrong about a secret. */
const fits = (given: Values, [name, value]: readonly [string, string]): Effect.Effect<void, string> => {
  const config = allSettings().find((row) => row.name === name)?.config
  if (config === undefined) return Effect.void
  const provider = ConfigProvider.fromMap(new Map([...given, [name, value]]))
  return Effect.asVoid(Effect.mapError(provider.load(config), (error) => sentences(error).join(" ")))
}
