// Durable accept and deliver, whole stack, beside the raw limits of the same run.
//   npx tsx bench/deliver.ts [--rounds 3] [--connections 1,8,32] [--profiles 10k,45k] [--protocol smtp] [--dir FOLDER]
//                            [--program MAIN.JS]…   several builds: each round runs them one after the other
//                            [--fleet 1,2,3]        beside it, fleets of so many runners (each needs a Valkey)
//                            [--external]           beside it, one that keeps everything in Postgres, Valkey and MinIO of their own
// Each round runs every case once, so that the noise of the machine meets all of them.
import { tmpdir } from "node:os"
import { parseArgs } from "node:util"
import { makeMails, type Profile, profiles } from "./mailSource.ts"
import { type DeliveryRun, deliver, describe } from "./measure/delivery.ts"
import { rawBlobs, rawCommits } from "./measure/rawLimits.ts"
import { median, ratio, spread } from "./measure/statistics.ts"
import { startExternalServers } from "./targets/externalServers.ts"
import { startFleet } from "./targets/fleet.ts"
import { type Postroom, startPostroom } from "./targets/postroom.ts"
import type { Target } from "./targets/Target.ts"

const { values } = parseArgs({
  options: {
    dir: { type: "string", default: tmpdir() },
    rounds: { type: "string", default: "3" },
    connections: { type: "string", default: "1,8,32" },
    profiles: { type: "string", default: profiles.join(",") },
    protocol: { type: "string", default: "smtp" },
    messages: { type: "string", default: "3000" },
    users: { type: "string", default: "50" },
    program: { type: "string", multiple: true },
    fleet: { type: "string", default: "" },
    external: { type: "boolean", default: false },
    "no-raw": { type: "boolean", default: false }
  }
})
const rounds = Number(values.rounds)
const users = Number(values.users)
const protocol = values.protocol === "lmtp" ? "lmtp" : "smtp"
const chosen = profiles.filter((profile) => values.profiles.split(",").includes(profile))
const connectionCounts = values.connections.split(",").map(Number)
const rawMillis = 2000

/** A single connection is slow, and realistic mails are large: fewer of them give the same certainty. */
const countOf = (profile: Profile, connections: number): number =>
  Math.ceil(
    (Number(values.messages) * (profile === "45k" ? 0.5 : 1) * (connections === 1 ? 0.3 : 1)) / users
  ) * users

const servers: Array<Postroom> = []
for (const program of values.program ?? [undefined])
  servers.push(
    await startPostroom({ directory: values.dir, users, ...(program === undefined ? {} : { program }) })
  )
const external = values.external ? await startExternalServers() : null
if (external !== null) servers.push(await startPostroom({ directory: values.dir, users, external }))

const [first] = servers
if (first === undefined) throw new Error("no server")
const targets: Array<Target> = [...servers]
for (const runners of values.fleet.split(",").filter(Boolean).map(Number))
  targets.push(
    await startFleet({ directory: values.dir, runners, users, portOffset: 20_000 + targets.length * 100 })
  )
const seen = new Map<string, Array<DeliveryRun>>()
const raw = new Map<string, Array<number>>()
const note = <A>(into: Map<string, Array<A>>, key: string, value: A) =>
  into.set(key, [...(into.get(key) ?? []), value])
const caseOf = (profile: Profile, connections: number) => `${protocol} ${profile} C=${connections}`

for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(1))
let seed = 0
for (const server of targets)
  await deliver(server, { profile: "10k", count: 1000, seed: seed++, users, protocol, connections: 8 })
for (let round = 0; round < rounds; round++) {
  for (const profile of chosen) {
    if (!values["no-raw"]) {
      const sizes = makeMails({ profile, count: 200, seed: 1, users }).map(
        ({ head, rest }) => head.length + rest.length
      )
      note(raw, "one-row commits/s", await rawCommits(first.sql, rawMillis))
      note(raw, `${profile} blob writes/s`, await rawBlobs(values.dir, { sizes, millis: rawMillis }))
    }
    for (const connections of connectionCounts) {
      for (const server of targets) {
        const count = countOf(profile, connections)
        seed += 1
        const run = await deliver(server, { profile, count, seed, users, protocol, connections })
        note(seen, `${caseOf(profile, connections)} ${server.name}`, run)
      }
    }
  }
}
for (const server of targets) {
  await server.check()
  await server.stop()
}
await external?.stop()

console.log(`\n${rounds} rounds; median (least–most). Mails to ${users} mailboxes.`)
for (const [name, rates] of raw) console.log(`raw limit, ${name}: ${spread(rates)}`)
for (const profile of chosen) {
  for (const connections of connectionCounts) {
    const name = caseOf(profile, connections)
    const runsOf = (server: Target) => seen.get(`${name} ${server.name}`) ?? []
    const rates = (server: Target) => runsOf(server).map((run) => run.deliveredPerSecond)
    for (const server of targets) {
      const meanBytes = median(runsOf(server).map((run) => run.meanBytes))
      console.log(
        `${name} (mean ${(meanBytes / 1000).toFixed(1)} KB) ${server.name}: ${describe(runsOf(server))}`
      )
    }
    for (const server of targets.slice(1))
      console.log(`  ratio delivered/s ${server.name} / ${first.name}: ${ratio(rates(server), rates(first))}`)
  }
}
