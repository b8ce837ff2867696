import { Chunk, Deferred, Effect, FiberId, Queue, Schedule, type Scope, Stream } from "effect"
import { type Client, escapeIdentifier } from "pg"
import { type ListenEvent, PostgresUnavailable } from "./postgres.ts"

interface Subscriber {
  readonly queue: Queue.Queue<ListenEvent>
  /** The queue was full once: its consumer must look for itself. */
  hasMissed: boolean
}

const listening: ListenEvent = { _tag: "Listening" }

const tell = (subscriber: Subscriber, event: ListenEvent) => {
  if (!subscriber.queue.unsafeOffer(event)) subscriber.hasMissed = true
}

/** The backlog of one consumer, in notifications. Beyond it they are dropped and `Listening` says so. */
const backlog = 1024

const eventsOf = (subscriber: Subscriber): Stream.Stream<ListenEvent> =>
  Stream.repeatEffectChunk(
    Effect.map(Queue.takeBetween(subscriber.queue, 1, backlog), (events) => {
      if (!subscriber.hasMissed) return events
      subscriber.hasMissed = false
      return Chunk.append(events, listening)
    })
  )

const lost = new PostgresUnavailable({ reason: "lost", commitUnknown: false })

/** One after the other: a client of pg that is asked while it asks is deprecated. */
const makeRun = (client: Client) => {
  const oneByOne = Effect.unsafeMakeSemaphore(1)
  return (text: string) =>
    oneByOne.withPermits(1)(Effect.tryPromise({ try: () => client.query(text), catch: () => lost }))
}

type Run = ReturnType<typeof makeRun>

/**
 * One connection that listens for the whole process. It is opened by the first `listen` and re-opened with
 * back-off whenever it breaks. `newClient` gives a client that is not connected yet.
 */
export const makeListener = (
  newClient: () => Client
): Effect.Effect<(channel: string) => Stream.Stream<ListenEvent>, never, Scope.Scope> =>
  Effect.gen(function* () {
    const scope = yield* Effect.scope
    const channels = new Map<string, Set<Subscriber>>()
    let connected: Run | undefined

    const tellAll = (event: ListenEvent) => {
      for (const subscribers of channels.values()) for (const each of subscribers) tell(each, event)
    }

    const open = Effect.acquireRelease(
      Effect.async<readonly [Client, Deferred.Deferred<void>], PostgresUnavailable>((resume) => {
        const client = newClient()
        const ended = Deferred.unsafeMake<void>(FiberId.none)
        const end = () => Deferred.unsafeDone(ended, Effect.void)
        client.on("error", end)
        client.on("end", end)
        client.on("notification", ({ channel, payload = "" }) => {
          for (const each of channels.get(channel) ?? []) tell(each, { _tag: "Notified", payload })
        })
        client.connect().then(
          () => resume(Effect.succeed([client, ended])),
          () => resume(Effect.fail(lost))
        )
      }),
      ([client]) => Effect.promise(() => client.end().catch(() => undefined))
    )

    // A peer that vanished without a word is noticed by asking; the client's query_timeout bounds the answer.
    const heartbeat = (run: Run) => Effect.repeat(run("SELECT 1"), Schedule.spaced("30 seconds"))

    const session = Effect.scoped(
      Effect.gen(function* () {
        const [client, ended] = yield* Effect.retry(
          open,
          Schedule.union(Schedule.exponential("50 millis"), Schedule.spaced("2 seconds"))
        )
        const run = makeRun(client)
        connected = run
        yield* Effect.forEach([...channels.keys()], (name) => run(`LISTEN ${escapeIdentifier(name)}`))
        tellAll(listening)
        yield* Effect.raceFirst(Deferred.await(ended), heartbeat(run))
      })
    ).pipe(
      Effect.ignore,
      Effect.ensuring(
        Effect.sync(() => {
          connected = undefined
        })
      )
    )

    // The pause keeps a server that accepts and drops at once from being hammered.
    const start = yield* Effect.cached(
      // `interruptible`: it is forked by an acquire, whose uninterruptibility it would inherit.
      Effect.forkIn(Effect.interruptible(Effect.repeat(session, Schedule.spaced("50 millis"))), scope)
    )

    const subscribe = (channel: string) =>
      Effect.gen(function* () {
        const subscriber: Subscriber = {
          queue: yield* Queue.dropping<ListenEvent>(backlog),
          hasMissed: false
        }
        channels.set(channel, (channels.get(channel) ?? new Set()).add(subscriber))
        yield* start
        // Not connected, or lost under way: the next session listens to every channel and tells everyone.
        if (connected !== undefined) {
          yield* Effect.match(connected(`LISTEN ${escapeIdentifier(channel)}`), {
            onFailure: () => undefined,
            onSuccess: () => tell(subscriber, listening)
          })
        }
        return subscriber
      })

    // No UNLISTEN: channels are few and fixed, and one that is asked for again would have to race with it.
    const unsubscribe = (channel: string, subscriber: Subscriber) =>
      Effect.sync(() => {
        const subscribers = channels.get(channel)
        subscribers?.delete(subscriber)
        if (subscribers?.size === 0) channels.delete(channel)
      })

    return (channel) =>
      Stream.unwrapScoped(
        Effect.map(
          Effect.acquireRelease(subscribe(channel), (subscriber) => unsubscribe(channel, subscriber)),
          eventsOf
        )
      )
  })
