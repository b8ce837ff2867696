// Everything that `npm start`, `npm test` and `bin/postroom.mjs` need before our own code can run, with
// Node's own modules only: on a fresh clone nothing else is there yet.
// CommonJS on purpose: Node 20 loads an ES module through libuv's thread pool, whose size is fixed at its
// first use, and start.cjs has to set that size before.
const { spawnSync } = require("node:child_process")
const { createHash } = require("node:crypto")
const {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync
} = require("node:fs")
const { dirname, join, relative } = require("node:path")

// biome-ignore lint/style/noProcessEnv: Config does not exist yet when these scripts run; this is their one door to it
const environment = process.env
const root = join(__dirname, "..")
const inRoot = (...names) => join(root, ...names)
const say = (line) => process.stderr.write(`${line}\n`)

const stop = (line) => {
  say(line)
  process.exit(1)
}

/** Ends the process with one sentence when Node is older than `engines` in package.json allows. */
const requireNode = () => {
  const [, major, minor] = /(\d+)\.(\d+)/.exec(
    JSON.parse(readFileSync(inRoot("package.json"), "utf8")).engines.node
  )
  const [haveMajor, haveMinor] = process.versions.node.split(".").map(Number)
  if (haveMajor < Number(major) || (haveMajor === Number(major) && haveMinor < Number(minor))) {
    stop(`Postroom needs Node ${major}.${minor} or newer; this is Node ${process.versions.node}.`)
  }
}

const packagesOf = (lockFile) =>
  existsSync(lockFile) ? JSON.parse(readFileSync(lockFile, "utf8")).packages : undefined

/** npm writes its own record of what it installed as the last step, so a broken-off install has none. */
const isInstalled = () => {
  const installed = packagesOf(inRoot("node_modules", ".package-lock.json"))
  if (installed === undefined) return false
  return Object.entries(packagesOf(inRoot("package-lock.json"))).every(([path, wanted]) => {
    if (path === "") return true
    const found = installed[path]
    return found === undefined ? wanted.optional === true : found.version === wanted.version
  })
}

/**
 * Makes node_modules hold what package-lock.json says, when it is missing or does not. Not `npm ci`: that
 * refuses a lock file that was written behind a registry without the optional packages of other systems.
 * `npm install --no-save` takes the locked versions and checksums all the same and leaves the file as it is.
 */
const ensureInstalled = () => {
  if (isInstalled()) return
  say("Installing the packages that Postroom is made of (first start, or they changed) ...")
  // npm_execpath: the npm that runs us, which need not be the one on the PATH.
  const [command, first] = environment.npm_execpath?.endsWith(".js")
    ? [process.execPath, [environment.npm_execpath]]
    : ["npm", []]
  const { status, error } = spawnSync(
    command,
    [...first, "install", "--no-save", "--include=dev", "--no-audit", "--no-fund", "--loglevel=error"],
    { cwd: root, stdio: ["ignore", 2, 2] }
  )
  if (status !== 0) stop(`npm install did not succeed${error === undefined ? "" : ` (${error.message})`}.`)
}

const filesUnder = (folder) =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .sort()

/** By content, not by time: git gives every file of a clone or a switched branch a new time. */
const digestOf = (paths) => {
  const hash = createHash("sha256")
  const files = paths.flatMap((path) => (statSync(path).isDirectory() ? filesUnder(path) : [path]))
  for (const file of files) {
    hash.update(relative(root, file)).update("\0").update(readFileSync(file)).update("\0")
  }
  return hash.digest("hex")
}

/** Both keep a stamp of what they were made from beside what they made. */
const program = {
  sources: ["tsconfig.json", "tsconfig.build.json", "package-lock.json", "src"],
  stamp: inRoot("dist", ".sources"),
  command: ["tsc", "-p", "tsconfig.build.json"],
  // Of a file that is no more, its translation would stay.
  clear: () => {
    for (const name of existsSync(inRoot("dist")) ? readdirSync(inRoot("dist")) : []) {
      if (name !== "web") rmSync(inRoot("dist", name), { recursive: true })
    }
  }
}
const pages = {
  sources: ["vite.config.ts", "package-lock.json", "web", "src/rpc/gen"],
  stamp: inRoot("dist", "web", ".sources"),
  command: ["vite", "build", "--logLevel", "error"],
  clear: () => {}
}

/** Makes one of the two anew where its sources changed since the last time; returns whether it is usable. */
const make = ({ sources, stamp, command: [tool, ...given], clear }) => {
  const digest = digestOf(sources.map((name) => inRoot(name)))
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === digest) return true
  say("Building ...")
  clear()
  const { status } = spawnSync(inRoot("node_modules", ".bin", tool), given, {
    cwd: root,
    // Whatever the shell or a test runner says: pages are built to be served.
    env: { ...environment, NODE_ENV: "production" },
    stdio: ["ignore", 2, 2]
  })
  if (status !== 0) return false
  mkdirSync(dirname(stamp), { recursive: true })
  writeFileSync(stamp, digest)
  return true
}

/** src/ into dist/, web/ into dist/web/; returns whether both are usable. */
const build = () => make(program) && make(pages)

/**
 * Node's version, the packages and the build, in this order; ends the process when one cannot be had. Only who serves
 * pages waits for them to be built.
 */
const prepare = ({ withPages } = { withPages: false }) => {
  requireNode()
  ensureInstalled()
  if (!(withPages ? build() : make(program))) stop("The build failed.")
}

module.exports = { build, ensureInstalled, environment, inRoot, prepare, requireNode, root, say }
