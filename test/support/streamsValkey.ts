import { Context, Deferred, Effect, Layer, Queue, Redacted, Schedule, Stream } from "effect"
import { inject } from "vitest"
import { Postgres, statement } from "../../src/storage/postgres.ts"
import { layerPostgres } from "../../src/storage/postgresPool.ts"
import { type ClaimedTask, type StreamName, Streams } from "../../src/storage/streams/Streams.ts"
import type { StreamsSettings } from "../../src/storage/streams/StreamsConfig.ts"
import * as StreamsPg from "../../src/storage/streams/StreamsPg.ts"
import * as StreamsValkey from "../../src/storage/valkey/StreamsValkey.ts"
import { Valkey } from "../../src/storage/valkey/Valkey.ts"
import type { ValkeySettings } from "../../src/storage/valkey/ValkeyConfig.ts"
import { claim, quiet, type Service } from "./streams.ts"

const empty = statement({ text: "TRUNCATE queue.tasks, queue.task_events" })
const named = statement<{ readonly name: string }>({ text: "SELECT current_database() AS name" })

/** Empties the database of this `Postgres`; opens streams on it, each with its own connections as another process has. */
export const openStreams = (valkey: ValkeySettings) =>
  Effect.gen(function* () {
    const { query } = yield* Postgres
    yield* query(empty)
    const [row] = yield* query(named)
    const { host, port, password } = inject("postgres")
    const pool = layerPostgres({
      host,
      port,
      database: row?.name ?? "",
      user: "postroom",
      password: Redacted.make(password),
      poolSize: 4
    })
    return (settings: Partial<StreamsSettings> = {}, own: Partial<ValkeySettings> = {}) => {
      const all = { ...quiet, ...settings }
      return Effect.gen(function* () {
        const context = yield* Layer.build(Layer.merge(Valkey.layer({ ...valkey, ...own }), pool))
        // Until then it would do without Valkey, which few tests mean.
        yield* Effect.retry(Context.get(context, Valkey).run(["ping"]), connecting).pipe(Effect.ignore)
        const streams = StreamsValkey.layerOver(StreamsPg.layerWith(all), all)
        return Context.get(yield* Layer.build(Layer.provide(streams, Layer.succeedContext(context))), Streams)
      }).pipe(Effect.orDie)
    }
  }).pipe(Effect.orDie)

const connecting = { times: 2000, schedule: Schedule.spaced("10 millis") }

/** Takes and finishes whatever a ring leads it to; the queue has what it took. It has seen its first ring when this returns. */
export const startWorker = (streams: Service, stream: StreamName = "mail_ingest") =>
  Effect.gen(function* () {
    const taken = yield* Queue.unbounded<ClaimedTask>()
    const isWaiting = yield* Deferred.make<void>()
    const round = claim(streams, { stream }).pipe(
      Effect.tap(streams.ack),
      Effect.tap((some) => taken.offerAll(some)),
      Effect.ignore,
      Effect.zipRight(Deferred.succeed(isWaiting, undefined))
    )
    yield* Effect.forkScoped(Stream.runForEach(streams.rings(stream), () => round))
    yield* Deferred.await(isWaiting)
    return taken
  })
