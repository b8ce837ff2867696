// `npm start`: install, build, then become the server. The program runs in this very process, so that
// signals, exit code and `kill -9` meet it directly and no launcher stays in memory beside it.
const { pathToFileURL } = require("node:url")
const { environment, inRoot, prepare } = require("./setup.cjs")

prepare({ withPages: true })

// File system, DNS and argon2 share libuv's threads. Four (the default) let slow fsyncs of the blob store
// hold up everything else; it must be set before anything uses the pool.
environment.UV_THREADPOOL_SIZE ??= "16"

const main = inRoot("dist", "main.js")
const [first, ...others] = process.argv.slice(2)
const roles = first === undefined ? ["all"] : first.startsWith("-") ? ["all", first] : [first]
process.argv = [process.argv[0], main, ...roles, ...others]
import(pathToFileURL(main).href)
