import { randomUUID } from "node:crypto"
import { type Duration, Effect, Queue, type Scope, Stream } from "effect"
import { Postgres, type PostgresError } from "../postgres.ts"
import type { StreamName } from "./Streams.ts"
import { groupOf } from "./Streams.ts"
import * as sql from "./statements.ts"

const isStream = (name: string): name is StreamName => name in groupOf
export const streamNames: ReadonlyArray<StreamName> = Object.keys(groupOf).filter(isStream)

export interface Bell {
  /** Tells the listeners here at once, and those of other processes soon. */
  readonly ring: (streams: Iterable<StreamName>) => void
  /** Tells the listeners here that something may have been missed. */
  readonly ringAll: () => void
  /** Rings once at its start; rings that nobody has taken yet are one. */
  readonly rings: (stream: StreamName) => Stream.Stream<void>
}

/**
 * Rings of this process reach its own listeners directly. Others hear of them by NOTIFY, which is sent apart from the
 * commits it speaks of and at most once per `spacing`: NOTIFY makes all commits that carry one wait for each other.
 */
export const makeBell = (spacing: Duration.Duration): Effect.Effect<Bell, never, Postgres | Scope.Scope> =>
  Effect.gen(function* () {
    const postgres = yield* Postgres
    const self = randomUUID()
    const listeners = new Map(streamNames.map((stream) => [stream, new Set<Queue.Queue<void>>()]))
    const untold = new Set<StreamName>()
    const hasUntold = yield* Queue.dropping<void>(1)

    const ringHere = (stream: StreamName) => {
      for (const listener of listeners.get(stream) ?? []) listener.unsafeOffer(undefined)
    }
    const ringAll = () => {
      for (const stream of streamNames) ringHere(stream)
    }

    const tellOthers = Effect.suspend((): Effect.Effect<unknown, PostgresError> => {
      const streams = [...untold]
      untold.clear()
      return postgres.query(sql.ring, [streams, self])
    })
    yield* Queue.take(hasUntold).pipe(
      // A ring that is lost costs others a sweep interval.
      Effect.zipRight(Effect.ignore(tellOthers)),
      Effect.zipRight(Effect.sleep(spacing)),
      Effect.forever,
      Effect.forkScoped
    )

    yield* Stream.runForEach(postgres.listen("queue_tasks"), (event) =>
      Effect.sync(() => {
        if (event._tag === "Listening") return ringAll()
        const [stream = "", from] = event.payload.split(" ")
        // Its own listeners have heard of it before.
        if (from !== self && isStream(stream)) ringHere(stream)
      })
    ).pipe(Effect.forkScoped)

    const listener = (stream: StreamName) =>
      Effect.acquireRelease(
        Effect.tap(Queue.dropping<void>(1), (queue) => {
          queue.unsafeOffer(undefined)
          listeners.get(stream)?.add(queue)
        }),
        (queue) => Effect.sync(() => listeners.get(stream)?.delete(queue))
      )

    return {
      ring: (streams) => {
        for (const stream of streams) {
          ringHere(stream)
          untold.add(stream)
        }
        if (untold.size > 0) hasUntold.unsafeOffer(undefined)
      },
      ringAll,
      rings: (stream) => Stream.unwrapScoped(Effect.map(listener(stream), (queue) => Stream.fromQueue(queue)))
    }
  })
