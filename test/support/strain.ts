import { readFileSync } from "node:fs"
import { Effect } from "effect"
import type { PlatformProcess } from "./platformProcess.ts"

/** What a process has suffered. */
export interface Strain {
  /** Longest time that its event loop stood still, without the time for which other programs had the processors. */
  readonly stallSeconds: number
  /** The most memory that it ever had at once; off Linux, what it has now. */
  readonly peakBytes: number
}

const gauge = (metrics: string, name: string): number =>
  Number(new RegExp(`^${name} (\\S+)$`, "m").exec(metrics)?.[1] ?? "NaN")

const onLinux = process.platform === "linux"

const peakOf = (pid: number, whenUnknown: number): number =>
  onLinux
    ? Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? "NaN") * 1024
    : whenUnknown

interface Turns {
  readonly ran: number
  readonly waited: number
}

/** How long its main thread ran, and waited for a processor (Linux: `sched-stats`, in nanoseconds). */
const turnsOf = (pid: number): Turns => {
  const [ran = 0, waited = 0] = onLinux
    ? readFileSync(`/proc/${pid}/schedstat`, "utf8").split(" ").map(Number)
    : []
  return { ran, waited }
}

/** On a busy machine one second of work takes this many. */
const slowdown = (before: Turns, after: Turns): number => {
  const ran = after.ran - before.ran
  return ran === 0 ? 1 : (ran + after.waited - before.waited) / ran
}

/** Runs the effect and says what it did to the process. Nobody else may ask for its metrics meanwhile. */
export const straining = <A, E, R>(
  platform: PlatformProcess,
  effect: Effect.Effect<A, E, R>
): Effect.Effect<readonly [A, Strain], E, R> =>
  Effect.gen(function* () {
    const pid = yield* platform.pid
    // Each look at the longest stall forgets it.
    yield* platform.metrics
    const before = turnsOf(pid)
    const result = yield* effect
    const metrics = yield* platform.metrics
    const strain = {
      stallSeconds: gauge(metrics, "nodejs_eventloop_lag_max_seconds") / slowdown(before, turnsOf(pid)),
      peakBytes: peakOf(pid, gauge(metrics, "process_resident_memory_bytes"))
    }
    return [result, strain] as const
  })
