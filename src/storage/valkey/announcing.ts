import { Array as Arrays, type Duration, Effect, Queue, type Scope } from "effect"
import { undeterred } from "../../observability/undeterred.ts"
import type { NewTask, StreamName } from "../streams/Streams.ts"
import { announce } from "./group.ts"
import type { Valkey } from "./Valkey.ts"

/** Entries added in one go. */
const addedAtOnce = 500

/**
 * Adds an entry for each task, beside whoever published it: nobody waits for Valkey. Tasks that come while others are
 * added go together in the next turn. Where it fails, `otherwise` tells of their streams, at most once per `spacing`.
 */
export const makeAnnouncer = ({
  valkey,
  otherwise,
  spacing
}: {
  readonly valkey: typeof Valkey.Service
  readonly otherwise: (streams: ReadonlyArray<StreamName>) => Effect.Effect<void>
  readonly spacing: Duration.Duration
}): Effect.Effect<(tasks: ReadonlyArray<NewTask>) => void, never, Scope.Scope> =>
  Effect.gen(function* () {
    let waiting: Array<NewTask> = []
    const hasWaiting = yield* Queue.dropping<void>(1)

    const add = (tasks: ReadonlyArray<NewTask>) =>
      Effect.forEach(Arrays.chunksOf(tasks, addedAtOnce), (some) => valkey.run(...some.map(announce)))

    const turn = Effect.suspend(() => {
      const streams = Object.entries(Arrays.groupBy(waiting, ({ stream }) => stream))
      waiting = []
      return Effect.partition(
        streams,
        ([, tasks]) => Effect.mapError(add(tasks), () => tasks.map(({ stream }) => stream)),
        { concurrency: "unbounded" }
      )
    }).pipe(
      Effect.flatMap(([failed]) =>
        failed.length === 0
          ? Effect.void
          : Effect.zipRight(otherwise([...new Set(failed.flat())]), Effect.sleep(spacing))
      )
    )
    yield* Queue.take(hasWaiting).pipe(
      Effect.zipRight(undeterred("ringing over Valkey", turn)),
      Effect.forever,
      Effect.forkScoped
    )

    return (tasks) => {
      waiting.push(...tasks)
      if (tasks.length > 0) hasWaiting.unsafeOffer(undefined)
    }
  })
