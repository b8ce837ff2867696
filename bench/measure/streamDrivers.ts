import { Console, Deferred, Duration, Effect, Fiber, Queue, type Scope, Stream } from "effect"
import type { Unavailable } from "../../src/domain/errors.ts"
import type { ClaimedTask, NewTask, Streams } from "../../src/storage/streams/Streams.ts"
import { percentile, spread } from "./statistics.ts"

type Service = typeof Streams.Service

export interface Driver<E, R> {
  readonly name: string
  /** Opens it as one more process would. */
  readonly open: Effect.Effect<Service, E, R>
}

interface Load {
  readonly millis: number
  readonly newTask: () => NewTask
}

const batch = 64
const callers = 32

/** Does what it is rung for until its fiber ends. It waits for a ring when this returns. */
const startWorker = (streams: Service, onTaken: (taken: ReadonlyArray<ClaimedTask>) => void) =>
  Effect.gen(function* () {
    const isWaiting = yield* Deferred.make<void>()
    const claim = streams.claim("mail_ingest", { max: batch, hold: Duration.minutes(1) }).pipe(
      Effect.tap((some) => {
        onTaken(some)
        return streams.ack(some)
      })
    )
    const round = Effect.zipRight(
      Effect.repeat(claim, { while: (some) => some.length === batch }),
      Deferred.succeed(isWaiting, undefined)
    )
    const fiber = yield* Effect.fork(Stream.runForEach(streams.rings("mail_ingest"), () => round))
    yield* Deferred.await(isWaiting)
    return fiber
  })

/** Milliseconds from the call of `publish` to its end, and to the claim elsewhere; one task after the other. */
const measureLatency = (here: Service, there: Service, { millis, newTask }: Load) =>
  Effect.gen(function* () {
    const taken = yield* Queue.unbounded<number>()
    const worker = yield* startWorker(there, (some) => {
      for (const _ of some) taken.unsafeOffer(performance.now())
    })
    const published: Array<number> = []
    const claimed: Array<number> = []
    const end = performance.now() + millis
    while (performance.now() < end) {
      const start = performance.now()
      yield* here.publish([newTask()])
      published.push(performance.now() - start)
      claimed.push((yield* Queue.take(taken)) - start)
    }
    yield* Fiber.interrupt(worker)
    return { published, claimed }
  })

/** Tasks a second that workers finish while callers publish as fast as they can. */
const measureRate = (here: Service, there: ReadonlyArray<Service>, { millis, newTask }: Load) =>
  Effect.gen(function* () {
    let done = 0
    const workers = yield* Effect.forEach(there, (streams) =>
      startWorker(streams, (some) => {
        done += some.length
      })
    )
    const start = performance.now()
    const caller: Effect.Effect<void, Unavailable> = Effect.asVoid(
      Effect.repeat(
        Effect.suspend(() => here.publish([newTask()])),
        { while: () => performance.now() - start < millis }
      )
    )
    yield* Effect.all(
      Array.from({ length: callers }, () => caller),
      { concurrency: "unbounded" }
    )
    const rate = done / ((performance.now() - start) / 1000)
    yield* Fiber.interruptAll(workers)
    return rate
  })

const workerCounts = [1, 2, 4]

/** One round of one driver: names and figures. `empty` forgets all tasks. */
const measure = <E>(
  here: Service,
  there: ReadonlyArray<Service>,
  { empty, ...load }: Load & { readonly empty: Effect.Effect<unknown, E> }
) =>
  Effect.gen(function* () {
    const [first = here] = there
    const { published, claimed } = yield* measureLatency(here, first, load)
    yield* empty
    const rates = yield* Effect.forEach(workerCounts, (workers) =>
      Effect.zipLeft(measureRate(here, there.slice(0, workers), load), empty)
    )
    return [
      { what: "publish p50, ms", figure: percentile(published, 0.5) },
      { what: "publish → claim p50, ms", figure: percentile(claimed, 0.5) },
      { what: "publish → claim p99, ms", figure: percentile(claimed, 0.99) },
      ...rates.map((figure, n) => ({ what: `done by ${workerCounts[n]}, tasks/s`, figure }))
    ]
  })

/** From one process to others, with each driver in turn; prints medians (least–most) of the rounds. */
export const compareDrivers = <E, R, E2>(
  drivers: ReadonlyArray<Driver<E, R>>,
  { rounds, ...load }: Load & { readonly rounds: number; readonly empty: Effect.Effect<unknown, E2> }
): Effect.Effect<void, E | E2 | Unavailable, R | Scope.Scope> =>
  Effect.gen(function* () {
    const opened = yield* Effect.forEach(drivers, ({ name, open }) =>
      Effect.map(Effect.all([open, open, open, open, open]), ([here, ...there]) => ({ name, here, there }))
    )
    const results = yield* Effect.forEach(Array.from({ length: rounds }), () =>
      Effect.forEach(opened, ({ here, there }) => measure(here, there, load))
    )
    for (const [driver, { name }] of opened.entries()) {
      yield* Console.log(name)
      for (const [row, { what }] of (results[0]?.[driver] ?? []).entries()) {
        const figures = results.map((round) => round[driver]?.[row]?.figure ?? Number.NaN)
        yield* Console.log(`  ${what}: ${spread(figures, what.endsWith("ms") ? 2 : 0)}`)
      }
    }
  })
