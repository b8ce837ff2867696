import { fork } from "node:child_process"
import { fileURLToPath } from "node:url"
import type { FromGenerator, LoadOptions, LoadReport } from "./messages.ts"

const generator = fileURLToPath(new URL("./generator.ts", import.meta.url))

/** Runs the load in a process of its own. `begin` is called when everything is made and connected, just before the first byte. */
export const load = (options: LoadOptions, begin: () => void): Promise<LoadReport> =>
  new Promise((resolve, reject) => {
    const child = fork(generator)
    child.on("error", reject)
    child.on("exit", (code) => reject(new Error(`the load generator ended with ${code}`)))
    child.on("message", (message: FromGenerator) => {
      switch (message._tag) {
        case "Ready":
          begin()
          child.send("go")
          return
        case "Done":
          return resolve(message)
        case "Failed":
          return reject(new Error(message.problem))
      }
    })
    child.send(options)
  })
