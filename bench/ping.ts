// How soon parked phones hear of mail, and what each costs: SMTP 250 to Ping released, and RSS per parked Ping.
//   npx tsx bench/ping.ts [--parked 1000,10000] [--per-mailbox 10] [--rate 50] [--seconds 20] [--dir FOLDER]
// Open loop: a message is sent when it is due. The phones that it wakes park again. One process is sender and phones, so that
// there is one clock. A process may open as many connections as `ulimit -n` says, here and in the server.
import { readFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { performance } from "node:perf_hooks"
import { setTimeout as sleep } from "node:timers/promises"
import { parseArgs } from "node:util"
import { Phone } from "./load/Phone.ts"
import { SmtpConnection } from "./load/SmtpConnection.ts"
import { makeMails } from "./mailSource.ts"
import { percentile } from "./measure/statistics.ts"
import { benchPassword, startPostroom } from "./targets/postroom.ts"

const { values } = parseArgs({
  options: {
    parked: { type: "string", default: "1000,10000" },
    "per-mailbox": { type: "string", default: "10" },
    rate: { type: "string", default: "50" },
    seconds: { type: "string", default: "20" },
    dir: { type: "string", default: tmpdir() }
  }
})
const counts = values.parked.split(",").map(Number)
const perMailbox = Number(values["per-mailbox"])
const rate = Number(values.rate)
const count = rate * Number(values.seconds)
const mailboxes = Math.ceil(Math.max(...counts) / perMailbox)
const heartbeatSeconds = 3_540

const fail = (problem: unknown): never => {
  console.error(problem)
  process.exit(1)
}

const server = await startPostroom({ directory: values.dir, users: mailboxes })

/** Resident octets of the server's process. */
const rss = () => {
  const [, kib] = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${server.pid}/status`, "latin1")) ?? []
  return Number(kib) * 1024
}

interface Parked {
  readonly phone: Phone
  readonly mailbox: number
  readonly inbox: string
  key: string
}

/** When the last message of a mailbox was answered that its phones have not heard of. */
const answeredAt = new Map<number, number>()
let taken: Array<number> = []
let stopping = false

const prepare = async (n: number): Promise<Parked> => {
  const mailbox = n % mailboxes
  const account = { url: server.httpUrl, user: `user${mailbox}@demo.test`, password: benchPassword }
  const phone = new Phone(account, `PING${n}`)
  const inbox = await phone.inbox()
  return { phone, mailbox, inbox, key: (await phone.syncAll(inbox, 512)).key }
}

/** Parks, is woken, syncs, parks again. */
const live = async (parked: Parked) => {
  while (!stopping) {
    const status = await parked.phone.ping(parked.inbox, heartbeatSeconds)
    const since = answeredAt.get(parked.mailbox)
    if (status === "2" && since !== undefined) taken.push(performance.now() - since)
    const synced = await parked.phone.sync(parked.inbox, parked.key, { window: 100 })
    parked.key = synced.key
  }
}

const connections = await Promise.all(
  Array.from({ length: 8 }, () => SmtpConnection.open(server.endpoint("smtp"), fail))
)
const all: Array<Parked> = []
const empty = rss()
for (const wanted of counts) {
  while (all.length < wanted) {
    const fresh = await Promise.all(
      Array.from({ length: Math.min(50, wanted - all.length) }, (_, n) => prepare(all.length + n))
    )
    all.push(...fresh)
    for (const parked of fresh)
      live(parked).catch((problem) => {
        if (!stopping) fail(problem)
      })
  }
  await sleep(5_000)
  const resident = rss()
  const mails = makeMails({ profile: "10k", count, seed: wanted, users: Math.min(mailboxes, wanted) })
  taken = []
  const start = performance.now()
  for (const [index, mail] of mails.entries()) {
    const wait = start + (index * 1000) / rate - performance.now()
    if (wait > 0) await sleep(wait)
    const connection = connections[index % connections.length]
    connection?.send(mail, () => answeredAt.set(index % Math.min(mailboxes, wanted), performance.now()))
  }
  await sleep(2_000)
  const at = (part: number) => percentile(taken, part).toFixed(1)
  console.log(
    `${wanted} parked: 250 to Ping released p50 ${at(0.5)} · p99 ${at(0.99)} ms (${taken.length}); RSS ${(resident / 2 ** 20).toFixed(0)} MiB, ${((resident - empty) / 1024 / wanted).toFixed(1)} KiB per parked Ping`
  )
}
stopping = true
for (const { phone } of all) phone.close()
for (const connection of connections) connection.close()
await server.stop()
process.exit(0)
