// `npm run simulate -- --seeds 10000 [--from 1]`: plays that many stories of faults, each whole in virtual time. A seed that
// fails is played again with `--from SEED --seeds 1 --tell`, which prints all that happened.
import { parseArgs } from "node:util"
import { play } from "./story.ts"

const { values } = parseArgs({
  options: {
    from: { type: "string", default: "1" },
    seeds: { type: "string", default: "1000" },
    tell: { type: "boolean", default: false }
  }
})
const say = (line: string) => process.stdout.write(`${line}\n`)

const from = Number(values.from)
const count = Number(values.seeds)
const startedAt = performance.now()
const sums = { accepted: 0, granted: 0, commits: 0 }
const failed: Array<number> = []
for (let seed = from; seed < from + count; seed++) {
  const { failure, counts, lines, digest } = play({ seed, isTold: values.tell })
  for (const line of lines) say(line)
  if (values.tell) say(`digest ${digest}`)
  sums.accepted += counts.accepted
  sums.granted += counts.granted
  sums.commits += counts.commits
  if (failure === null) continue
  failed.push(seed)
  say(`seed ${seed}: ${failure}`)
}
const seconds = (performance.now() - startedAt) / 1000
say(
  `${count} seeds in ${seconds.toFixed(1)} s (${(count / seconds).toFixed(1)}/s), ${sums.accepted} messages accepted, ` +
    `${sums.granted} wishes granted, ${sums.commits} commits, ${failed.length} failed${failed.length > 0 ? `: ${failed.join(" ")}` : ""}`
)
process.exitCode = failed.length > 0 ? 1 : 0
