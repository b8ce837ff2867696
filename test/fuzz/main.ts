// `npm run fuzz -- TARGET [--minutes 10] [--seed N]`: looks for bytes that break a target, guided by what code they reach. What reaches
// something new is kept in test/golden/activesync/fuzz/TARGET, which the tests replay; so is what breaks it, as `failed-…`.
import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { parseArgs } from "node:util"
import { Worker } from "node:worker_threads"
import { type Heard, nameOf, Watched, type Work } from "./watched.ts"

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { minutes: { type: "string", default: "10" }, seed: { type: "string", default: "1" } }
})
const [target = ""] = positionals
const folder = fileURLToPath(new URL(`../golden/activesync/fuzz/${target}/`, import.meta.url))
if (!existsSync(new URL(`./targets/${target}.ts`, import.meta.url))) {
  process.stderr.write("usage: npm run fuzz -- TARGET [--minutes 10] [--seed N]\n")
  process.exit(2)
}
mkdirSync(folder, { recursive: true })

/** One input may take this long. */
const patienceSeconds = 10

const watched = new Watched()
const work: Work = {
  target,
  folder,
  minutes: Number(values.minutes),
  seed: Number(values.seed),
  memory: watched.memory
}
const worker = new Worker(new URL("./explore.mjs", import.meta.url), { workerData: work, execArgv: [] })

const say = (line: string) => process.stdout.write(`${line}\n`)

const finish = (code: number) => {
  say(`kept in all: ${readdirSync(folder).length}`)
  process.exit(code)
}

const fail = (input: Uint8Array, why: string) => {
  const path = `${folder}failed-${nameOf(input)}`
  writeFileSync(path, input)
  say(`${why}\n${path}`)
  finish(1)
}

worker.on("message", (heard: Heard) => {
  if (heard.kind === "progress") say(heard.text)
  else if (heard.kind === "found") writeFileSync(`${folder}${nameOf(heard.input)}`, heard.input)
  else if (heard.kind === "broken") fail(heard.input, heard.why)
  else finish(0)
})
worker.on("error", (error) => fail(watched.input(), `the process broke: ${error.stack}`))

let seen = -1
let silentSeconds = 0
setInterval(() => {
  const count = watched.count()
  silentSeconds = count === seen ? silentSeconds + 1 : 0
  seen = count
  if (count > 0 && silentSeconds >= patienceSeconds)
    fail(watched.input(), `no end within ${patienceSeconds} s`)
}, 1000)
