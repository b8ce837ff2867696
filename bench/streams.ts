// Publish, claim and ack on a durable Postgres of its own, beside one-row commits of the same run.
//   npx tsx bench/streams.ts [--rounds N] [--seconds S] [--done ROWS] [--valkey URL]
// With a Valkey, only what differs: from one process to another over Postgres, and over Valkey in front of it.
// Each round runs every variant in turn, so that noise of the machine meets all of them; medians are printed.
import { randomUUID } from "node:crypto"
import { parseArgs } from "node:util"
import { FileSystem } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import {
  ConfigProvider,
  Console,
  Context,
  Duration,
  Effect,
  Layer,
  Logger,
  LogLevel,
  Option,
  Schedule
} from "effect"
import type { Unavailable } from "../src/domain/errors.ts"
import { CorrelationId, TaskId } from "../src/domain/ids.ts"
import { EmbeddedPostgres, layerEmbeddedPostgres } from "../src/storage/embedded/EmbeddedPostgres.ts"
import { layerMigratedPostgres } from "../src/storage/migrate.ts"
import { Postgres, type PostgresError, statement } from "../src/storage/postgres.ts"
import { type NewTask, Streams } from "../src/storage/streams/Streams.ts"
import { layerWith } from "../src/storage/streams/StreamsPg.ts"
import * as StreamsValkey from "../src/storage/valkey/StreamsValkey.ts"
import { Valkey } from "../src/storage/valkey/Valkey.ts"
import { ValkeyConfig } from "../src/storage/valkey/ValkeyConfig.ts"
import { compareDrivers } from "./measure/streamDrivers.ts"

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "3" },
    seconds: { type: "string", default: "1" },
    done: { type: "string", default: "1000000" },
    valkey: { type: "string" }
  }
})
const rounds = Number(values.rounds)
const millis = Number(values.seconds) * 1000
const doneRows = Number(values.done)

const payload = {
  contentId: randomUUID(),
  blobKey: `blobs/${randomUUID()}/2026/01/01/${randomUUID()}.eml`,
  checksum: "0".repeat(64),
  sizeBytes: 10_000,
  sender: "sender@example.org",
  recipients: [{ mailboxId: randomUUID(), addresses: ["alice@demo.test"], detail: null }]
}
const newTask = (): NewTask => ({
  taskId: TaskId(randomUUID()),
  stream: "mail_ingest",
  correlationId: CorrelationId("bench"),
  tenantId: null,
  workKey: null,
  payload,
  notBefore: null
})

const server = Layer.unwrapScoped(
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const folder = yield* fs.makeTempDirectoryScoped({ prefix: "postroom-bench-" })
    return layerEmbeddedPostgres({ dataFolder: `${folder}/data` })
  })
)
const postgres = Layer.unwrapEffect(
  Effect.map(EmbeddedPostgres, ({ database }) => layerMigratedPostgres({ ...database, poolSize: 32 }))
).pipe(Layer.provide(server), Layer.provideMerge(NodeContext.layer))

const quiet = { sweepInterval: Duration.hours(1), pruneInterval: Duration.hours(1) }
const streamsWith = (settings: Parameters<typeof layerWith>[0]) =>
  Effect.map(Layer.build(layerWith({ ...quiet, ...settings })), (context) => Context.get(context, Streams))

/** Times per second that `one` can be done by so many at a time. */
const perSecond = <E>(one: Effect.Effect<unknown, E>, concurrency: number) =>
  Effect.gen(function* () {
    const start = performance.now()
    let done = 0
    const client = Effect.repeat(
      Effect.tap(one, () => {
        done += 1
      }),
      { while: () => performance.now() - start < millis }
    )
    yield* Effect.all(
      Array.from({ length: concurrency }, () => client),
      { concurrency, discard: true }
    )
    return done / ((performance.now() - start) / 1000)
  })

