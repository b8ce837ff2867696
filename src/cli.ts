import { stripVTControlCharacters } from "node:util"
import { NodeContext, NodeRuntime } from "@effect/platform-node"
import { type Console, Effect } from "effect"
import { exitCodes } from "./cli/failure.ts"
import { runCli } from "./cli/program.ts"

/** Colours are for people: a pipe or a file gets plain text. */
const plainWhenPiped = (console: Console.Console): Console.Console => {
  const plain = (part: unknown) => (typeof part === "string" ? stripVTControlCharacters(part) : part)
  return {
    ...console,
    log: (...parts) => console.log(...(process.stdout.isTTY ? parts : parts.map(plain))),
    error: (...parts) => console.error(...(process.stderr.isTTY ? parts : parts.map(plain)))
  }
}

// Whoever reads us may have read enough, as in `postroom user list | head`.
process.stdout.on("error", () => process.exit(exitCodes.ok))

const main = Effect.gen(function* () {
  const console = yield* Effect.console
  const code = yield* Effect.withConsole(runCli(process.argv.slice(2)), plainWhenPiped(console))
  yield* Effect.sync(() => {
    process.exitCode = code
  })
})

NodeRuntime.runMain(Effect.provide(main, NodeContext.layer))
