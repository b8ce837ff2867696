// How soon parked phones hear of mail, and what each costs: SMTP 250 to Ping released, and RSS per parked Ping.
//   npx tsx bench/ping.ts [--parked 1000,10000] [--servers 1] [--per-mailbox 5] [--rate 4] [--seconds 60] [--dir FOLDER]
//     [--peer URL --peer-smtp HOST:PORT --peer-password P --peer-user 'user{n}' --peer-address 'user{n}@bench.test']
// A process may open as many connections as `ulimit -n` says: beyond that, --servers share the phones, each with mailboxes
// and a database of its own. --peer: eight phones wait at another ActiveSync server (shared/peers/start-sogo.sh), eight at ours.
import { type ChildProcess, fork } from "node:child_process"
import { once } from "node:events"
import { tmpdir } from "node:os"
import { fileURLToPath } from "node:url"
import { parseArgs } from "node:util"
import { ParkedPhones } from "./load/ParkedPhones.ts"
import type { Answer, Wish } from "./load/parkedProcess.ts"
import { percentile } from "./measure/statistics.ts"

const { values } = parseArgs({
  options: {
    parked: { type: "string", default: "1000,10000" },
    servers: { type: "string", default: "1" },
    "per-mailbox": { type: "string", default: "5" },
    rate: { type: "string", default: "4" },
    seconds: { type: "string", default: "60" },
    dir: { type: "string", default: tmpdir() },
    peer: { type: "string" },
    "peer-smtp": { type: "string", default: "127.0.0.1:25" },
    "peer-password": { type: "string", default: "" },
    "peer-user": { type: "string", default: "user{n}" },
    "peer-address": { type: "string", default: "user{n}@bench.test" }
  }
})
const counts = values.parked.split(",").map(Number)
const perSecond = Number(values.rate)
const seconds = Number(values.seconds)
const servers = Number(values.servers)

const program = fileURLToPath(new URL("./load/parkedProcess.ts", import.meta.url))
const children = Array.from({ length: servers }, () => fork(program))

const ask = async (child: ChildProcess, wish: Wish): Promise<Answer> => {
  child.send(wish)
  const [answer] = await Promise.race([
    once(child, "message"),
    once(child, "exit").then(() => Promise.reject(new Error("a process of phones ended")))
  ])
  return answer
}
const all = (wish: Wish) => Promise.all(children.map((child) => ask(child, wish)))
const sum = (answers: ReadonlyArray<Answer>) => answers.reduce((total, { rss }) => total + rss, 0)

const waits = (taken: ReadonlyArray<number>) => {
  const at = (part: number) => percentile(taken, part).toFixed(1)
  return `250 to Ping released p50 ${at(0.5)} · p99 ${at(0.99)} · most ${at(1)} ms (${taken.length})`
}

const mailboxes = Math.ceil(Math.max(...counts) / Number(values["per-mailbox"]) / servers)
const empty = sum(await all({ _tag: "Start", directory: values.dir, mailboxes }))

if (values.peer !== undefined) {
  const url = values.peer
  const [host = "127.0.0.1", port = "25"] = values["peer-smtp"].split(":")
  const named = (pattern: string) => (n: number) => pattern.replace("{n}", String(n))
  const phones = new ParkedPhones(
    {
      mailboxes: 8,
      account: (n) => ({ url, user: named(values["peer-user"])(n), password: values["peer-password"] }),
      address: named(values["peer-address"]),
      mail: { protocol: "smtp", host, port: Number(port) },
      heartbeatSeconds: 3_540
    },
    (problem) => {
      console.error(problem)
      process.exit(1)
    }
  )
  const few = { count: 32, perSecond: 0.5 }
  await phones.park(8)
  console.log(`peer, 8 parked: ${waits(await phones.deliver(few.count, few.perSecond))}`)
  phones.close()
  await all({ _tag: "Park", phones: 8 })
  const ours = await all({ _tag: "Deliver", ...few })
  console.log(`Postroom, 8 parked: ${waits(ours.flatMap(({ taken }) => taken))}`)
}

let before = { count: 0, resident: empty }
for (const count of counts) {
  const resident = sum(await all({ _tag: "Park", phones: count / servers }))
  const answers = await all({
    _tag: "Deliver",
    count: Math.ceil((perSecond * seconds) / servers),
    perSecond: perSecond / servers
  })
  const each = ((resident - before.resident) / 1024 / (count - before.count)).toFixed(1)
  console.log(
    `${count} parked: ${waits(answers.flatMap(({ taken }) => taken))}; RSS ${(resident / 2 ** 20).toFixed(0)} MiB, ${each} KiB for each Ping beyond ${before.count}`
  )
  before = { count, resident }
}
await all({ _tag: "Stop" })
