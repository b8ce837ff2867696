// Postroom beside Debian's Postfix -> Dovecot LMTP, and beside Dovecot's LMTP alone: same mails, same client, same disk,
// one after the other in every round.
//   npx tsx bench/peer.ts [--rounds 3] [--connections 1,8,32] [--profiles 10k,45k] [--dir FOLDER] [--program MAIN.JS]
// As root, with the packages postfix, dovecot-core and dovecot-lmtpd installed (none of them running by itself).
import { tmpdir } from "node:os"
import { parseArgs } from "node:util"
import type { Protocol } from "./load/SmtpConnection.ts"
import { profiles } from "./mailSource.ts"
import { type DeliveryRun, deliver, describe } from "./measure/delivery.ts"
import { ratio } from "./measure/statistics.ts"
import { startPostfixDovecot } from "./targets/postfixDovecot.ts"
import { startPostroom } from "./targets/postroom.ts"
import type { Target } from "./targets/Target.ts"

const { values } = parseArgs({
  options: {
    dir: { type: "string", default: tmpdir() },
    rounds: { type: "string", default: "3" },
    connections: { type: "string", default: "1,8,32" },
    profiles: { type: "string", default: profiles.join(",") },
    protocols: { type: "string", default: "smtp,lmtp" },
    messages: { type: "string", default: "2000" },
    program: { type: "string" }
  }
})
const rounds = Number(values.rounds)
const users = 50
const protocols = (["smtp", "lmtp"] satisfies ReadonlyArray<Protocol>).filter((name) =>
  values.protocols.split(",").includes(name)
)
const cases = protocols.flatMap((protocol) =>
  profiles
    .filter((profile) => values.profiles.split(",").includes(profile))
    .flatMap((profile) =>
      values.connections.split(",").map((connections) => ({
        protocol,
        profile,
        connections: Number(connections),
        count: Math.ceil((Number(values.messages) * (connections === "1" ? 0.3 : 1)) / users) * users
      }))
    )
)

for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(1))
const ours = await startPostroom({
  directory: values.dir,
  users,
  ...(values.program === undefined ? {} : { program: values.program })
})
const peer = await startPostfixDovecot(values.dir)
const seen = new Map<string, Array<DeliveryRun>>()
const keyOf = (one: (typeof cases)[number], target: Target) =>
  `${one.protocol} ${one.profile} C=${one.connections} ${target.name}`

let seed = 1
for (const target of [ours, peer])
  await deliver(target, { profile: "10k", count: 500, seed, users, protocol: "smtp", connections: 8 })
for (let round = 0; round < rounds; round++) {
  for (const one of cases) {
    seed += 1
    for (const target of round % 2 === 0 ? [ours, peer] : [peer, ours]) {
      const run = await deliver(target, { ...one, seed, users })
      seen.set(keyOf(one, target), [...(seen.get(keyOf(one, target)) ?? []), run])
    }
  }
}
for (const target of [ours, peer]) {
  await target.check()
  await target.stop()
}

console.log(`\n${rounds} rounds; median (least–most). Mails to ${users} mailboxes.`)
for (const one of cases) {
  const runsOf = (target: Target) => seen.get(keyOf(one, target)) ?? []
  for (const target of [ours, peer]) console.log(`${keyOf(one, target)}: ${describe(runsOf(target))}`)
  const rates = (target: Target) => runsOf(target).map((run) => run.deliveredPerSecond)
  console.log(`  ratio delivered/s: ${ratio(rates(ours), rates(peer))}`)
}
