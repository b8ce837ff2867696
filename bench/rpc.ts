// GetMailbox over gRPC: our whole road (authentication, right, audit event, the actor's memory) beside a bare connect-node
// handler that gives the same answer. Same client, 32 calls under way, one after the other in every round.
//   npx tsx bench/rpc.ts [--calls 20000] [--rounds 3] [--program MAIN.JS]
import { fork } from "node:child_process"
import { once } from "node:events"
import { createServer } from "node:http2"
import { tmpdir } from "node:os"
import { performance } from "node:perf_hooks"
import { fileURLToPath } from "node:url"
import { parseArgs } from "node:util"
import { type Client, createClient } from "@connectrpc/connect"
import { connectNodeAdapter, createGrpcTransport } from "@connectrpc/connect-node"
import { MailboxService } from "../src/rpc/gen/postroom/core/v1/mailbox_pb.ts"
import { treeCpu } from "./measure/cpu.ts"
import { ratio, spread } from "./measure/statistics.ts"
import { benchPassword, startPostroom } from "./targets/postroom.ts"

const { values } = parseArgs({
  options: {
    calls: { type: "string", default: "20000" },
    rounds: { type: "string", default: "3" },
    dir: { type: "string", default: tmpdir() },
    program: { type: "string" },
    /** Set in the process that this one starts. */
    bare: { type: "boolean", default: false }
  }
})
const calls = Number(values.calls)
const underWay = 32

const serveBare = () => {
  const answer = { modSeq: 9n, usedBytes: 0n, quotaBytes: 0n }
  const server = createServer(
    connectNodeAdapter({ routes: (router) => router.rpc(MailboxService.method.getMailbox, () => answer) })
  )
  server.listen(0, "127.0.0.1", () => {
    const address = server.address()
    process.send?.(typeof address === "object" ? address?.port : 0)
  })
}

interface Run {
  readonly callsPerSecond: number
  readonly cpuMillis: number
}

const noRuns = (): Array<Run> => []

const measure = async (client: Client<typeof MailboxService>, pid: number): Promise<Run> => {
  const authorization = Buffer.from(`user0@demo.test:${benchPassword}`).toString("base64")
  const headers = { Authorization: `Basic ${authorization}` }
  await client.getMailbox({}, { headers })
  const cpu = treeCpu(pid)
  const start = performance.now()
  let left = calls
  const caller = async () => {
    while (left-- > 0) await client.getMailbox({}, { headers })
  }
  await Promise.all(Array.from({ length: underWay }, caller))
  return {
    callsPerSecond: (calls * 1000) / (performance.now() - start),
    cpuMillis: (treeCpu(pid) - cpu) / calls
  }
}

const compare = async () => {
  const bare = fork(fileURLToPath(import.meta.url), ["--bare"])
  process.once("exit", () => bare.kill())
  const [port] = await once(bare, "message")
  const ours = await startPostroom({
    directory: values.dir,
    users: 1,
    ...(values.program === undefined ? {} : { program: values.program })
  })
  const clientOf = (baseUrl: string) => createClient(MailboxService, createGrpcTransport({ baseUrl }))
  const targets = [
    { name: "postroom", pid: ours.pid, client: clientOf(ours.grpcUrl), runs: noRuns() },
    {
      name: "bare handler",
      pid: bare.pid ?? 0,
      client: clientOf(`http://127.0.0.1:${port}`),
      runs: noRuns()
    }
  ]
  for (let round = 0; round <= Number(values.rounds); round++) {
    for (const { client, pid, runs } of targets) {
      const run = await measure(client, pid)
      // The first round only warms up.
      if (round > 0) runs.push(run)
    }
  }
  for (const { name, runs } of targets) {
    const cpu = spread(
      runs.map(({ cpuMillis }) => cpuMillis),
      2
    )
    console.log(
      `${name}: ${spread(runs.map(({ callsPerSecond }) => callsPerSecond))} calls/s, server CPU ${cpu} ms/call`
    )
  }
  const [our, their] = targets.map(({ runs }) => runs.map(({ cpuMillis }) => cpuMillis))
  console.log(`ratio of CPU: ${ratio(our ?? [], their ?? [])}`)
  bare.kill()
  await ours.stop()
  process.exit(0)
}

if (values.bare) serveBare()
else await compare()
