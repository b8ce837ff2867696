// `npm run devices -- --seeds 100 --operations 10000`: the model of phones at length, over HTTP (test/model/phones.ts); with
// --engine the engine's alone (test/model/engine.ts), with --fleet at a fleet that is harmed meanwhile (test/model/fleet.ts).
// --from 42 --seeds 1 plays one seed again.
const { spawnSync } = require("node:child_process")
const { parseArgs } = require("node:util")
const { environment, inRoot, prepare, root } = require("./setup.cjs")

const { values } = parseArgs({
  options: {
    from: { type: "string", default: "1" },
    seeds: { type: "string", default: "10" },
    operations: { type: "string", default: "1000" },
    engine: { type: "boolean", default: false },
    fleet: { type: "boolean", default: false }
  }
})

prepare()
const vitest = inRoot("node_modules", "vitest", "vitest.mjs")
const size = ["--from", values.from, "--seeds", values.seeds, "--operations", values.operations]
const { status } = spawnSync(
  process.execPath,
  values.engine
    ? ["--import", "tsx", inRoot("test", "model", "engine.ts"), ...size]
    : [vitest, "run", "--project", "e2e", "test/e2e/activesync/model"],
  {
    cwd: root,
    env: {
      ...environment,
      POSTROOM_TEST_FROM: values.from,
      POSTROOM_TEST_SEEDS: values.seeds,
      POSTROOM_TEST_OPERATIONS: values.operations,
      POSTROOM_TEST_FLEET: String(values.fleet)
    },
    stdio: "inherit"
  }
)
process.exit(status ?? 1)
