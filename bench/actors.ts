// What mailboxes cost in memory, and what asking them costs, over the memory twin of the store: no Postgres, no disk.
//   npx tsx bench/actors.ts [--mailboxes 10000,50000] [--asks 200000] [--rounds 3]
// Each case runs in a process of its own; memory is RSS after a full collection, less what it was before.
import { execFileSync } from "node:child_process"
import { randomUUID } from "node:crypto"
import { performance } from "node:perf_hooks"
import { fileURLToPath } from "node:url"
import { parseArgs } from "node:util"
import { ConfigProvider, Context, Effect, Layer, type Scope } from "effect"
import { type Ask, Router } from "../src/actors/mailbox/MailboxProtocol.ts"
import * as RouterLocal from "../src/actors/mailbox/RouterLocal.ts"
import { ShardCosts } from "../src/actors/sharding/ShardCosts.ts"
import type { CoreError } from "../src/domain/errors.ts"
import { CorrelationId, FolderId, MailboxId, ModSeq } from "../src/domain/ids.ts"
import { MailboxStore } from "../src/storage/mailbox/MailboxStore.ts"
import { OutboxBell } from "../src/storage/outbox/OutboxBell.ts"
import { ownershipAt } from "../test/support/actors.ts"
import { layerMemory } from "../test/support/mailboxStoreMemory.ts"
import { spread } from "./measure/statistics.ts"

const { values } = parseArgs({
  options: {
    mailboxes: { type: "string", default: "10000,50000" },
    asks: { type: "string", default: "200000" },
    rounds: { type: "string", default: "3" },
    /** Set in the processes that this one starts. */
    measure: { type: "string" },
    count: { type: "string", default: "0" }
  }
})

const all = Array.from({ length: values.measure === "asks" ? 64 : Number(values.count) }, () =>
  MailboxId(randomUUID())
)

/** Passivation within the measurement where it is what is measured. */
const settings = new Map([["POSTROOM_ACTOR_IDLE", values.measure === "parked" ? "1 second" : "1 hour"]])

const layerRouter = (store: MailboxStore["Type"]) =>
  RouterLocal.layer.pipe(
    Layer.provide(
      Layer.mergeAll(Layer.succeed(MailboxStore, store), ownershipAt(1), OutboxBell.layer, ShardCosts.layer)
    ),
    Layer.provide(Layer.setConfigProvider(ConfigProvider.fromMap(settings)))
  )

/** Over mailboxes that exist; a state read from the store is a copy, as from Postgres. */
const layerActors = Layer.unwrapScoped(
  Effect.gen(function* () {
    const store = Context.get(yield* Layer.build(layerMemory(all)), MailboxStore)
    yield* Effect.provide(
      Effect.flatMap(Router, (router) => Effect.forEach(all, (id) => router.state(id), { discard: true })),
      layerRouter(store)
    )
    const copying = (...named: Parameters<typeof store.activate>) =>
      Effect.map(store.activate(...named), (state) => structuredClone(state))
    return layerRouter({ ...store, activate: copying })
  })
)

const residentAfterCollection = (): number => {
  for (let times = 0; times < 4; times++) globalThis.gc?.()
  return process.memoryUsage.rss()
}

/** A command that changes nothing in the store but goes all the way: a flag on a message that is not there. */
const emptyAsk = (mailboxId: MailboxId): Ask => ({
  mailboxId,
  command: { _tag: "MarkAllRead", folderId: FolderId(1) },
  origin: "bench",
  correlationId: CorrelationId("bench"),
  operationId: null
})

const memoryCases = ["twin", "active", "watched", "parked"] as const
type MemoryCase = (typeof memoryCases)[number]

/**
 * RSS in bytes with no more than the store's twin; with every mailbox in memory besides; with a watch on each besides; and with
 * these watched mailboxes passivated.
 */
const memory = (what: MemoryCase) =>
  Effect.gen(function* () {
    const router = yield* Router
    if (what !== "twin") yield* Effect.forEach(all, (id) => router.state(id), { discard: true })
    if (what === "watched" || what === "parked")
      yield* Effect.forEach(all, (id) => router.watch(id, ModSeq(1_000_000), () => undefined), {
        discard: true
      })
    if (what === "parked") yield* Effect.sleep("4 seconds")
    return yield* Effect.sync(() => ({ bytes: residentAfterCollection() }))
  })

/** Asks per second, 64 under way at a time, spread over 64 mailboxes. */
const asks = (count: number) =>
  Effect.gen(function* () {
    const router = yield* Router
    const once = (amount: number) =>
      Effect.forEach(
        Array.from({ length: 64 }),
        (_, caller) =>
          Effect.forEach(
            Array.from({ length: Math.ceil(amount / 64) }),
            () => router.ask(emptyAsk(all[caller] ?? MailboxId(""))),
            { discard: true }
          ),
        { concurrency: "unbounded", discard: true }
      )
    yield* once(count / 10)
    const start = performance.now()
    yield* once(count)
    return { perSecond: (count * 1000) / (performance.now() - start) }
  })

const measured = (what: string): Promise<Record<string, number>> => {
  const memoryCase = memoryCases.find((name) => name === what)
  const program: Effect.Effect<Record<string, number>, CoreError, Router | Scope.Scope> = memoryCase ===
  undefined
    ? asks(Number(values.asks))
    : memory(memoryCase)
  return program.pipe(Effect.provide(layerActors), Effect.scoped, Effect.runPromise)
}

/** Runs this file again for one measurement. */
const child = (what: string, count: number): Readonly<Record<string, number>> =>
  JSON.parse(
    execFileSync(
      process.execPath,
      [
        "--expose-gc",
        ...process.execArgv,
        fileURLToPath(import.meta.url),
        "--measure",
        what,
        "--count",
        String(count),
        "--asks",
        values.asks
      ],
      { encoding: "utf8" }
    )
  )

const report = () => {
  const rounds = Array.from({ length: Number(values.rounds) })
  for (const count of values.mailboxes.split(",").map(Number)) {
    const runs = rounds.map(() => {
      const bytes = (what: MemoryCase) => child(what, count)["bytes"] ?? Number.NaN
      return {
        twin: bytes("twin"),
        active: bytes("active"),
        watched: bytes("watched"),
        parked: bytes("parked")
      }
    })
    const kilobytes = (more: MemoryCase, less: MemoryCase) =>
      spread(
        runs.map((run) => (run[more] - run[less]) / count / 1024),
        2
      )
    console.log(
      `${count} mailboxes, KB of RSS each: in memory and idle ${kilobytes("active", "twin")}; a watch on it ` +
        `${kilobytes("watched", "active")} more; passivated with its watch ${kilobytes("parked", "twin")}`
    )
  }
  const rates = rounds.map(() => (child("asks", 0)["perSecond"] ?? Number.NaN) / 1000)
  console.log(`asks through the Router, 64 at a time over 64 mailboxes: ${spread(rates, 1)} thousand/s`)
}

if (values.measure === undefined) report()
else console.log(JSON.stringify(await measured(values.measure)))
