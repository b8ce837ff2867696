import { Clock, Context, Duration, Effect, Layer, Option } from "effect"
import type { FolderId, MailboxId } from "../../domain/ids.ts"
import { makeExpiringMap } from "../directory/ExpiringMap.ts"
import { Valkey } from "./Valkey.ts"

/** Where something is kept, and how long it may be believed. */
export interface CacheKey {
  readonly name: string
  readonly ttl: Duration.Duration
}

/** A folder's state, as JSON. */
export const folderStateKey = (mailbox: MailboxId, folder: FolderId): CacheKey => ({
  name: `mbx:${mailbox}:${folder}:state`,
  ttl: Duration.seconds(60)
})

/** The blob that has these bytes already. It shares blobs and nothing else: the same bytes sent twice are two messages. */
export const sharedBlobKey = (checksum: string): CacheKey => ({
  name: `dedupe:${checksum}`,
  ttl: Duration.hours(1)
})

/**
 * What can be found again elsewhere, so that nothing here can fail: a cache that is away has nothing and keeps nothing.
 * It may also miss a `remove`; then what was to go is believed until its time is over.
 */
export class Cache extends Context.Tag("postroom/storage/Cache")<
  Cache,
  {
    readonly get: (key: CacheKey) => Effect.Effect<Option.Option<string>>
    readonly set: (key: CacheKey, value: string) => Effect.Effect<void>
    /** Keeps the value where there is none, and gives the one that is kept. */
    readonly setIfAbsent: (key: CacheKey, value: string) => Effect.Effect<string>
    readonly remove: (key: CacheKey) => Effect.Effect<void>
  }
>() {
  /** In this process. Beyond the capacity the longest unused makes room. */
  static readonly layerLocal = (capacity = 10_000): Layer.Layer<Cache> =>
    Layer.sync(Cache, () => {
      const kept = makeExpiringMap<string>(capacity)
      const set = ({ name, ttl }: CacheKey, value: string, now: number) =>
        kept.set(name, value, now + Duration.toMillis(ttl))
      return Cache.of({
        get: ({ name }) => atNow((now) => Option.fromNullable(kept.get(name, now))),
        set: (key, value) => atNow((now) => set(key, value, now)),
        setIfAbsent: (key, value) =>
          atNow((now) => {
            const there = kept.get(key.name, now)
            if (there === undefined) set(key, value, now)
            return there ?? value
          }),
        remove: ({ name }) => Effect.sync(() => kept.remove(name))
      })
    })

  /** For all processes. */
  static readonly layerValkey: Layer.Layer<Cache, never, Valkey> = Layer.effect(
    Cache,
    Effect.map(Valkey, ({ run }) =>
      Cache.of({
        get: ({ name }) =>
          run(["get", name]).pipe(
            Effect.map(([value]) => textOf(value)),
            Effect.orElseSucceed(Option.none)
          ),
        set: ({ name, ttl }, value) => Effect.ignore(run(["set", name, value, "PX", Duration.toMillis(ttl)])),
        setIfAbsent: ({ name, ttl }, value) =>
          run(["set", name, value, "PX", Duration.toMillis(ttl), "NX", "GET"]).pipe(
            Effect.map(([there]) => Option.getOrElse(textOf(there), () => value)),
            Effect.orElseSucceed(() => value)
          ),
        remove: ({ name }) => Effect.ignore(run(["del", name]))
      })
    )
  )
}

const atNow = <A>(use: (now: number) => A) => Effect.map(Clock.currentTimeMillis, use)

const textOf = (answer: unknown): Option.Option<string> =>
  typeof answer === "string" ? Option.some(answer) : Option.none()
