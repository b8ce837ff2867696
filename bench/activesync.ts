// What a phone waits for: initial sync, empty Sync, flag change, body, and how all that grows with the folder.
//   npx tsx bench/activesync.ts [--messages 5000] [--folders 1000,50000] [--devices 1,8,32] [--rounds 3] [--per-round 100]
//     [--window 100] [--dir FOLDER] [--peer URL --peer-lmtp HOST:PORT --peer-password P --peer-user 'user{n}' --peer-address 'user{n}@bench.test']
// Version 14.1, which both sides speak. --peer: another ActiveSync server (shared/peers/start-sogo.sh) does the same things in turn.
// Mailbox 1 has --messages, the next one each of --folders (of Postroom only), those after them 200 each for the devices.
import { tmpdir } from "node:os"
import { performance } from "node:perf_hooks"
import { parseArgs } from "node:util"
import { type Account, Phone, readChange } from "./load/Phone.ts"
import { type Endpoint, SmtpConnection } from "./load/SmtpConnection.ts"
import { makeMails } from "./mailSource.ts"
import { percentile, spread } from "./measure/statistics.ts"
import { benchPassword, startPostroom } from "./targets/postroom.ts"

const { values } = parseArgs({
  options: {
    messages: { type: "string", default: "5000" },
    folders: { type: "string", default: "1000,50000" },
    devices: { type: "string", default: "1,8,32" },
    rounds: { type: "string", default: "3" },
    "per-round": { type: "string", default: "100" },
    window: { type: "string", default: "100" },
    dir: { type: "string", default: tmpdir() },
    peer: { type: "string" },
    "peer-lmtp": { type: "string", default: "127.0.0.1:24" },
    "peer-password": { type: "string", default: "" },
    "peer-user": { type: "string", default: "user{n}" },
    "peer-address": { type: "string", default: "user{n}@bench.test" }
  }
})
const folderSizes = values.folders === "" ? [] : values.folders.split(",").map(Number)
const deviceCounts = values.devices.split(",").map(Number)
const most = Math.max(...deviceCounts)
const rounds = Number(values.rounds)
const perRound = Number(values["per-round"])
const window = Number(values.window)

interface Server {
  readonly name: string
  /** Messages in the mailboxes that show how cost grows. */
  readonly folderSizes: ReadonlyArray<number>
  readonly account: (mailbox: number) => Account
  readonly address: (mailbox: number) => string
  readonly lmtp: Endpoint
  readonly stop: () => Promise<void>
}

const postroom = async (): Promise<Server> => {
  const server = await startPostroom({
    directory: values.dir,
    users: 2 + folderSizes.length + most,
    // The phones here ask the same again and again, as fast as they can.
    settings: { POSTROOM_ACTIVESYNC_REPEATS: "0", POSTROOM_ACTIVESYNC_REQUESTS_PER_MINUTE: "0" }
  })
  return {
    name: "Postroom",
    folderSizes,
    account: (n) => ({ url: server.httpUrl, user: `user${n}@demo.test`, password: benchPassword }),
    address: (n) => `user${n}@demo.test`,
    lmtp: server.endpoint("lmtp"),
    stop: server.stop
  }
}

const peer = (url: string): Server => {
  const [host = "127.0.0.1", port = "24"] = values["peer-lmtp"].split(":")
  return {
    name: "peer",
    folderSizes: [],
    account: (n) => ({
      url,
      user: values["peer-user"].replace("{n}", String(n)),
      password: values["peer-password"]
    }),
    address: (n) => values["peer-address"].replace("{n}", String(n)),
    lmtp: { protocol: "lmtp", host, port: Number(port) },
    stop: () => Promise.resolve()
  }
}

/** Messages by mailbox, the first has number 1. */
const sizesOf = ({ folderSizes }: Server) => [
  Number(values.messages),
  ...folderSizes,
  ...Array.from({ length: most }, () => 200)
]

const fail = (problem: unknown): never => {
  console.error(problem)
  process.exit(1)
}

/** Delivers to one mailbox, eight at a time. */
const fill = async (server: Server, mailbox: number, count: number) => {
  const mails = makeMails({ profile: "10k", count, seed: mailbox, users: 1 }).map((mail) => ({
    ...mail,
    recipient: server.address(mailbox)
  }))
  let next = 0
  const work = async () => {
    const connection = await SmtpConnection.open(server.lmtp, fail)
    for (let mail = mails[next++]; mail !== undefined; mail = mails[next++]) {
      const one = mail
      await new Promise<void>((resolve) => connection.send(one, resolve))
    }
    connection.close()
  }
  await Promise.all(Array.from({ length: 8 }, work))
}

