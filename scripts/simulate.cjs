// `npm run simulate -- --seeds 10000 [--from 1] [--workers 2] [--tell]`: stories of faults in virtual time (test/simulation/main.ts).
const { spawnSync } = require("node:child_process")
const { environment, inRoot, prepare, root } = require("./setup.cjs")

prepare()
const { status } = spawnSync(
  process.execPath,
  [
    // Most of what a story makes dies young.
    "--max-semi-space-size=64",
    "--import",
    "tsx",
    inRoot("test", "simulation", "main.ts"),
    ...process.argv.slice(2)
  ],
  { cwd: root, env: environment, stdio: "inherit" }
)
process.exit(status ?? 1)
