// `npm run devices -- --seeds 100 --operations 10000`: the model of phones at length (test/model/phones.ts).
const { spawnSync } = require("node:child_process")
const { parseArgs } = require("node:util")
const { environment, inRoot, prepare, root } = require("./setup.cjs")

const { values } = parseArgs({
  options: {
    seeds: { type: "string", default: "10" },
    operations: { type: "string", default: "1000" }
  }
})

prepare()
const vitest = inRoot("node_modules", "vitest", "vitest.mjs")
const { status } = spawnSync(
  process.execPath,
  [vitest, "run", "--project", "e2e", "test/e2e/activesync/model"],
  {
    cwd: root,
    env: { ...environment, POSTROOM_TEST_SEEDS: values.seeds, POSTROOM_TEST_OPERATIONS: values.operations },
    stdio: "inherit"
  }
)
process.exit(status ?? 1)
