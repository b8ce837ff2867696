import { Config, ConfigError, Either, Option } from "effect"
import type { Check, SettingType } from "./types.ts"

/** One row of the table of settings. */
export interface Setting {
  readonly name: string
  /** With what it must be beyond that, e.g. "integer, 0 to 65535". */
  readonly type: string
  /** As it would be written; null = there is none. */
  readonly whenUnset: string | null
  readonly meaning: string
  readonly isSecret: boolean
  readonly usedBy: "server" | "cli" | "tests"
  /** Reads and checks it; absent where another program does. */
  readonly config?: Config.Config<unknown>
}

const table = new Map<string, Setting>()

/** Every setting of the modules that are loaded; of all of them once `main.ts` is. */
export const allSettings = (): ReadonlyArray<Setting> => [...table.values()]

export const register = (row: Setting): void => {
  if (table.has(row.name)) throw new Error(`two settings are called ${row.name}`)
  table.set(row.name, row)
}

export interface SettingSpec<A> {
  readonly name: `POSTROOM_${string}`
  readonly type: SettingType<A>
  /** Without one the setting is missing where it is not set: `Config.option` makes that right. */
  readonly default?: NoInfer<A>
  /** The default in words, where it depends. */
  readonly defaultText?: string
  readonly meaning: string
  readonly check?: Check<NoInfer<A>>
}

/**
 * Declares a setting beside its owner, when the module is loaded. Set to nothing it is not set, so that
 * `POSTROOM_X=${X:-}` of a compose file means the default.
 */
export const setting = <A>(spec: SettingSpec<A>): Config.Config<A> => {
  const { name, type, check, meaning } = spec
  const found = Config.nested(Config.primitive(type.label, parser(spec)), name)
  const config = spec.default === undefined ? found : Config.withDefault(found, spec.default)
  register({
    name,
    type: joined(type.label, check?.message),
    whenUnset: spec.defaultText ?? (spec.default === undefined ? null : type.print(spec.default)),
    meaning,
    isSecret: type.isSecret === true,
    usedBy: "server",
    config
  })
  return config
}

const parser =
  <A>({ type, check }: SettingSpec<A>) =>
  (text: string): Either.Either<A, ConfigError.ConfigError> => {
    if (text === "") return Either.left(ConfigError.MissingData([], "is not set"))
    const isRight = check?.validation ?? (() => true)
    return Either.fromOption(Option.filter(type.parse(text), isRight), () => {
      const found = type.isShown ? `, not ${JSON.stringify(text.slice(0, 60))}` : ""
      return ConfigError.InvalidData([], `must be ${joined(type.expected, check?.message)}${found}`)
    })
  }

const joined = (...parts: ReadonlyArray<string | undefined>) =>
  parts.filter((part) => part !== undefined && part !== "").join(", ")
