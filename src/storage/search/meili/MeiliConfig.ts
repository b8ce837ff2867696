import { Config, Duration, Option, type Redacted } from "effect"
import { setting } from "../../../settings/setting.ts"
import { duration, secret, text } from "../../../settings/types.ts"

export interface MeiliSettings {
  /** Without a slash at its end. */
  readonly url: string
  readonly key: Option.Option<Redacted.Redacted>
  readonly deadline: Duration.Duration
}

/** None where no Meilisearch is named: then Postgres searches alone. */
export const MeiliConfig: Config.Config<Option.Option<MeiliSettings>> = Config.all({
  url: Config.option(
    setting({
      name: "POSTROOM_MEILISEARCH_URL",
      type: text,
      meaning: "`http://host:7700` of a Meilisearch. Without it Postgres searches alone."
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
}).pipe(
  Config.map(({ url, key, deadline }) =>
    Option.map(url, (given) => ({ url: given.replace(/\/+$/, ""), key, deadline }))
  )
)
