import { Context, type Effect, type Stream } from "effect"
import type { NotFound, Unavailable } from "../../domain/errors.ts"
import type { MailboxId } from "../../domain/ids.ts"
import type { PreferencesPatch } from "../../domain/Preferences.ts"

/** What a person chose so far, and how often they chose. */
export interface Choices {
  readonly version: number
  readonly chosen: PreferencesPatch
}

/** Somebody's preferences may be others; null = anybody's. */
export interface PreferencesChanged {
  readonly userId: MailboxId | null
}

/** How people like web mail. What it is made of was checked by whoever writes. */
export class PreferenceStore extends Context.Tag("postroom/storage/PreferenceStore")<
  PreferenceStore,
  {
    /** Of somebody who never chose: version 0. */
    readonly read: (userId: MailboxId) => Effect.Effect<Choices, Unavailable>
    /** Null = they are not of this version any more, and nothing was written. */
    readonly write: (change: {
      readonly userId: MailboxId
      readonly version: number
      readonly patch: PreferencesPatch
    }) => Effect.Effect<Choices | null, NotFound | Unavailable>
    /** From now on, in all processes. Never fails and never ends. */
    readonly changes: Stream.Stream<PreferencesChanged>
  }
>() {}
