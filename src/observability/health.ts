import { Context, Data, Effect, Layer } from "effect"

/** A part cannot do its work now. */
export class NotReady extends Data.TaggedError("NotReady")<{
  /** What an operator must know, and may: anybody reads it. */
  readonly reason?: string
  readonly cause?: unknown
}> {}

/** What `/readyz` asks of a part of the process. */
export interface Check {
  readonly name: string
  readonly check: Effect.Effect<void, NotReady>
}

export interface Readiness {
  readonly ready: boolean
  /** "ok", or what is wrong. */
  readonly checks: Readonly<Record<string, string>>
}

/** Collects the checks of the process's parts. Alive is who answers; ready is who can take work. */
export class Health extends Context.Tag("postroom/observability/Health")<
  Health,
  {
    readonly register: (check: Check) => Effect.Effect<void>
    /** Every check at once, each within two seconds. */
    readonly readiness: Effect.Effect<Readiness>
    /** From now on not ready: the process is about to stop, and no new work should come. */
    readonly drain: Effect.Effect<void>
  }
>() {
  static readonly layer = Layer.sync(Health, () => {
    const checks: Array<Check> = []
    let isDraining = false
    return Health.of({
      register: (check) => Effect.sync(() => void checks.push(check)),
      readiness: Effect.suspend(() =>
        Effect.map(Effect.forEach(checks, outcome, { concurrency: "unbounded" }), (results) => {
          const all = isDraining ? [...results, { name: "draining", state: failing }] : results
          return {
            ready: all.every(({ state }) => state === "ok"),
            checks: Object.fromEntries(all.map(({ name, state }) => [name, state]))
          }
        })
      ),
      drain: Effect.sync(() => {
        isDraining = true
      })
    })
  })
}

const failing = "failing"

const outcome = ({ name, check }: Check) =>
  check.pipe(
    Effect.timeout("2 seconds"),
    Effect.match({
      onFailure: (error) => ({
        name,
        state: error._tag === "NotReady" ? (error.reason ?? failing) : failing
      }),
      onSuccess: () => ({ name, state: "ok" })
    })
  )
