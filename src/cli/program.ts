import { CliConfig, Command, ValidationError } from "@effect/cli"
import { ConfigError, Console, Effect } from "effect"
import { alias } from "./alias.ts"
import { blobs } from "./blobs.ts"
import { deliver } from "./deliver.ts"
import { device } from "./device.ts"
import { domain } from "./domain.ts"
import { CliFailure, exitCodes } from "./failure.ts"
import { globalsLast } from "./globals.ts"
import { rootHelp } from "./help.ts"
import { hold } from "./hold.ts"
import { ledger } from "./ledger.ts"
import { mail } from "./mail.ts"
import { mailbox } from "./mailbox.ts"
import { policy } from "./policy.ts"
import { queue } from "./queue.ts"
import { rebalance } from "./rebalance.ts"
import { retention } from "./retention.ts"
import { runner } from "./runner.ts"
import { search } from "./search.ts"
import { searchIndex } from "./searchIndex.ts"
import { shard } from "./shard.ts"
import { tenant } from "./tenant.ts"
import { token } from "./token.ts"
import { user } from "./user.ts"
import { webhook } from "./webhook.ts"

const root = Command.make("postroom").pipe(
  Command.withSubcommands([
    tenant,
    domain,
    user,
    alias,
    token,
    deliver,
    mail,
    search,
    searchIndex,
    queue,
    ledger,
    webhook,
    retention,
    hold,
    blobs,
    device,
    policy,
    shard,
    runner,
    rebalance,
    mailbox
  ])
)

const run = Command.run(root, { name: "postroom", version: "0.1.0" })

const say = (message: string) => Console.error(`postroom: ${message}`)

const execute = (argv: ReadonlyArray<string>) => {
  const [first, ...others] = globalsLast(argv)
  const wantsHelp = first === undefined || (others.length === 0 && ["--help", "-h", "help"].includes(first))
  return wantsHelp ? Console.log(rootHelp.trimEnd()) : run(["node", "postroom", first, ...others])
}

/** Runs one command line, without the program's name, and answers with its exit code. Never fails. */
export const runCli = (argv: ReadonlyArray<string>) =>
  Effect.suspend(() => execute(argv)).pipe(
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
    Effect.provide(CliConfig.layer({ showBuiltIns: false }))
  )
