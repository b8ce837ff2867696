import { Config, type ConfigError, Duration, Effect, Option, type Redacted } from "effect"
import { Secrets } from "../../../settings/Secrets.ts"
import { setting } from "../../../settings/setting.ts"
import { duration, secret, url } from "../../../settings/types.ts"

export interface MeiliSettings {
  /** Without a slash at its end. */
  readonly url: string
  /** The key of the day. */
  readonly key: Effect.Effect<Option.Option<Redacted.Redacted>>
  readonly deadline: Duration.Duration
}

const MeiliConfig = Config.all({
  url: Config.option(
    setting({
      name: "POSTROOM_MEILISEARCH_URL",
      type: url,
      meaning: "`http://host:7700` of a Meilisearch. Without it Postgres searches alone.",
      check: { message: "of http or https", validation: ({ protocol }) => /^https?:$/.test(protocol) }
    })
  ),
  key: Config.option(
    setting({
      name: "POSTROOM_MEILISEARCH_KEY",
      type: secret,
      meaning:
        "A key for indexes `mail-*` that may `search`, `documents.*`, `indexes.create`, `indexes.get`, `settings.update` and `tasks.get`."
    })
  ),
  deadline: setting({
    name: "POSTROOM_MEILISEARCH_DEADLINE",
    type: duration,
    default: Duration.millis(500),
    meaning: "A search that Meilisearch has not answered by then is answered by Postgres."
  })
})

/** As the configuration has it, with the key of the day; none where no Meilisearch is named: then Postgres searches alone. */
export const meiliSettings: Effect.Effect<Option.Option<MeiliSettings>, ConfigError.ConfigError> = Effect.gen(
  function* () {
    const { current } = yield* Secrets
    const newest = yield* current(MeiliConfig)
    const given = yield* newest
    return Option.map(given.url, ({ href }) => ({
      url: href.replace(/\/+$/, ""),
      key: Effect.map(newest, ({ key }) => key),
      deadline: given.deadline
    }))
  }
)
