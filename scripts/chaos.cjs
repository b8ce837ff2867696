// `node scripts/chaos.cjs [ROUNDS [FILE ...]] [--external]`: the fault tests for long, with ROUNDS (10) more rounds of each
// fault than `npm test` does, and those of `test/chaos/heavy`, which it leaves out. FILE: of these only, by a part of their
// names. Ends with what was asserted in all of them together.
// `--external`: all of them with Postgres, Valkey and MinIO as servers of their own.
const { spawn } = require("node:child_process")
const { parseArgs } = require("node:util")
const { environment, inRoot, prepare, root } = require("./setup.cjs")

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { external: { type: "boolean", default: false } }
})
const [rounds = "10", ...files] = positionals
const settings = {
  POSTROOM_CHAOS_ROUNDS: rounds,
  POSTROOM_CHAOS_EXTERNAL: String(values.external)
}
const sums = { rounds: 0, accepted: 0, imbalance: 0 }

/** Each asserted round logs its figures; those of one story add up, so that its last round has all of them. */
const read = (line) => {
  const [, asserted] = /message="?(asserted[^"]*)/.exec(line) ?? []
  if (asserted === undefined) return
  const figure = (name) => Number(new RegExp(`\\b${name}=(\\d+)`).exec(line)?.[1] ?? Number.NaN)
  sums.rounds += figure("rounds")
  sums.accepted += figure("fresh")
  sums.imbalance += figure("imbalance")
}

prepare()
const vitest = spawn(
  process.execPath,
  [inRoot("node_modules", "vitest", "vitest.mjs"), "run", "--config", "vitest.chaos.config.ts", ...files],
  { cwd: root, env: { ...environment, ...settings }, stdio: ["ignore", "pipe", "inherit"] }
)
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => vitest.kill(signal))
let rest = ""
vitest.stdout.setEncoding("utf8").on("data", (chunk) => {
  process.stdout.write(chunk)
  const lines = (rest + chunk).split("\n")
  rest = lines.pop()
  for (const line of lines) read(line)
})
vitest.once("close", (code) => {
  const { rounds: faults, accepted, imbalance } = sums
  process.stdout.write(`${faults} faults, ${accepted} messages accepted, imbalance ${imbalance}\n`)
  process.exitCode = code ?? 1
})
