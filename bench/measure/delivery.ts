import { performance } from "node:perf_hooks"
import { setTimeout as sleep } from "node:timers/promises"
import { load } from "../load/load.ts"
import type { Protocol } from "../load/SmtpConnection.ts"
import type { MailOptions } from "../mailSource.ts"
import type { Target } from "../targets/Target.ts"
import { machineCpu } from "./cpu.ts"
import { median, percentile, spread } from "./statistics.ts"

export interface DeliveryOptions extends MailOptions {
  readonly protocol: Protocol
  readonly connections: number
}

/** One run: everything from the first byte to the last message in its mailbox. */
export interface DeliveryRun {
  /** Messages per second until the last was answered, and until the last was in its mailbox. */
  readonly acceptedPerSecond: number
  readonly deliveredPerSecond: number
  readonly meanBytes: number
  /** MAIL FROM to the answer, milliseconds. */
  readonly latencyP50: number
  readonly latencyP99: number
  /** CPU milliseconds per message, by part; `client` is the load generator, `others` whoever else used the machine. */
  readonly cpuPerMessage: Readonly<Record<string, number>>
}

const pollMillis = 5
const patienceMillis = 120_000

export const deliver = async (target: Target, options: DeliveryOptions): Promise<DeliveryRun> => {
  const before = await target.delivered()
  let cpuBefore = target.cpu()
  let machineBefore = machineCpu()
  const report = await load({ ...options, ...target.endpoint(options.protocol) }, () => {
    cpuBefore = target.cpu()
    machineBefore = machineCpu()
  })
  const start = performance.now()
  while ((await target.delivered()) < before + options.count) {
    if (performance.now() - start > patienceMillis) throw new Error(`${target.name} does not deliver`)
    await sleep(pollMillis)
  }
  const deliveredAt = performance.timeOrigin + performance.now()
  const cpuAfter = target.cpu()
  const parts = Object.entries(cpuAfter).map(
    ([part, millis]) => [part, millis - (cpuBefore[part] ?? 0)] as const
  )
  const known = parts.reduce((sum, [, millis]) => sum + millis, report.cpuMillis)
  const perMessage = (millis: number) => millis / options.count
  const run = {
    acceptedPerSecond: (options.count * 1000) / (report.acceptedAt - report.startedAt),
    deliveredPerSecond: (options.count * 1000) / (deliveredAt - report.startedAt),
    meanBytes: report.bytes / options.count,
    latencyP50: percentile(report.latencies, 0.5),
    latencyP99: percentile(report.latencies, 0.99),
    cpuPerMessage: {
      ...Object.fromEntries(parts.map(([part, millis]) => [part, perMessage(millis)])),
      client: perMessage(report.cpuMillis),
      others: perMessage(Math.max(0, machineCpu() - machineBefore - known))
    }
  }
  console.error(
    `${target.name} ${options.protocol} ${options.profile} C=${options.connections}: ${describe([run])}`
  )
  return run
}

/** One line for the rounds of one case. */
export const describe = (runs: ReadonlyArray<DeliveryRun>): string => {
  const of = (value: (run: DeliveryRun) => number) => runs.map(value)
  const parts = Object.keys(runs[0]?.cpuPerMessage ?? {})
  const cpu = parts.map(
    (part) => `${part} ${median(of(({ cpuPerMessage }) => cpuPerMessage[part] ?? 0)).toFixed(2)}`
  )
  return [
    `delivered/s ${spread(of((run) => run.deliveredPerSecond))}`,
    `accepted/s ${spread(of((run) => run.acceptedPerSecond))}`,
    `answer p50 ${median(of((run) => run.latencyP50)).toFixed(1)} p99 ${median(of((run) => run.latencyP99)).toFixed(1)} ms`,
    `CPU ms/message: ${cpu.join(", ")}`
  ].join("; ")
}
