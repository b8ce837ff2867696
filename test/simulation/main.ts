// `npm run simulate -- --seeds 10000 [--from 1] [--workers 4]`: plays that many stories of faults, each whole in virtual time, on
// all cores. A seed that fails is played again with `--from SEED --seeds 1 --tell`, which prints all that happened.
import { fork } from "node:child_process"
import { availableParallelism } from "node:os"
import { fileURLToPath } from "node:url"
import { parseArgs } from "node:util"
import { Schema } from "effect"
import { Outcome } from "./Outcome.ts"
import { play } from "./story.ts"

const say = (line: string) => process.stdout.write(`${line}\n`)

/** So many seeds apart, it is said how far it got. */
const stride = 1_000

/** What came of all seeds so far. */
class Tally {
  private readonly startedAt = performance.now()
  private readonly sums = { accepted: 0, granted: 0, commits: 0, steps: 0 }
  private count = 0
  readonly failed: Array<number> = []

  add({ seed, failure, counts, lines, digest }: Outcome): void {
    for (const line of lines) say(line)
    if (lines.length > 0) say(`digest ${digest}`)
    this.count += 1
    this.sums.accepted += counts.accepted
    this.sums.granted += counts.granted
    this.sums.commits += counts.commits
    this.sums.steps += counts.steps
    if (failure !== null) {
      this.failed.push(seed)
      say(`seed ${seed}: ${failure}`)
    }
    if (this.count % stride === 0) this.report()
  }

  report(): void {
    const seconds = (performance.now() - this.startedAt) / 1000
    const { accepted, granted, commits, steps } = this.sums
    const failed = this.failed.toSorted((left, right) => left - right)
    say(
      `${this.count} seeds in ${seconds.toFixed(1)} s (${(this.count / seconds).toFixed(1)}/s), ${steps} steps ` +
        `(${(steps / seconds).toFixed(0)}/s), ${accepted} messages accepted, ${granted} wishes granted, ${commits} commits, ` +
        `${failed.length} failed${failed.length > 0 ? `: ${failed.join(" ")}` : ""}`
    )
  }
}

const numberOf = (text: string, name: string): number => {
  const number = Number(text)
  if (Number.isSafeInteger(number) && number >= 0) return number
  throw new Error(`--${name} is a whole number`)
}

const isOutcome = Schema.is(Outcome)

const { values } = parseArgs({
  options: {
    from: { type: "string", default: "1" },
    seeds: { type: "string", default: "1000" },
    workers: { type: "string", default: String(availableParallelism()) },
    tell: { type: "boolean", default: false }
  }
})

/** Hands out one seed after the other, each to a process that has none. */
const conduct = (): void => {
  let seed = numberOf(values.from, "from")
  const end = seed + numberOf(values.seeds, "seeds")
  const tally = new Tally()
  const next = (worker: ReturnType<typeof fork>): void => {
    if (seed < end) worker.send(seed++)
    else worker.disconnect()
  }
  let working = Math.max(1, Math.min(numberOf(values.workers, "workers"), end - seed))
  const finish = (code: number | null): void => {
    if (code !== 0) throw new Error(`a worker ended with ${code}`)
    working -= 1
    if (working > 0) return
    tally.report()
    process.exitCode = tally.failed.length > 0 ? 1 : 0
  }
  for (let n = working; n > 0; n--) {
    const worker = fork(fileURLToPath(import.meta.url), process.argv.slice(2))
    worker.on("message", (outcome) => {
      if (!isOutcome(outcome)) throw new Error("a worker does not say what came of a seed")
      tally.add(outcome)
      next(worker)
    })
    worker.on("exit", finish)
    next(worker)
  }
}

if (process.send === undefined) conduct()
else process.on("message", (seed) => process.send?.(play({ seed: Number(seed), isTold: values.tell })))