const median = (numbers: ReadonlyArray<number>): number =>
  [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0
const empty = statement({ text: "TRUNCATE queue.tasks" })

const publishing = Effect.gen(function* () {
  const { query } = yield* Postgres
  yield* query(statement({ text: "CREATE TABLE bench (id uuid PRIMARY KEY, payload jsonb NOT NULL)" }))
  const oneRow = statement({ name: "bench_row", text: "INSERT INTO bench VALUES ($1, $2)" })
  const alone = yield* streamsWith({ batchSize: 1, batchesInFlight: 1000 })
  const variants: Array<{
    readonly name: string
    readonly one: Effect.Effect<unknown, PostgresError | Unavailable>
  }> = [
    {
      name: "raw one-row commits",
      one: Effect.suspend(() => query(oneRow, [randomUUID(), JSON.stringify(payload)]))
    },
    { name: "not batched", one: Effect.suspend(() => alone.publish([newTask()])) }
  ]
  for (const batchesInFlight of [1, 2, 4]) {
    const streams = yield* streamsWith({ batchesInFlight })
    variants.push({
      name: `batched, ${batchesInFlight} in flight`,
      one: Effect.suspend(() => streams.publish([newTask()]))
    })
  }
  for (const concurrency of [1, 8, 32]) {
    const seen = new Map(variants.map(({ name }) => [name, Array.of<number>()]))
    for (let round = 0; round < rounds; round++) {
      for (const { name, one } of variants) seen.get(name)?.push(yield* perSecond(one, concurrency))
      yield* query(empty)
    }
    const rates = variants.map(({ name }) => ({ name, rate: median(seen.get(name) ?? []) }))
    const cells = rates.map(({ name, rate }) => `${name} ${Math.round(rate)}`)
    yield* Console.log(`publish, C=${concurrency}, tasks/s: ${cells.join(" · ")}`)
  }
})

const consuming = Effect.gen(function* () {
  const { query } = yield* Postgres
  const streams = yield* streamsWith({})
  const options = { max: 64, hold: Duration.minutes(1) }
  const untilEmpty: Effect.Effect<number, Unavailable> = Effect.flatMap(
    streams.claim("mail_ingest", options),
    (some) =>
      some.length === 0
        ? Effect.succeed(0)
        : Effect.zipWith(streams.ack(some), untilEmpty, (_, more) => some.length + more)
  )
  for (const consumers of [1, 2, 4]) {
    const rates: Array<number> = []
    for (let round = 0; round < rounds; round++) {
      yield* Effect.forEach(Array.from({ length: 20 }), () =>
        streams.publish(Array.from({ length: 500 }, newTask))
      )
      const start = performance.now()
      const taken = yield* Effect.forEach(Array.from({ length: consumers }), () => untilEmpty, {
        concurrency: "unbounded"
      })
      rates.push(taken.reduce((all, n) => all + n, 0) / ((performance.now() - start) / 1000))
      yield* query(empty)
    }
    yield* Console.log(`claim + ack at 64, ${consumers} consumers: ${Math.round(median(rates))} tasks/s`)
  }
})

const timed = <A, E, R>(name: string, effect: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const times: Array<number> = []
    for (let n = 0; n < 20; n++) {
      const start = performance.now()
      yield* effect
      times.push(performance.now() - start)
    }
    yield* Console.log(`${name}: ${median(times).toFixed(2)} ms (longest ${Math.max(...times).toFixed(2)})`)
  })

/** What a large ledger costs those who work beside it. */
const besideTheLedger = Effect.gen(function* () {
  const { query } = yield* Postgres
  const streams = yield* streamsWith({})
  yield* Effect.forEach(Array.from({ length: doneRows / 100_000 }), () =>
    query(
      statement({
        text: `INSERT INTO queue.tasks (task_id, type, status, attempt, correlation_id, payload)
          SELECT gen_random_uuid(), 'mail_ingest', 'done', 1, 'bench', $1::jsonb FROM generate_series(1, 100000)`
      }),
      [JSON.stringify(payload)]
    )
  )
  yield* Console.log(`with ${doneRows} done tasks:`)
  yield* timed("  stats, nothing waits", streams.stats)
  yield* Effect.forEach(Array.from({ length: 20 }), () =>
    streams.publish(Array.from({ length: 500 }, newTask))
  )
  yield* timed("  stats, 10,000 wait", streams.stats)
  const options = { max: 64, hold: Duration.minutes(1) }
  yield* timed("  claim of 64", streams.claim("mail_ingest", options))
  yield* timed("  claim and ack of 64", Effect.flatMap(streams.claim("mail_ingest", options), streams.ack))
  yield* timed("  sweep that finds nothing", streams.sweep)
  yield* query(statement({ text: "ANALYZE queue.tasks" }))
  yield* timed("  claim of 64, after ANALYZE", streams.claim("mail_ingest", options))
  yield* timed("  stats, after ANALYZE", streams.stats)
})

/** From one process to others over Postgres, and over Valkey in front of it. */
const besideValkey = (url: string) =>
  Effect.gen(function* () {
    const { query } = yield* Postgres
    const settings = Option.getOrThrow(yield* ValkeyConfig)
    const valkey = Effect.gen(function* () {
      const connected = yield* Layer.build(Valkey.layer(settings))
      const { run } = Context.get(connected, Valkey)
      yield* Effect.retry(run(["ping"]), { times: 100, schedule: Schedule.spaced("20 millis") })
      const streams = StreamsValkey.layerOver(layerWith(quiet), quiet)
      return Context.get(
        yield* Layer.build(Layer.provide(streams, Layer.succeed(Valkey, Context.get(connected, Valkey)))),
        Streams
      )
    })
    yield* compareDrivers(
      [
        { name: "Postgres", open: streamsWith({}) },
        { name: "Valkey", open: valkey }
      ],
      { rounds, millis, newTask, empty: query(empty) }
    )
  }).pipe(Effect.withConfigProvider(ConfigProvider.fromMap(new Map([["POSTROOM_VALKEY_URLS", url]]))))

const { valkey } = values

await Effect.runPromise(
  (valkey === undefined
    ? Effect.all([publishing, consuming, besideTheLedger], { discard: true })
    : besideValkey(valkey)
  ).pipe(Effect.scoped, Effect.provide(postgres), Logger.withMinimumLogLevel(LogLevel.Warning))
)
