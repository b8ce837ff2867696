import { Effect, Layer, Option, Schema, Stream } from "effect"
import { NotFound } from "../../domain/errors.ts"
import { MailboxId } from "../../domain/ids.ts"
import type { PreferencesPatch } from "../../domain/Preferences.ts"
import { Postgres, statement } from "../postgres.ts"
import { type Choices, PreferenceStore, type PreferencesChanged } from "./PreferenceStore.ts"
import { run } from "./rows.ts"

const channel = "preferences"

interface PreferencesRow {
  readonly version: number
  readonly document: PreferencesPatch
}

const select = statement<PreferencesRow>({
  name: "preferences",
  text: "SELECT version, document FROM mail_state.preferences WHERE user_id = $1"
})

/** Field by field: what the patch does not name stays. No row comes where the version is another. */
const merge = statement<PreferencesRow>({
  text: `INSERT INTO mail_state.preferences AS p (user_id, version, document) VALUES ($1, $2::bigint + 1, $3)
    ON CONFLICT (user_id) DO UPDATE SET version = p.version + 1, document = p.document || excluded.document
      WHERE p.version = $2
    RETURNING version, document, pg_notify('${channel}', user_id::text)`
})

/** Preferences in `mail_state.preferences`. */
export const layer: Layer.Layer<PreferenceStore, never, Postgres> = Layer.effect(
  PreferenceStore,
  Effect.map(Postgres, (postgres) => {
    const query = run(postgres)
    return PreferenceStore.of({
      read: (userId) =>
        Effect.map(query(select, [userId]), ([row]) =>
          row === undefined ? { version: 0, chosen: {} } : toChoices(row)
        ),
      write: ({ userId, version, patch }) =>
        Effect.map(
          query(merge, [userId, version, JSON.stringify(patch)], {
            preferences_user_id_fkey: new NotFound({ what: "user" })
          }),
          ([row]) => (row === undefined ? null : toChoices(row))
        ),
      changes: changes(postgres)
    })
  })
)

const toChoices = ({ version, document }: PreferencesRow): Choices => ({ version, chosen: document })

const decode = Schema.decodeUnknownOption(Schema.UUID)

/** What was not heard while the connection was away may have been about anybody. */
const changes = (postgres: Postgres["Type"]): Stream.Stream<PreferencesChanged> =>
  Stream.filterMap(
    postgres.listen(channel),
    (event): Option.Option<PreferencesChanged> =>
      event._tag === "Listening"
        ? Option.some({ userId: null })
        : Option.map(decode(event.payload), (userId) => ({ userId: MailboxId(userId) }))
  )
