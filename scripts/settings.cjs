// `npm run settings`: writes docs/configuration.md from the settings that the program declares.
// `--check`: says instead whether it is current.
const { spawnSync } = require("node:child_process")
const { existsSync, readFileSync, writeFileSync } = require("node:fs")
const { inRoot, prepare, say } = require("./setup.cjs")

prepare()
const { status, stdout } = spawnSync(process.execPath, [inRoot("dist", "main.js"), "--settings"], {
  encoding: "utf8",
  stdio: ["ignore", "pipe", "inherit"]
})
if (status !== 0) process.exit(1)

const page = inRoot("docs", "configuration.md")
if (!process.argv.includes("--check")) writeFileSync(page, stdout)
else if (!existsSync(page) || readFileSync(page, "utf8") !== stdout) {
  say("docs/configuration.md is not what the settings are: npm run settings")
  process.exit(1)
}