interface Ready {
  readonly phone: Phone
  readonly inbox: string
  /** Of the Inbox, and some items of it. */
  key: string
  readonly items: ReadonlyArray<string>
}

let phones = 0
const takeUp = async (server: Server, mailbox: number): Promise<Ready> => {
  const phone = new Phone(server.account(mailbox), `BENCH${process.pid}N${phones++}`)
  await phone.provision()
  const inbox = await phone.inbox()
  const { key, added } = await phone.syncAll(inbox, 512)
  return { phone, inbox, key, items: added.slice(0, 200) }
}

const timed = async (what: () => Promise<unknown>): Promise<number> => {
  const start = performance.now()
  await what()
  return performance.now() - start
}

/** What one device does again and again; milliseconds of each. */
const operations: Readonly<Record<string, (ready: Ready, n: number) => Promise<void>>> = {
  "empty Sync": async (ready) => {
    ready.key = (await ready.phone.sync(ready.inbox, ready.key, { window })).key
  },
  "flag change": async (ready, n) => {
    const item = ready.items[n % ready.items.length] ?? ""
    const commands = [readChange(item, Math.floor(n / ready.items.length) % 2 === 0)]
    ready.key = (await ready.phone.sync(ready.inbox, ready.key, { window, commands })).key
  },
  "body fetch": (ready, n) => ready.phone.fetchBody(ready.inbox, ready.items[n % ready.items.length] ?? "")
}

const run = async (devices: ReadonlyArray<Ready>, operation: string, from: number) => {
  const act = operations[operation] ?? fail(`no operation ${operation}`)
  const each = Math.ceil(perRound / devices.length)
  const taken = await Promise.all(
    devices.map(async (ready) => {
      const own: Array<number> = []
      for (let n = 0; n < each; n++) own.push(await timed(() => act(ready, from + n)))
      return own
    })
  )
  return taken.flat()
}

const seen = new Map<string, Array<number>>()
const note = (name: string, taken: ReadonlyArray<number>) =>
  seen.set(name, [...(seen.get(name) ?? []), ...taken])

const servers = [await postroom(), ...(values.peer === undefined ? [] : [peer(values.peer)])]
const ready = new Map<Server, ReadonlyArray<Ready>>()
for (const server of servers) {
  const sizes = sizesOf(server)
  for (const [index, size] of sizes.entries()) await fill(server, index + 1, size)
  const own: Array<Ready> = []
  for (const index of sizes.keys()) if (index > 0) own.push(await takeUp(server, index + 1))
  ready.set(server, own)
  console.error(`${server.name} is filled`)
}

for (let round = 0; round < rounds; round++)
  for (const server of servers) {
    const phone = new Phone(server.account(1), `BENCH${process.pid}I${round}`)
    await phone.provision()
    const inbox = await phone.inbox()
    let count = 0
    const millis = await timed(async () => {
      count = (await phone.syncAll(inbox, window)).added.length
    })
    phone.close()
    if (count < Number(values.messages)) fail(`${server.name} gave ${count} of ${values.messages} messages`)
    note(`${server.name}: initial sync, messages/s`, [(count * 1000) / millis])
    const all = ready.get(server) ?? []
    // A sign-in that was long ago is looked at anew: not part of what is measured.
    await run(all, "empty Sync", 0)
    const small = all.slice(server.folderSizes.length)
    for (const operation of Object.keys(operations)) {
      for (const count of deviceCounts)
        note(
          `${server.name}: ${operation}, ${count} devices`,
          await run(small.slice(0, count), operation, round * perRound)
        )
      for (const [index, size] of server.folderSizes.entries())
        note(
          `${server.name}: ${operation}, ${size} messages in the folder`,
          await run(all.slice(index, index + 1), operation, round * perRound)
        )
    }
  }

for (const [name, taken] of seen) {
  const at = (part: number) => percentile(taken, part).toFixed(1)
  console.log(
    name.includes("initial")
      ? `${name}: ${spread(taken)}`
      : `${name}: p50 ${at(0.5)} · p95 ${at(0.95)} · p99 ${at(0.99)} ms (${taken.length})`
  )
}
for (const own of ready.values()) for (const { phone } of own) phone.close()
for (const server of servers) await server.stop()
