import { assert, describe, it } from "@effect/vitest"
import {
  Duration,
  Effect,
  Fiber,
  ManagedRuntime,
  Option,
  Random,
  Redacted,
  Schedule,
  type Scope
} from "effect"
import { afterAll } from "vitest"
import type { TaskId } from "../../src/domain/ids.ts"
import type { Postgres } from "../../src/storage/postgres.ts"
import { awaited } from "../support/awaited.ts"
import { layerTestPostgres } from "../support/postgres.ts"
import { claim, idsOf, type Service, statsOf, task, tasks } from "../support/streams.ts"
import { openStreams, startWorker, type Worker } from "../support/streamsValkey.ts"
import { makeTcpProxy, type TcpProxy } from "../support/tcpProxy.ts"
import {
  hasValkey,
  type OwnValkeyServer,
  ownValkeyCluster,
  ownValkeySentinels,
  ownValkeyServer,
  until
} from "../support/valkey.ts"

describe.skipIf(!hasValkey)("StreamsValkey in trouble (needs valkey-server)", () => {
  const database = ManagedRuntime.make(layerTestPostgres)
  afterAll(() => database.dispose())

  const test = <E>(title: string, body: Effect.Effect<void, E, Scope.Scope | Postgres>) =>
    it.live(title, () =>
      Effect.flatMap(database.runtimeEffect, (runtime) => Effect.provide(Effect.scoped(body), runtime))
    )

  /** A process that publishes and one that works, without sweeps: what is taken was rung for. */
  const onServer = <E, R>(
    body: (world: {
      readonly here: Service
      readonly worker: Worker
      readonly server: OwnValkeyServer
    }) => Effect.Effect<void, E, R>
  ) =>
    Effect.gen(function* () {
      const server = yield* ownValkeyServer()
      const open = yield* openStreams({ ...server.settings, deadline: Duration.millis(250) })
      const [here, there] = [yield* open(), yield* open()]
      yield* body({ here, worker: yield* startWorker(there), server })
    })

  const proxyTo = ({ port }: OwnValkeyServer) => makeTcpProxy({ host: "127.0.0.1", port })
  const over = ({ port }: TcpProxy) => ({ addresses: [{ host: "127.0.0.1", port }] })
  /** Resets every connection. */
  const cut = ({ refuse, pass }: TcpProxy) => Effect.zipRight(refuse, pass)
  /** Commands get through; instead of an answer the connection is reset. */
  const loseAnswers = (proxy: TcpProxy) => proxy.cut("down", { afterBytes: 0 })

  /** Published, rung for, and taken once. */
  const getsThrough = (here: Service, worker: Worker) =>
    Effect.gen(function* () {
      const published = task()
      yield* here.publish([published])
      assert.deepInclude(yield* worker.take, { taskId: published.taskId, attempt: 1 })
    })

  /** How many entries there were ever, the last one, and the last that the group has read. */
  const entries = ({ ask }: Pick<OwnValkeyServer, "ask">) =>
    Effect.map(
      Effect.all([ask("xinfo", "stream", "mail_ingest"), ask("xinfo", "groups", "mail_ingest")]),
      (infos) => {
        const field = (name: string) => new RegExp(`${name},([-0-9]+)`).exec(infos.join())?.[1]
        return {
          added: Number(field("entries-added")),
          last: field("last-generated-id"),
          read: field("last-delivered-id")
        }
      }
    ).pipe(
      // There is no such stream.
      Effect.catchSomeDefect((defect) =>
        defect instanceof Error && defect.name === "ReplyError"
          ? Option.some(Effect.succeed({ added: 0, last: "none", read: undefined }))
          : Option.none()
      )
    )

  /** Tasks are announced and their entries read, perhaps after a while. */
  const ringsAgain = (here: Service, worker: Worker, server: Pick<OwnValkeyServer, "ask">) =>
    Effect.gen(function* () {
      const { added } = yield* entries(server)
      yield* awaited(
        `more entries than ${added}`,
        Effect.repeat(Effect.zipRight(getsThrough(here, worker), entries(server)), {
          until: (now) => now.added > added,
          schedule: Schedule.spaced("20 millis")
        }),
        entries(server)
      )
      yield* awaited(
        "all entries to be read",
        Effect.repeat(entries(server), {
          until: ({ last, read }) => last === read,
          schedule: Schedule.spaced("20 millis")
        }),
        entries(server)
      )
    })

  test(
    "goes on where Valkey was killed and started again",
    onServer(({ here, worker, server }) =>
      Effect.gen(function* () {
        yield* getsThrough(here, worker)
        yield* server.kill
        yield* Effect.repeatN(getsThrough(here, worker), 3)
        yield* server.revive
        yield* ringsAgain(here, worker, server)
      })
    )
  )

  test(
    "starts without Valkey, and uses it when it comes",
    Effect.gen(function* () {
      const server = yield* ownValkeyServer()
      yield* server.kill
      const open = yield* openStreams(server.settings)
      const [here, there] = [yield* open({}, { isAway: true }), yield* open({}, { isAway: true })]
      const worker = yield* startWorker(there)
      yield* getsThrough(here, worker)
      yield* server.revive
      yield* ringsAgain(here, worker, server)
    })
  )

  test(
    "finds with the next sweep what was announced in a Valkey that somebody emptied",
    Effect.gen(function* () {
      const server = yield* ownValkeyServer()
      const open = yield* openStreams(server.settings)
      const [here, there] = [yield* open(), yield* open({ sweepInterval: Duration.millis(200) })]
      const published = tasks(20)
      // While nobody works: every entry is lost.
      yield* here.publish(published)
      yield* until(server.ask("xlen", "mail_ingest"), (length) => length === "20")
      yield* server.ask("flushall")
      const worker = yield* startWorker(there)
      assert.deepEqual(idsOf(yield* worker.takeN(20)), idsOf(published))
      // While somebody waits: the group is gone under the read.
      yield* server.ask("flushall")
      yield* ringsAgain(here, worker, server)
    })
  )

  test(
    "waits for nothing while Valkey is frozen",
    onServer(({ here, worker, server }) =>
      Effect.gen(function* () {
        yield* getsThrough(here, worker)
        const [spent] = yield* Effect.timed(server.whileFrozen(Effect.repeatN(getsThrough(here, worker), 19)))
        // Twenty deadlines would be five seconds; the connection is given up after two of them.
        assert.isBelow(Duration.toMillis(spent), 2500)
        yield* ringsAgain(here, worker, server)
      })
    )
  )

  for (const what of ["ALL", "WRITE"]) {
    test(
      `waits for nothing while Valkey pauses its clients (${what})`,
      onServer(({ here, worker, server }) =>
        Effect.gen(function* () {
          yield* getsThrough(here, worker)
          yield* server.ask("client", "pause", 3000, what)
          const [spent] = yield* Effect.timed(Effect.repeatN(getsThrough(here, worker), 9))
          assert.isBelow(Duration.toMillis(spent), 2000)
          yield* ringsAgain(here, worker, server)
        })
      )
    )
  }

  test(
    "rings without Valkey while that has no memory left",
    onServer(({ here, worker, server }) =>
      Effect.gen(function* () {
        yield* server.ask("config", "set", "maxmemory", 1)
        yield* Effect.repeatN(getsThrough(here, worker), 3)
        yield* server.ask("config", "set", "maxmemory", 0)
        yield* ringsAgain(here, worker, server)
      })
    )
  )

  test(
    "goes on where the connection is cut, also between a command and its answer",
    Effect.gen(function* () {
      const server = yield* ownValkeyServer()
      const proxy = yield* proxyTo(server)
      const open = yield* openStreams({ ...server.settings, ...over(proxy) })
      const [here, there] = [yield* open(), yield* open({ sweepInterval: Duration.millis(500) })]
      const worker = yield* startWorker(there)
      yield* getsThrough(here, worker)
      yield* cut(proxy)
      yield* getsThrough(here, worker)
      yield* ringsAgain(here, worker, server)
      yield* loseAnswers(proxy)
      yield* Effect.repeatN(getsThrough(here, worker), 5)
      yield* proxy.pass
      yield* ringsAgain(here, worker, server)
    })
  )

  test(
    "hears again, without a sweep, of what it was told on a connection that broke",
    Effect.gen(function* () {
      const server = yield* ownValkeyServer()
      const proxy = yield* proxyTo(server)
      const here = yield* Effect.flatMap(openStreams(server.settings), (open) => open())
      const open = yield* openStreams({ ...server.settings, ...over(proxy) })
      const worker = yield* startWorker(yield* open())
      yield* ringsAgain(here, worker, server)
      yield* proxy.cut("down", { afterBytes: 0, times: 1 })
      yield* getsThrough(here, worker)
      yield* proxy.met
    })
  )

  test(
    "has an ACL user of its own do with few rights",
    Effect.gen(function* () {
      const server = yield* ownValkeyServer()
      const commands =
        "+ping +info +select +xadd +xreadgroup +xack +xdel +xautoclaim +xgroup +xinfo +xrange +xrevrange"
      const keys = "~mail_ingest ~index ~notify ~retention ~send ~dlq:*"
      yield* server.ask(
        "acl",
        "setuser",
        "postroom",
        "on",
        ">secret",
        ...commands.split(" "),
        ...keys.split(" ")
      )
      yield* server.ask("acl", "setuser", "default", "off")
      const open = yield* openStreams({
        ...server.settings,
        credentials: Option.some({ username: Option.some("postroom"), password: Redacted.make("secret") })
      })
      const settings = { sweepInterval: Duration.millis(50) }
      const [here, there] = [yield* open(settings), yield* open(settings)]
      const worker = yield* startWorker(there)
      yield* ringsAgain(here, worker, server)
      yield* here.publish([task({ stream: "send" })])
      yield* Effect.forEach(yield* claim(there, { stream: "send" }), (held) =>
        there.fail(held, { error: "no", final: true })
      )
      const again = yield* startWorker(there, "send")
      yield* until(server.ask("xlen", "dlq:send"), (length) => length === "1")
      yield* there.replay("send", "all")
      yield* until(server.ask("xlen", "dlq:send"), (length) => length === "0")
      assert.strictEqual((yield* again.take).attempt, 1)
      assert.notInclude(String(yield* server.ask("acl", "log")), "reason")
    })
  )

  test(
    "follows the sentinels to the new primary",
    Effect.gen(function* () {
      const { primary, replica, settings } = yield* ownValkeySentinels
      const open = yield* openStreams(settings)
      const [here, there] = [yield* open(), yield* open()]
      const worker = yield* startWorker(there)
      yield* ringsAgain(here, worker, primary)
      yield* primary.kill
      yield* getsThrough(here, worker)
      yield* until(replica.ask("info", "replication"), (info) => info.includes("role:master"))
      yield* ringsAgain(here, worker, replica)
    })
  )

  test(
    "works on a cluster, and without the node that is down",
    Effect.gen(function* () {
      const cluster = yield* ownValkeyCluster
      const open = yield* openStreams(cluster.settings)
      const [here, there] = [yield* open(), yield* open()]
      const worker = yield* startWorker(there)
      const node = yield* cluster.nodeOf("mail_ingest")
      yield* ringsAgain(here, worker, node)
      yield* here.publish([
        task(),
        task({ stream: "index" }),
        task({ stream: "notify" }),
        task({ stream: "send" })
      ])
      yield* worker.take
      for (const stream of ["index", "notify", "send"] as const) {
        assert.strictEqual((yield* claim(there, { stream })).length, 1)
      }
      yield* node.kill
      yield* Effect.repeatN(getsThrough(here, worker), 3)
      yield* node.revive
      yield* ringsAgain(here, worker, node)
    })
  )

  test(
    "does every task once, whatever becomes of Valkey meanwhile",
    Effect.gen(function* () {
      const server = yield* ownValkeyServer()
      const proxy = yield* proxyTo(server)
      const open = yield* openStreams({
        ...server.settings,
        ...over(proxy),
        deadline: Duration.millis(100)
      })
      const settings = { sweepInterval: Duration.millis(300) }
      const publishers = yield* Effect.all([open(settings), open(settings)])
      const workers = yield* Effect.all([open(settings), open(settings), open(settings)])
      const working = yield* Effect.forEach(workers, (one) => startWorker(one))
      const faults = [
        Effect.zipRight(server.kill, server.revive),
        server.ask("flushall"),
        server.whileFrozen(Effect.sleep("150 millis")),
        server.ask("client", "pause", 150, "ALL"),
        server.ask("client", "kill", "TYPE", "normal", "SKIPME", "yes"),
        cut(proxy),
        Effect.zipRight(loseAnswers(proxy), Effect.delay(proxy.pass, "50 millis")),
        Effect.zipRight(
          server.ask("config", "set", "maxmemory", 1),
          Effect.delay(server.ask("config", "set", "maxmemory", 0), "50 millis")
        )
      ]
      const accepted = new Set<TaskId>()
      const publishing = Effect.forEach(
        publishers,
        (streams) =>
          Effect.gen(function* () {
            const some = tasks(yield* Random.nextIntBetween(1, 20))
            yield* streams.publish(some)
            for (const { taskId } of some) accepted.add(taskId)
            yield* Effect.sleep(Duration.millis(yield* Random.nextIntBetween(0, 10)))
          }).pipe(Effect.forever),
        { concurrency: "unbounded" }
      )
      const publisher = yield* Effect.fork(publishing)
      for (const fault of [...faults, ...(yield* Random.shuffle(faults))]) {
        yield* fault
        yield* Effect.sleep("50 millis")
      }
      yield* Fiber.interrupt(publisher)
      const [streams] = publishers
      yield* awaited(
        "no task to be left",
        Effect.repeat(Effect.delay(statsOf(streams), "20 millis"), {
          until: (now) => now?.queued === 0 && now.running === 0
        }),
        statsOf(streams)
      )
      const all: Array<TaskId> = []
      const missing = Effect.map(
        Effect.forEach(working, ({ takeAll }) => takeAll),
        (some) => {
          all.push(...some.flat().map(({ taskId }) => taskId))
          for (const taskId of all) accepted.delete(taskId)
          return [...accepted]
        }
      )
      yield* awaited(
        "every accepted task to be done",
        Effect.repeat(missing, {
          until: (some) => some.length === 0,
          schedule: Schedule.spaced("20 millis")
        }),
        missing
      )
      assert.deepEqual(all.sort(), [...new Set(all)])
    })
  )
})
