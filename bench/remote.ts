// What a call of another runner costs beside the same call in this process, and how many wakes a second go over one
// connection. The mailboxes answer at once, so that what is left is the way to them.
//   npx tsx bench/remote.ts [--calls 20000] [--watches 10000] [--rounds 3]
import { type ChildProcess, fork } from "node:child_process"
import { once } from "node:events"
import { performance } from "node:perf_hooks"
import { fileURLToPath } from "node:url"
import { parseArgs } from "node:util"
import { Effect, type Scope } from "effect"
import type { MailboxMethods, Moved } from "../src/actors/mailbox/MailboxProtocol.ts"
import type { Peer, PeerAway } from "../src/actors/sharding/Peers.ts"
import type { CoreError } from "../src/domain/errors.ts"
import { FolderId, MessageId, ModSeq, Uid } from "../src/domain/ids.ts"
import { asking, mailboxNumber } from "../test/support/actors.ts"
import { deliver } from "../test/support/domain.ts"
import { done, makeOwnerTwin, wakeAt } from "../test/support/ownerTwin.ts"
import { calling, serve } from "../test/support/remote.ts"
import { percentile, spread } from "./measure/statistics.ts"

const { values } = parseArgs({
  options: {
    calls: { type: "string", default: "20000" },
    watches: { type: "string", default: "10000" },
    rounds: { type: "string", default: "3" },
    /** Set in the process that this one starts. */
    owner: { type: "boolean", default: false }
  }
})
const calls = Number(values.calls)
const watches = Number(values.watches)
const wakeTurns = 20
const settings = { POSTROOM_REMOTE_SILENCE: "30 seconds" }
let isOver = false

const result = {
  ...done,
  changes: [
    {
      _tag: "MessageAdded" as const,
      messageId: MessageId(4711),
      folderId: FolderId(1),
      uid: Uid(4711),
      flags: [],
      categories: [],
      sizeBytes: 10_240
    }
  ]
}
const twin = makeOwnerTwin({ ask: () => Effect.succeed(result) })
const mailboxes = Array.from({ length: watches }, (_, n) => mailboxNumber(n + 1))
const ask = asking(
  deliver({
    checksum: "a".repeat(64),
    preview: "The figures of the last quarter are in. ".repeat(4),
    headers: { "list-id": "figures.example.test", importance: "high" }
  })
)

const print = (line: string) => Effect.sync(() => process.stdout.write(`${line}\n`))

/** CPU that a process has used, in microseconds. */
const cpuOf = ({ user, system }: NodeJS.CpuUsage): number => user + system

/** Tells its port, its CPU time where it is asked for it, and wakes everybody where it is told to. */
const beOwner = Effect.gen(function* () {
  const port = yield* serve(twin.mailboxes, { settings })
  let modSeq = 7
  process.on("message", (wish) => {
    if (wish === "wake") {
      modSeq++
      for (const mailboxId of mailboxes)
        twin.wake(mailboxId, wakeAt(modSeq, { folders: new Set([FolderId(1)]) }))
    } else process.send?.(cpuOf(process.cpuUsage()))
  })
  yield* Effect.sync(() => process.send?.(port))
  return yield* Effect.never
})

const cpuThere = (owner: ChildProcess) =>
  Effect.promise(async (): Promise<number> => {
    owner.send("cpu")
    const [micros] = await once(owner, "message")
    return Number(micros)
  })

/** CPU on both sides and seconds that something took. */
const measured = <A, E, R>(owner: ChildProcess, work: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const there = yield* cpuThere(owner)
    const here = cpuOf(process.cpuUsage())
    const start = performance.now()
    const value = yield* work
    const seconds = (performance.now() - start) / 1000
    const cpuHere = cpuOf(process.cpuUsage()) - here
    return { value, seconds, cpuHere, cpuThere: (yield* cpuThere(owner)) - there }
  })

