// `npm run fleet -- [--runners 3] [--edges 2] [--data DIR] [--port-offset N]`: three runners, two edges, mail and workers on one machine, each
// a process of its own, with a Postgres and a Valkey (src/fleet/main.ts).
const { spawnSync } = require("node:child_process")
const { pathToFileURL } = require("node:url")
const { inRoot, prepare, say } = require("./setup.cjs")

prepare({ withPages: true })
const { status, stdout } = spawnSync("bash", [inRoot("scripts", "valkey.sh")], {
  encoding: "utf8",
  stdio: ["ignore", "pipe", "inherit"]
})
if (status !== 0) {
  say("A fleet needs valkey-server, and it could not be installed here. Install it, then start again.")
  process.exit(1)
}
process.argv = [
  process.argv[0],
  inRoot("dist", "fleet", "main.js"),
  ...process.argv.slice(2),
  "--valkey",
  stdout.trim()
]
import(pathToFileURL(process.argv[1]).href)
