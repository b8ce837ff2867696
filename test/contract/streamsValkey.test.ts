import { assert, describe, it } from "@effect/vitest"
import {
  Context,
  Deferred,
  Duration,
  Effect,
  Fiber,
  Layer,
  ManagedRuntime,
  Queue,
  type Scope,
  Stream
} from "effect"
import { afterAll } from "vitest"
import { Postgres, statement } from "../../src/storage/postgres.ts"
import { awaited } from "../support/awaited.ts"
import { layerTestPostgres } from "../support/postgres.ts"
import { claim, idsOf, nextClaim, only, type Service, statsOf, task, tasks } from "../support/streams.ts"
import { openStreams, startWorker } from "../support/streamsValkey.ts"
import { hasValkey, type OwnValkeyServer, ownValkeyServer, until } from "../support/valkey.ts"
import { streamDeadLettersContract } from "./streamDeadLetters.ts"
import { streamRingsContract } from "./streamRings.ts"
import { streamsContract } from "./streams.ts"

class Server extends Context.Tag("postroom/test/contract/ValkeyServer")<Server, OwnValkeyServer>() {
  static readonly layer = Layer.scoped(Server, ownValkeyServer())
}

describe.skipIf(!hasValkey)("Valkey (needs valkey-server)", () => {
  // One server and one database for all, emptied for each test.
  const world = ManagedRuntime.make(Layer.merge(layerTestPostgres, Server.layer))
  afterAll(() => world.dispose())

  const fresh = Effect.gen(function* () {
    const { ask, settings } = yield* Server
    yield* ask("flushall")
    return yield* openStreams(settings)
  })
  const contract = Effect.flatMap(world.runtimeEffect, (runtime) => Effect.provide(fresh, runtime)).pipe(
    Effect.orDie
  )

  streamsContract("Valkey", contract)
  streamRingsContract("Valkey", contract)
  streamDeadLettersContract("Valkey", contract)

  const ring = statement({ text: "SELECT pg_notify('queue_tasks', 'mail_ingest somebody')" })
  const heldUp = statement({
    text: "SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE 'INSERT%'"
  })

  type Open = Effect.Effect.Success<typeof fresh>
  const test = <E>(
    title: string,
    body: (open: Open, ask: OwnValkeyServer["ask"]) => Effect.Effect<void, E, Scope.Scope | Postgres>
  ) =>
    it.live(title, () =>
      Effect.flatMap(world.runtimeEffect, (runtime) =>
        Effect.provide(
          Effect.scoped(
            Effect.gen(function* () {
              const { ask } = yield* Server
              yield* body(yield* fresh, ask)
            })
          ),
          runtime
        )
      )
    )

  /** Every entry was looked after. */
  const settled = (ask: OwnValkeyServer["ask"]) =>
    Effect.all([
      until(ask("xlen", "mail_ingest"), (length) => length === "0"),
      until(ask("xinfo", "groups", "mail_ingest"), (groups) => groups.includes("pending,0"))
    ])

  describe("StreamsValkey", () => {
    test("announces a task in its stream, and no longer once it was claimed", (open, ask) =>
      Effect.gen(function* () {
        const [here, there] = [yield* open(), yield* open()]
        const published = task()
        yield* here.publish([published])
        const entries = yield* until(ask("xrange", "mail_ingest", "-", "+"), (reply) => reply !== "")
        assert.include(JSON.stringify(entries), `["task_id","${published.taskId}","correlation_id","c-1"]`)
        const worker = yield* startWorker(there)
        assert.strictEqual((yield* worker.take).taskId, published.taskId)
        yield* settled(ask)
      }))

    test("rings over Valkey instead of NOTIFY", (open) =>
      Effect.gen(function* () {
        const [here, there] = [yield* open(), yield* open()]
        const postgres = yield* Postgres
        const worker = yield* startWorker(there)
        // It hears Postgres: from now on nothing but an entry makes it look, so that it is not too busy for one.
        yield* until(Effect.zipRight(Effect.orDie(postgres.query(ring)), worker.rounds), (n) => Number(n) > 1)
        const heard = yield* Queue.unbounded<string>()
        yield* Effect.forkScoped(
          Stream.runForEach(postgres.listen("queue_tasks"), (event) =>
            heard.offer(event._tag === "Listening" ? event._tag : event.payload)
          )
        )
        assert.strictEqual(yield* awaited("the listening", Queue.take(heard)), "Listening")
        for (const published of tasks(5)) {
          yield* here.publish([published])
          assert.strictEqual((yield* worker.take).taskId, published.taskId)
        }
        yield* postgres.query(statement({ text: "SELECT pg_notify('queue_tasks', 'end')" }))
        assert.strictEqual(yield* awaited("the end", Queue.take(heard)), "end")
      }))

    test("rings for what is released while something is published", (open, ask) =>
      Effect.gen(function* () {
        const [here, there] = [yield* open({ ringSpacing: Duration.seconds(2) }), yield* open()]
        yield* here.publish([task()])
        const held = yield* claim(here)
        const worker = yield* startWorker(there)
        const published = task()
        yield* here.publish([published])
        assert.strictEqual((yield* worker.take).taskId, published.taskId)
        // Nothing else makes the worker look.
        yield* settled(ask)
        yield* here.release(held)
        assert.strictEqual((yield* worker.take).taskId, only(held).taskId)
      }))

    test("rings for what was published though its caller was interrupted meanwhile", (open) =>
      Effect.gen(function* () {
        const [here, there] = [yield* open(), yield* open()]
        const worker = yield* startWorker(there)
        const published = task()
        const { query, transaction } = yield* Postgres
        yield* transaction(
          Effect.gen(function* () {
            yield* query(statement({ text: "LOCK TABLE queue.tasks IN SHARE MODE" }))
            const publishing = yield* Effect.fork(here.publish([published]))
            // A transaction sees the activity as it was at its first look.
            const look = Effect.zipRight(
              query(statement({ text: "SELECT pg_stat_clear_snapshot()" })),
              query(heldUp)
            )
            yield* until(Effect.orDie(look), (rows) => rows !== "")
            yield* Fiber.interrupt(publishing)
          })
        )
        assert.strictEqual((yield* worker.take).taskId, published.taskId)
      }))

    /** A process that works until its read of the stream goes on, and then is too busy for the next ring. */
    const startBusy = (streams: Service, ask: OwnValkeyServer["ask"]) =>
      Effect.gen(function* () {
        let mayWait = true
        const isBusy = yield* Deferred.make<void>()
        // A start brings several rings.
        yield* Effect.forkScoped(
          Stream.runForEach(streams.rings("mail_ingest"), () =>
            mayWait ? Effect.void : Effect.zipRight(Deferred.succeed(isBusy, undefined), Effect.never)
          )
        )
        yield* until(ask("info", "clients"), (info) => info.includes("blocked_clients:1"))
        mayWait = false
        return isBusy
      })

    for (const when of ["before it hears of it", "when it hears of it"]) {
      test(`gives to others, without a sweep, what a process is too busy for ${when}`, (open, ask) =>
        Effect.gen(function* () {
          const [here, busy, idle] = [yield* open(), yield* open(), yield* open()]
          const isBusy = yield* startBusy(busy, ask)
          if (when === "before it hears of it") {
            // Its read goes on: the next entry is its own, and it does not look.
            const { query } = yield* Postgres
            yield* query(ring)
            yield* awaited("a ring of Postgres", Deferred.await(isBusy))
          }
          const worker = yield* startWorker(idle)
          const published = task()
          yield* here.publish([published])
          assert.strictEqual((yield* worker.take).taskId, published.taskId)
        }))
    }

    test("leaves no entries behind where one process publishes and works", (open, ask) =>
      Effect.gen(function* () {
        const streams = yield* open()
        const worker = yield* startWorker(streams)
        const published = tasks(500)
        yield* Effect.forEach(published, (one) => streams.publish([one]), { concurrency: 8 })
        assert.deepEqual(idsOf(yield* worker.takeN(published.length)), idsOf(published))
        yield* settled(ask)
      }))

    test("adopts entries of a process that vanished with them", (open, ask) =>
      Effect.gen(function* () {
        const streams = yield* open({ sweepInterval: Duration.millis(50) })
        yield* ask("xgroup", "CREATE", "mail_ingest", "ingesters", "0", "MKSTREAM")
        yield* streams.publish(tasks(3))
        yield* until(ask("xlen", "mail_ingest"), (length) => length === "3")
        yield* ask("xreadgroup", "GROUP", "ingesters", "gone", "STREAMS", "mail_ingest", ">")
        assert.match(String(yield* ask("xpending", "mail_ingest", "ingesters")), /^3,/)
        const worker = yield* startWorker(streams)
        yield* worker.takeN(3)
        yield* settled(ask)
      }))

    test("bears entries that are not its own, and keeps no more than it may", (open, ask) =>
      Effect.gen(function* () {
        const streams = yield* open()
        const fill = "for n = 1, 105000 do redis.call('XADD', KEYS[1], '*', 'task_id', 'no', 'n', n) end"
        yield* ask("eval", fill, 1, "mail_ingest")
        yield* streams.publish([task()])
        yield* until(ask("xlen", "mail_ingest"), (length) => Number(length) <= 101_000)
        const worker = yield* startWorker(streams)
        yield* worker.take
        yield* streams.publish([task()])
        yield* worker.take
      }))
  })

  describe("dlq:mail_ingest", () => {
    const letters = (ask: OwnValkeyServer["ask"], count: number) =>
      until(ask("xlen", "dlq:mail_ingest"), (length) => length === `${count}`)
    const die = (streams: Effect.Effect.Success<ReturnType<Open>>, count: number) =>
      Effect.gen(function* () {
        yield* streams.publish(tasks(count, { payload: { keep: "me" } }))
        yield* Effect.forEach(yield* claim(streams), (held) =>
          streams.fail(held, { error: "bad\nmail", final: true })
        )
      })
    const settings = { sweepInterval: Duration.millis(50) }

    test("has what died, once, with payload and error, and again after somebody emptied Valkey", (open, ask) =>
      Effect.gen(function* () {
        const [here, there] = [yield* open(settings), yield* open(settings)]
        yield* die(here, 3)
        // They listen, so that the letters are followed, and take nothing: a worker might be quicker than `die`.
        yield* Effect.forEach([here, there], (one) =>
          Effect.forkScoped(Stream.runDrain(one.rings("mail_ingest")))
        )
        yield* letters(ask, 3)
        const dead = yield* here.deadLetters("mail_ingest", { after: null, limit: 10 })
        const entries = JSON.stringify(yield* ask("xrange", "dlq:mail_ingest", "-", "+"))
        for (const { taskId } of dead) assert.include(entries, taskId)
        assert.include(
          entries,
          JSON.stringify(["error", "bad\nmail", "payload", '{"keep":"me"}']).slice(1, -1)
        )
        yield* ask("flushall")
        yield* letters(ask, 3)
        yield* die(there, 1)
        yield* letters(ask, 4)
      }))

    test("no longer has what was replayed or dropped", (open, ask) =>
      Effect.gen(function* () {
        const streams = yield* open(settings)
        yield* die(streams, 3)
        yield* Effect.scoped(Effect.zipRight(startWorker(streams), letters(ask, 3)))
        const [first] = yield* streams.deadLetters("mail_ingest", { after: null, limit: 10 })
        if (first === undefined) throw new Error("no dead letter")
        yield* streams.replay("mail_ingest", [first.taskId])
        yield* letters(ask, 2)
        assert.strictEqual(only(yield* nextClaim(streams)).taskId, first.taskId)
        yield* streams.drop("mail_ingest", "all")
        yield* letters(ask, 0)
        assert.deepInclude(yield* statsOf(streams), { dead: 0 })
        assert.deepEqual(idsOf(yield* claim(streams)), [])
      }))
  })
})