/** Milliseconds that each call took. */
const callMany = (target: Pick<MailboxMethods<PeerAway>, "ask">, inFlight: number) =>
  Effect.gen(function* () {
    const latencies: Array<number> = []
    let left = calls
    const caller = Effect.whileLoop({
      while: () => left-- > 0,
      body: () => {
        const start = performance.now()
        return Effect.map(target.ask(ask), () => void latencies.push(performance.now() - start))
      },
      step: () => undefined
    })
    yield* Effect.all(
      Array.from({ length: inFlight }, () => caller),
      { concurrency: "unbounded", discard: true }
    )
    return latencies
  })

const measureCalls = (
  owner: ChildProcess,
  name: string,
  { target, inFlight }: { readonly target: Pick<MailboxMethods<PeerAway>, "ask">; readonly inFlight: number }
) =>
  Effect.gen(function* () {
    const run = measured(owner, callMany(target, inFlight))
    yield* Effect.asVoid(run)
    const rounds = yield* Effect.replicateEffect(run, Number(values.rounds))
    const latency = (part: number) => spread(rounds.map(({ value }) => percentile(value, part) * 1000))
    const cpu = (side: "cpuHere" | "cpuThere") =>
      spread(
        rounds.map((round) => round[side] / calls),
        1
      )
    yield* print(
      `${name}, ${inFlight} in flight: CPU ${cpu("cpuHere")} µs here, ${cpu("cpuThere")} µs there; ` +
        `p50 ${latency(0.5)} µs, p99 ${latency(0.99)} µs`
    )
  })

const wakeMany = (
  owner: ChildProcess,
  peer: Peer
): Effect.Effect<void, CoreError | Moved | PeerAway, Scope.Scope> =>
  Effect.gen(function* () {
    let heard = 0
    let whenAll = () => {}
    const listener = {
      wake: () => {
        if (++heard % watches === 0) whenAll()
      },
      lost: () => process.exit(isOver ? 0 : 1)
    }
    const put = yield* measured(
      owner,
      Effect.forEach(mailboxes, (id) => peer.listen(id, ModSeq(7), listener), {
        concurrency: 1000,
        discard: true
      })
    )
    yield* print(
      `${watches} watches put up in ${put.seconds.toFixed(2)} s: CPU ${(put.cpuHere / watches).toFixed(1)} µs here, ` +
        `${(put.cpuThere / watches).toFixed(1)} µs there, each`
    )
    const turn = Effect.async<void>((resume) => {
      whenAll = () => resume(Effect.void)
      owner.send("wake")
    })
    const wakes = wakeTurns * watches
    for (let round = 0; round < Number(values.rounds); round++) {
      const run = yield* measured(owner, Effect.repeatN(turn, wakeTurns - 1))
      yield* print(
        `${(wakes / run.seconds).toFixed(0)} wakes/s: CPU ${(run.cpuHere / wakes).toFixed(2)} µs here, ` +
          `${(run.cpuThere / wakes).toFixed(2)} µs there, each`
      )
    }
  })

const compare = Effect.gen(function* () {
  const owner = fork(fileURLToPath(import.meta.url), ["--owner", "--watches", values.watches])
  process.once("exit", () => owner.kill())
  const port = yield* Effect.promise(async () => (await once(owner, "message"))[0])
  const peer = (yield* calling({ settings: { ...settings, POSTROOM_REMOTE_TIMEOUT: "60 seconds" } })).at(
    `127.0.0.1:${port}`
  )
  for (const inFlight of [1, 64]) {
    yield* measureCalls(owner, "local", { target: twin.mailboxes, inFlight })
    yield* measureCalls(owner, "remote", { target: peer, inFlight })
  }
  yield* wakeMany(owner, peer)
  isOver = true
  owner.kill()
})

await (values.owner ? Effect.runPromise(Effect.scoped(beOwner)) : Effect.runPromise(Effect.scoped(compare)))
