import { Context, Data, Effect, Exit, Layer } from "effect"
import { metrics } from "./metrics.ts"

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
  /** The process goes on without it: that is told, but no reason to send its work elsewhere. */
  readonly isDispensable?: boolean
}

export interface Readiness {
  readonly ready: boolean
  /** "ok", "degraded", or what is wrong. */
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
            ready: all.every(({ state }) => state === "ok" || state === degraded),
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
const degraded = "degraded"

const outcome = ({ name, check, isDispensable = false }: Check) =>
  check.pipe(
    Effect.timeout("2 seconds"),
    Effect.match({
      onFailure: (error) => {
        const reason = error._tag === "NotReady" ? error.reason : undefined
        return { name, state: isDispensable ? degraded : (reason ?? failing) }
      },
      onSuccess: () => ({ name, state: "ok" })
    })
  )

/** The check of a server that the process stands on: it is up where it answers. Each look is seen in `backend_up`, too. */
export const backEnd = <E>(
  name: string,
  asking: Effect.Effect<unknown, E>,
  options: Pick<Check, "isDispensable"> = {}
): Check => ({
  ...options,
  name,
  check: asking.pipe(
    Effect.mapError((cause) => new NotReady({ cause })),
    Effect.onExit((exit) =>
      Effect.sync(() => metrics.backEndUp.set({ backend: name }, Exit.isSuccess(exit) ? 1 : 0))
    ),
    Effect.asVoid
  )
})
