import { Duration, Effect, Random } from "effect"

/**
 * How long a task waits after its failed attempt number `attempt` (from 1): exponential, by four, with full jitter, so
 * that tasks that failed together do not come back together. Milliseconds.
 */
export const backoffMillis = (
  attempt: number,
  { retryBase, retryCap }: { readonly retryBase: Duration.Duration; readonly retryCap: Duration.Duration }
): Effect.Effect<number> => {
  const longest = Math.min(Duration.toMillis(retryCap), Duration.toMillis(retryBase) * 4 ** (attempt - 1))
  return Effect.map(Random.next, (part) => Math.round(part * longest))
}
