// Loaded with --import before Postroom: makes a bad disk of a good one, as the file named by TEST_BAD_DISK says.
// No such file: a good disk. `hang`: calls wait until the file says otherwise. `slow`: each takes 200 ms longer.
// Anything else, e.g. `EIO`: they fail with it. Only what the blob store calls is touched.
import fs from "node:fs"

// biome-ignore lint/style/noProcessEnv: there is no Config before the program
const control = process.env.TEST_BAD_DISK

const mode = () => {
  try {
    return fs.readFileSync(control, "utf8").trim()
  } catch {
    return ""
  }
}

const spoil = (name) => {
  const good = fs[name]
  fs[name] = (...args) => {
    const callback = args.at(-1)
    const attempt = () => {
      const now = mode()
      if (now === "hang") setTimeout(attempt, 20)
      else if (now === "slow") setTimeout(good, 200, ...args)
      else if (now === "") good(...args)
      else setImmediate(callback, Object.assign(new Error(`${now}: spoilt by a test`), { code: now }))
    }
    attempt()
  }
}

for (const name of ["fdatasync", "read"]) spoil(name)
