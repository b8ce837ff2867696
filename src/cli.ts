import { stripVTControlCharacters } from "node:util"
import { CliConfig, Command, ValidationError } from "@effect/cli"
import { NodeContext, NodeRuntime } from "@effect/platform-node"
import { ConfigError, Console, Effect, Layer } from "effect"
import { alias } from "./cli/alias.ts"
import { deliver } from "./cli/deliver.ts"
import { domain } from "./cli/domain.ts"
import { CliFailure, exitCodes } from "./cli/failure.ts"
import { globalsLast } from "./cli/globals.ts"
import { rootHelp } from "./cli/help.ts"
import { ledger } from "./cli/ledger.ts"
import { mail } from "./cli/mail.ts"
import { queue } from "./cli/queue.ts"
import { tenant } from "./cli/tenant.ts"
import { token } from "./cli/token.ts"
import { user } from "./cli/user.ts"

const root = Command.make("postroom").pipe(
  Command.withSubcommands([tenant, domain, user, alias, token, deliver, mail, queue, ledger])
)

const run = Command.run(root, { name: "postroom", version: "0.1.0" })

/** Colours are for people: a pipe or a file gets plain text. */
const plainWhenPiped = (console: Console.Console): Console.Console => {
  const plain = (part: unknown) => (typeof part === "string" ? stripVTControlCharacters(part) : part)
  return {
    ...console,
    log: (...parts) => console.log(...(process.stdout.isTTY ? parts : parts.map(plain))),
    error: (...parts) => console.error(...(process.stderr.isTTY ? parts : parts.map(plain)))
  }
}

const say = (message: string) => Console.error(`postroom: ${message}`)

const program = Effect.suspend(() =>
  run([...process.argv.slice(0, 2), ...globalsLast(process.argv.slice(2))])
).pipe(
  Effect.as(exitCodes.ok),
  Effect.catchAll((error) => {
    if (error instanceof CliFailure) return Effect.as(say(error.message), error.exitCode)
    // The parser has said what is wrong already.
    if (ValidationError.isValidationError(error)) return Effect.succeed(exitCodes.usage)
    if (ConfigError.isConfigError(error)) return Effect.as(say(String(error)), exitCodes.usage)
    return Effect.as(say("Stopped."), exitCodes.failed)
  }),
  Effect.catchAllDefect((defect) =>
    Effect.as(
      say(`This is a bug of Postroom's command, please report it: ${String(defect)}`),
      exitCodes.failed
    )
  ),
  Effect.tap((code) =>
    Effect.sync(() => {
      process.exitCode = code
    })
  )
)

// Whoever reads us may have read enough, as in `postroom user list | head`.
process.stdout.on("error", () => process.exit(exitCodes.ok))

const main = Effect.flatMap(Effect.console, (console) => Effect.withConsole(program, plainWhenPiped(console)))

NodeRuntime.runMain(
  Effect.provide(main, Layer.merge(CliConfig.layer({ showBuiltIns: false }), NodeContext.layer))
)
