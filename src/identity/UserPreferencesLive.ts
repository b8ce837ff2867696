import { type ConfigError, Effect, Layer, Queue, Stream } from "effect"
import { LimitExceeded } from "../domain/errors.ts"
import type { MailboxId } from "../domain/ids.ts"
import { defaultPreferences, type KeptPreferences, type PreferencesPatch } from "../domain/Preferences.ts"
import { type Choices, PreferenceStore } from "../storage/directory/PreferenceStore.ts"
import { PreferencesConfig, type PreferencesLimits } from "./PreferencesConfig.ts"
import { UserPreferences } from "./UserPreferences.ts"

const make = (limits: PreferencesLimits) =>
  Effect.gen(function* () {
    const store = yield* PreferenceStore
    const followers = new Map<MailboxId, Set<() => void>>()

    const tell = (userId: MailboxId | null) => {
      const told = userId === null ? [...followers.values()] : [followers.get(userId) ?? new Set()]
      for (const wakes of told) for (const wake of wakes) wake()
    }

    yield* Effect.forkScoped(
      Stream.runForEach(store.changes, ({ userId }) => Effect.sync(() => tell(userId)))
    )

    /** Something may be new, from now on; many times at once is once. */
    const wakesOf = (userId: MailboxId) =>
      Effect.acquireRelease(
        Effect.map(Queue.sliding<void>(1), (queue) => {
          const wake = () => void Queue.unsafeOffer(queue, undefined)
          const wakes = followers.get(userId) ?? new Set()
          followers.set(userId, wakes.add(wake))
          return { queue, wake, wakes }
        }),
        ({ wake, wakes }) =>
          Effect.sync(() => {
            wakes.delete(wake)
            if (wakes.size === 0 && followers.get(userId) === wakes) followers.delete(userId)
          })
      )

    return UserPreferences.of({
      follow: (userId) =>
        Stream.unwrapScoped(
          Effect.map(wakesOf(userId), ({ queue }) =>
            Stream.concat(Stream.void, Stream.fromQueue(queue)).pipe(
              Stream.mapEffect(() => Effect.map(store.read(userId), kept)),
              Stream.changesWith((one, other) => one.version === other.version)
            )
          )
        ),
      set: Effect.fnUntraced(function* ({ userId, version, patch }) {
        yield* checked(patch, limits)
        const written = yield* store.write({ userId, version, patch })
        if (written !== null) return { ...kept(written), isDone: true }
        return { ...kept(yield* store.read(userId)), isDone: false }
      })
    })
  })

const kept = ({ version, chosen }: Choices): KeptPreferences => ({
  version,
  preferences: { ...defaultPreferences, ...chosen }
})

const checked = (patch: PreferencesPatch, limits: PreferencesLimits) => {
  const { signatures = [], trustedSenders = [], blockedSenders = [], favourites = [] } = patch
  const largest = Math.max(0, ...signatures.map(({ html }) => Buffer.byteLength(html)))
  const amounts: ReadonlyArray<readonly [amount: number, max: number]> = [
    [largest, limits.signatureBytes],
    [signatures.length, limits.maxSignatures],
    [trustedSenders.length, limits.maxSenders],
    [blockedSenders.length, limits.maxSenders],
    [favourites.length, limits.maxFavourites]
  ]
  const exceeded = amounts.find(([amount, max]) => amount > max)
  return exceeded === undefined
    ? Effect.void
    : Effect.fail(new LimitExceeded({ limit: "batch", max: exceeded[1] }))
}

export const layer: Layer.Layer<UserPreferences, ConfigError.ConfigError, PreferenceStore> = Layer.scoped(
  UserPreferences,
  Effect.flatMap(PreferencesConfig, make)
)
