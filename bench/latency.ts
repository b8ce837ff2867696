// How long one message takes at a moderate, steady rate: MAIL FROM to its answer, and its answer to the watch event.
//   npx tsx bench/latency.ts [--rate 50] [--seconds 20] [--rounds 3] [--profile 10k] [--watched 20] [--dir FOLDER] [--program MAIN.JS]
// Open loop: a message is sent when it is due, whatever became of those before, and counts from then. Sender and watchers
// are one process, so that there is one clock; it does little else.
import { tmpdir } from "node:os"
import { performance } from "node:perf_hooks"
import { setTimeout as sleep } from "node:timers/promises"
import { parseArgs } from "node:util"
import { createClient } from "@connectrpc/connect"
import { createGrpcTransport } from "@connectrpc/connect-node"
import { MailboxService } from "../src/rpc/gen/postroom/core/v1/mailbox_pb.ts"
import { SmtpConnection } from "./load/SmtpConnection.ts"
import { makeMails, profiles } from "./mailSource.ts"
import { percentile, spread } from "./measure/statistics.ts"
import { benchPassword, startPostroom } from "./targets/postroom.ts"

const { values } = parseArgs({
  options: {
    rate: { type: "string", default: "50" },
    seconds: { type: "string", default: "20" },
    rounds: { type: "string", default: "3" },
    profile: { type: "string", default: "10k" },
    watched: { type: "string", default: "20" },
    dir: { type: "string", default: tmpdir() },
    program: { type: "string" }
  }
})
const rate = Number(values.rate)
const count = rate * Number(values.seconds)
const rounds = Number(values.rounds)
const watched = Number(values.watched)
const profile = profiles.find((name) => name === values.profile) ?? "10k"
const connectionCount = 16

for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(1))
const fail = (problem: unknown) => {
  console.error(problem)
  process.exit(1)
}
const server = await startPostroom({
  directory: values.dir,
  users: watched,
  ...(values.program === undefined ? {} : { program: values.program })
})

/** When the answers of each mailbox's messages came that no event told of yet; a mailbox's events come in their order. */
const answered = new Map<number, Array<number>>()
const told = new Map<number, number>()
/** Events that came before the answer did, by mailbox: then the wait is nothing. */
let eventLatencies: Array<number> = []

const onMessage = (mailbox: number, at: number) => {
  const waiting = answered.get(mailbox) ?? []
  const since = waiting.shift()
  if (since === undefined) told.set(mailbox, (told.get(mailbox) ?? 0) + 1)
  else eventLatencies.push(at - since)
}

const onAnswer = (mailbox: number, at: number) => {
  const early = told.get(mailbox) ?? 0
  if (early > 0) {
    told.set(mailbox, early - 1)
    eventLatencies.push(0)
    return
  }
  answered.set(mailbox, [...(answered.get(mailbox) ?? []), at])
}

const transport = createGrpcTransport({ baseUrl: server.grpcUrl })
const client = createClient(MailboxService, transport)
const stops: Array<AbortController> = []

/** Watches one mailbox from now on; resolves once the server has said where that is. */
const watch = (mailbox: number): Promise<void> =>
  new Promise((ready) => {
    const authorization = Buffer.from(`user${mailbox}@demo.test:${benchPassword}`).toString("base64")
    const headers = { Authorization: `Basic ${authorization}` }
    const stop = new AbortController()
    stops.push(stop)
    const run = async () => {
      for await (const { changes } of client.watch({}, { headers, signal: stop.signal })) {
        ready()
        const at = performance.now()
        for (const { fact } of changes) if (fact.case === "messageAdded") onMessage(mailbox, at)
      }
    }
    run().catch((error) => {
      if (!stop.signal.aborted) fail(error)
    })
  })

for (let mailbox = 0; mailbox < watched; mailbox++) await watch(mailbox)
const connections = await Promise.all(
  Array.from({ length: connectionCount }, () => SmtpConnection.open(server.endpoint("smtp"), fail))
)

interface Round {
  readonly answers: ReadonlyArray<number>
  readonly events: ReadonlyArray<number>
}

const oneRound = async (seed: number): Promise<Round> => {
  const mails = makeMails({ profile, count, seed, users: watched })
  const answers: Array<number> = []
  eventLatencies = []
  const free = [...connections]
  const due: Array<() => void> = []
  const send = (index: number, dueAt: number) => {
    const mail = mails[index]
    const connection = free.pop()
    if (mail === undefined) return
    if (connection === undefined) {
      due.push(() => send(index, dueAt))
      return
    }
    connection.send(mail, () => {
      const at = performance.now()
      answers.push(at - dueAt)
      onAnswer(index % watched, at)
      free.push(connection)
      due.shift()?.()
    })
  }
  const start = performance.now()
  for (let index = 0; index < count; index++) {
    const dueAt = start + (index * 1000) / rate
    const wait = dueAt - performance.now()
    if (wait > 0) await sleep(wait)
    // What the timer was late is not the server's.
    send(index, Math.max(dueAt, performance.now()))
  }
  for (let waited = 0; eventLatencies.length < count && waited < 30_000; waited += 10) await sleep(10)
  if (eventLatencies.length < count) fail(`${count - eventLatencies.length} messages were not announced`)
  return { answers, events: eventLatencies }
}

await oneRound(0)
const seen: Array<Round> = []
for (let round = 1; round <= rounds; round++) seen.push(await oneRound(round))
for (const stop of stops) stop.abort()
for (const connection of connections) connection.close()
await server.check()
await server.stop()

const at = (part: number, of: (round: Round) => ReadonlyArray<number>) =>
  spread(
    seen.map((round) => percentile(of(round), part)),
    1
  )
console.log(
  `${rounds} rounds of ${count} messages (${profile}) at ${rate}/s, ${watched} watched mailboxes; ms, median (least–most)`
)
console.log(`MAIL FROM to its answer: p50 ${at(0.5, (r) => r.answers)}, p99 ${at(0.99, (r) => r.answers)}`)
console.log(`answer to watch event: p50 ${at(0.5, (r) => r.events)}, p99 ${at(0.99, (r) => r.events)}`)
process.exit(0)
