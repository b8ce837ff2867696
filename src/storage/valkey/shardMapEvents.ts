import { Duration, Effect, type Scope } from "effect"
import { undeterred } from "../../observability/undeterred.ts"
import { makeListeners } from "../cluster/listeners.ts"
import type { ShardMap } from "../cluster/ShardMap.ts"
import { array } from "./replies.ts"
import type { ValkeyConnection } from "./Valkey.ts"

/** Between two looks that failed. */
const retryPause = Duration.millis(200)

/**
 * Waits for an event over a connection of its own, and then, or after `pollInterval`, looks which one is the newest.
 * Where that is not the one of before, be it older or none, something has changed. The version would not tell: a replica
 * that became the primary may lack the last changes, and counts others in their stead.
 */
export const makeEvents = (
  { run }: ValkeyConnection,
  { stream, pollInterval }: { readonly stream: string; readonly pollInterval: Duration.Duration }
): Effect.Effect<Pick<typeof ShardMap.Service, "listen">, never, Scope.Scope> =>
  Effect.gen(function* () {
    const { listen, tell } = makeListeners()
    const block = Duration.toMillis(pollInterval)
    /** Null before the first look, which finds news for those who have listened since earlier. */
    let seen: string | null = null

    const newest = Effect.map(run(["xrevrange", stream, "+", "-", "COUNT", 1]), ([reply]) =>
      String(array(array(reply)[0])[0] ?? "0")
    )
    const look = Effect.map(newest, (id) => {
      if (id === seen) return
      seen = id
      tell()
    })
    const turn = Effect.suspend(() =>
      seen === null ? look : Effect.zipRight(run(["xread", "BLOCK", block, "STREAMS", stream, seen]), look)
    )
    yield* Effect.tapErrorCause(turn, () => Effect.sleep(retryPause)).pipe(
      (one) => Effect.forever(undeterred("listening to the shard map", one)),
      Effect.forkScoped
    )
    return { listen }
  })
