import { randomUUID } from "node:crypto"
import { Clock, type Duration, Effect, Queue, type Scope, Stream } from "effect"
import { undeterred } from "../../observability/undeterred.ts"
import { Postgres, type PostgresError } from "../postgres.ts"
import type { StreamName } from "./Streams.ts"
import { groupOf } from "./Streams.ts"
import * as sql from "./statements.ts"

const isStream = (name: string): name is StreamName => name in groupOf
export const streamNames: ReadonlyArray<StreamName> = Object.keys(groupOf).filter(isStream)

/** How late an alarm may be, so that those that are close share one. */
const alarmMillis = 250
/** Beyond it, what comes due is left to the sweep. */
const maxAlarms = 1000

export interface Bell {
  /** Tells the listeners here at once, and those of other processes soon. */
  readonly ring: (streams: Iterable<StreamName>) => void
  /** Rings when so much time has passed; while this process lives. */
  readonly ringAfter: (stream: StreamName, millis: number) => Effect.Effect<void>
  /** Tells the listeners here alone. */
  readonly ringHere: (streams: Iterable<StreamName>) => void
  /** Rings once at its start; rings that nobody has taken yet are one. */
  readonly rings: (stream: StreamName) => Stream.Stream<void>
}

/**
 * Rings of this process reach its own listeners directly. Others hear of them by NOTIFY, which is sent apart from the
 * commits it speaks of and at most once per `spacing`: NOTIFY makes all commits that carry one wait for each other.
 */
export const makeBell = ({
  spacing,
  hasOthers
}: {
  readonly spacing: Duration.Duration
  /** False where there is no other process to tell, unless one is heard of. */
  readonly hasOthers: boolean
}): Effect.Effect<Bell, never, Postgres | Scope.Scope> =>
  Effect.gen(function* () {
    const postgres = yield* Postgres
    const scope = yield* Effect.scope
    const self = randomUUID()
    const listeners = new Map(streamNames.map((stream) => [stream, new Set<Queue.Queue<void>>()]))
    const untold = new Set<StreamName>()
    const hasUntold = yield* Queue.dropping<void>(1)
    let tells = hasOthers

    const ringHere = (streams: Iterable<StreamName>) => {
      for (const stream of streams) {
        for (const listener of listeners.get(stream) ?? []) listener.unsafeOffer(undefined)
      }
    }

    const tellOthers = Effect.suspend((): Effect.Effect<unknown, PostgresError> => {
      const streams = [...untold]
      untold.clear()
      return postgres.query(sql.ring, [streams, self])
    })
    yield* Queue.take(hasUntold).pipe(
      // A ring that is lost costs others a sweep interval.
      Effect.zipRight(undeterred("ringing for other processes", tellOthers)),
      Effect.zipRight(Effect.sleep(spacing)),
      Effect.forever,
      Effect.forkScoped
    )

    const ring = (streams: Iterable<StreamName>) => {
      ringHere(streams)
      if (!tells) return
      for (const stream of streams) untold.add(stream)
      if (untold.size > 0) hasUntold.unsafeOffer(undefined)
    }

    /** Somebody has come, or was there and has not been told of anything. */
    const meet = () => {
      tells = true
      ring(streamNames)
    }

    const hear = (payload: string) => {
      const [word = "", from] = payload.split(" ")
      // Its own listeners have heard of it before.
      if (from === self) return
      if (word === "hello" || !tells) meet()
      if (isStream(word)) ringHere([word])
    }

    const hearOthers = Stream.runForEach(postgres.listen("queue_tasks"), (event) => {
      if (event._tag === "Notified") return Effect.sync(() => hear(event.payload))
      ringHere(streamNames)
      return undeterred("asking who else is there", postgres.query(sql.hello, [self]))
    })
    yield* undeterred("hearing other processes", hearOthers).pipe(
      Effect.zipRight(Effect.sleep("1 second")),
      Effect.forever,
      Effect.forkScoped
    )

    const alarms = new Set<string>()
    const ringAfter = (stream: StreamName, millis: number) =>
      Effect.flatMap(Clock.currentTimeMillis, (now) => {
        if (millis <= 0) return Effect.sync(() => ring([stream]))
        const slot = Math.ceil((now + millis) / alarmMillis)
        const alarm = `${stream} ${slot}`
        if (alarms.has(alarm) || alarms.size >= maxAlarms) return Effect.void
        alarms.add(alarm)
        const ringing = Effect.map(Effect.sleep(slot * alarmMillis - now), () => {
          alarms.delete(alarm)
          // Others, too: whoever put a task off may not be the one who can do it.
          ring([stream])
        })
        // `interruptible`: whoever puts a task off may not be, and its fiber would inherit that.
        return Effect.asVoid(Effect.forkIn(Effect.interruptible(ringing), scope))
      })

    const listener = (stream: StreamName) =>
      Effect.acquireRelease(
        Effect.tap(Queue.dropping<void>(1), (queue) => {
          queue.unsafeOffer(undefined)
          listeners.get(stream)?.add(queue)
        }),
        (queue) => Effect.sync(() => listeners.get(stream)?.delete(queue))
      )

    return {
      ring,
      ringAfter,
      ringHere,
      rings: (stream) => Stream.unwrapScoped(Effect.map(listener(stream), (queue) => Stream.fromQueue(queue)))
    }
  })
