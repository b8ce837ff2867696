// `node scripts/chaos.cjs [ROUNDS]`: the fault tests for long, with ROUNDS (10) more rounds of each fault than
// `npm test` does. Ends with what was asserted in all of them together.
const { spawn } = require("node:child_process")
const { environment, inRoot, prepare, root } = require("./setup.cjs")

const rounds = process.argv[2] ?? "10"
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
  [inRoot("node_modules", "vitest", "vitest.mjs"), "run", "--project", "e2e", "test/chaos"],
  { cwd: root, env: { ...environment, POSTROOM_CHAOS_ROUNDS: rounds }, stdio: ["ignore", "pipe", "inherit"] }
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
