import { Chunk, Context, Deferred, Effect, Layer, Queue, Redacted, Stream } from "effect"
import { inject } from "vitest"
import { Postgres, statement } from "../../src/storage/postgres.ts"
import { layerPostgres } from "../../src/storage/postgresPool.ts"
import { type ClaimedTask, type StreamName, Streams } from "../../src/storage/streams/Streams.ts"
import type { StreamsSettings } from "../../src/storage/streams/StreamsConfig.ts"
import * as StreamsPg from "../../src/storage/streams/StreamsPg.ts"
import * as StreamsValkey from "../../src/storage/valkey/StreamsValkey.ts"
import { Valkey } from "../../src/storage/valkey/Valkey.ts"
import type { ValkeySettings } from "../../src/storage/valkey/ValkeyConfig.ts"
import { awaited } from "./awaited.ts"
import { claim, quiet, type Service, statsOf } from "./streams.ts"
import { answering } from "./valkey.ts"

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
    return (
      settings: Partial<StreamsSettings> = {},
      { isAway = false }: { readonly isAway?: boolean } = {}
    ) => {
      const all = { ...quiet, ...settings }
      return Effect.gen(function* () {
        const context = yield* Layer.build(Layer.merge(Valkey.layer(valkey), pool))
        // Before it, it would do without Valkey, which few tests mean.
        if (!isAway) yield* answering(Context.get(context, Valkey))
        const streams = StreamsValkey.layerOver(StreamsPg.layerWith(all), all)
        return Context.get(yield* Layer.build(Layer.provide(streams, Layer.succeedContext(context))), Streams)
      }).pipe(Effect.orDie)
    }
  }).pipe(Effect.orDie)

/** Takes and finishes whatever a ring leads it to. */
export interface Worker {
  /** The next task that it has finished, or so many of them. */
  readonly take: Effect.Effect<ClaimedTask>
  readonly takeN: (count: number) => Effect.Effect<ReadonlyArray<ClaimedTask>>
  /** Those since. */
  readonly takeAll: Effect.Effect<ReadonlyArray<ClaimedTask>>
  /** How often it has looked for tasks. */
  readonly rounds: Effect.Effect<number>
}

/** It has seen its first ring when this returns. */
export const startWorker = (streams: Service, stream: StreamName = "mail_ingest") =>
  Effect.gen(function* () {
    const finished = yield* Queue.unbounded<ClaimedTask>()
    const isWaiting = yield* Deferred.make<void>()
    let rounds = 0
    let failure = "none"
    const round = claim(streams, { stream }).pipe(
      Effect.tap(streams.ack),
      Effect.tap((some) => finished.offerAll(some)),
      Effect.catchAll((error) =>
        Effect.sync(() => {
          failure = `${error._tag} ${error.cause}`
        })
      ),
      Effect.zipRight(
        Effect.sync(() => {
          rounds += 1
        })
      ),
      Effect.zipRight(Deferred.succeed(isWaiting, undefined))
    )
    const state = Effect.map(statsOf(streams, stream), (stats) => ({ rounds, failure, ...stats }))
    yield* Effect.forkScoped(Stream.runForEach(streams.rings(stream), () => round))
    yield* awaited("the first round of a worker", Deferred.await(isWaiting), state)
    const worker: Worker = {
      take: awaited("a ring and a task", Queue.take(finished), state),
      takeN: (count) =>
        awaited(
          `rings and ${count} tasks`,
          Effect.map(Queue.takeN(finished, count), Chunk.toReadonlyArray),
          state
        ),
      takeAll: Effect.map(Queue.takeAll(finished), Chunk.toReadonlyArray),
      rounds: Effect.sync(() => rounds)
    }
    return worker
  })
