import { Context, type Effect, type Stream } from "effect"
import type { LimitExceeded, NotFound, Unavailable } from "../domain/errors.ts"
import type { MailboxId } from "../domain/ids.ts"
import type { KeptPreferences, PreferencesPatch } from "../domain/Preferences.ts"

/** What became of a wish: where others changed something since `version`, nothing did. */
export interface PreferencesSet extends KeptPreferences {
  readonly isDone: boolean
}

/** How people like web mail, the same in every browser and process. */
export class UserPreferences extends Context.Tag("postroom/identity/UserPreferences")<
  UserPreferences,
  {
    /** They as they are, and again whenever they are others. */
    readonly follow: (userId: MailboxId) => Stream.Stream<KeptPreferences, Unavailable>
    /** Only where they are of this version: whoever wishes knows what it is that they change. */
    readonly set: (wish: {
      readonly userId: MailboxId
      readonly version: number
      readonly patch: PreferencesPatch
    }) => Effect.Effect<PreferencesSet, LimitExceeded | NotFound | Unavailable>
  }
>() {}
