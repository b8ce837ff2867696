// Process of its own: makes the mails, connects, says Ready, and at the word `go` sends everything as fast as it is taken.
import { performance } from "node:perf_hooks"
import { makeMails } from "../mailSource.ts"
import type { FromGenerator, LoadOptions, LoadReport } from "./messages.ts"
import { SmtpConnection } from "./SmtpConnection.ts"

const say = (message: FromGenerator) => process.send?.(message)

const now = () => performance.timeOrigin + performance.now()

const fail = (problem: Error) => {
  say({ _tag: "Failed", problem: problem.message })
  process.exitCode = 1
  process.disconnect()
}

const run = async (options: LoadOptions) => {
  const mails = makeMails(options)
  const connections = await Promise.all(
    Array.from({ length: options.connections }, () => SmtpConnection.open(options, fail))
  )
  process.once("message", async () => {
    const cpu = process.cpuUsage()
    const startedAt = now()
    const latencies: Array<number> = []
    let next = 0
    const drive = (connection: SmtpConnection) =>
      new Promise<void>((resolve) => {
        const another = () => {
          const mail = mails[next++]
          if (mail === undefined) return resolve()
          const begin = performance.now()
          connection.send(mail, () => {
            latencies.push(performance.now() - begin)
            another()
          })
        }
        another()
      })
    await Promise.all(connections.map(drive))
    const acceptedAt = now()
    const { user, system } = process.cpuUsage(cpu)
    const report: LoadReport = {
      startedAt,
      acceptedAt,
      bytes: mails.reduce((sum, { head, rest }) => sum + head.length + rest.length, 0),
      latencies,
      cpuMillis: (user + system) / 1000
    }
    for (const connection of connections) connection.close()
    say({ _tag: "Done", ...report })
    process.disconnect()
  })
  say({ _tag: "Ready" })
}

process.once("message", (options: LoadOptions) => {
  run(options).catch(fail)
})
