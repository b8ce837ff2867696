import { createInterface } from "node:readline"
import { Effect, FiberSet, Metric } from "effect"
import { ModSeq } from "../../src/domain/ids.ts"
import { registry } from "../../src/observability/metrics.ts"
import { asking, mailboxNumber } from "./actors.ts"
import { deliver } from "./domain.ts"
import { done, makeOwnerTwin } from "./ownerTwin.ts"
import { calling, serve } from "./remote.ts"

// One side of calls between processes, to be frozen and killed by a test:
//   … remoteProcess.ts owner            serves mailboxes, and prints its port
//   … remoteProcess.ts caller PORT N    listens to N mailboxes, with 100 calls under way, and prints that it is ready
// What it holds it prints for every line that it reads.
const [side, port = "", watches = "0"] = process.argv.slice(2)

const print = (what: object) => Effect.sync(() => void process.stdout.write(`${JSON.stringify(what)}\n`))

/** As in production: so many watches keep a process busy for longer than other tests wait. */
const settings = { POSTROOM_REMOTE_SILENCE: "4 seconds" }

const heard = { lost: 0, away: 0 }

const twin = makeOwnerTwin({
  // The last mailbox answers, the others' commands are never done.
  ask: ({ mailboxId }) => (mailboxId === mailboxNumber(0) ? Effect.succeed(done) : Effect.never)
})

const owner = Effect.flatMap(serve(twin.mailboxes, { settings }), (bound) => print({ port: bound }))

const caller = Effect.gen(function* () {
  const peer = (yield* calling({ settings })).at(`127.0.0.1:${port}`)
  const listener = { wake: () => undefined, lost: () => void heard.lost++ }
  const mailboxes = Array.from({ length: Number(watches) }, (_, n) => mailboxNumber(n + 1))
  yield* Effect.forEach(mailboxes, (mailboxId) => peer.listen(mailboxId, ModSeq(7), listener), {
    concurrency: 1000,
    discard: true
  })
  const call = (mailboxId: (typeof mailboxes)[number]) =>
    Effect.catchTag(peer.ask(asking(deliver(), { mailboxId })), "PeerAway", () =>
      Effect.sync(() => void heard.away++)
    )
  for (const mailboxId of mailboxes.slice(0, 100)) yield* Effect.forkScoped(call(mailboxId))
  // Answered after those have gone out.
  yield* peer.ask(asking(deliver(), { mailboxId: mailboxNumber(0) }))
  yield* print({ ready: true })
})

const held = Effect.gen(function* () {
  const gauges = yield* Effect.promise(() => registry.getMetricsAsJSON())
  const total = (name: string) =>
    gauges.find((metric) => metric.name === name)?.values.reduce((sum, { value }) => sum + value, 0) ?? 0
  const { count } = yield* Metric.value(Metric.fiberActive)
  return {
    ...heard,
    fibers: count,
    listeners: twin.listeners(),
    watches: total("remote_watches"),
    connections: total("remote_connections")
  }
})

const main = Effect.gen(function* () {
  const lines = createInterface({ input: process.stdin })
  const run = yield* FiberSet.makeRuntime<never>()
  lines.on("line", () => void run(Effect.flatMap(held, print)))
  yield* side === "owner" ? owner : caller
  return yield* Effect.never
})

await Effect.runPromise(Effect.scoped(main))
