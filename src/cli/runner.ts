import { Args, Command } from "@effect/cli"
import { Effect } from "effect"
import { common, described } from "./options.ts"
import { printRow, printRows } from "./output.ts"
import { withSession } from "./session.ts"
import { rounded } from "./shard.ts"

const stateOf = (runner: {
  readonly leaseMillis: number
  readonly draining: boolean
  readonly stopping: boolean
}): string => {
  if (runner.leaseMillis === 0) return "dead"
  if (runner.stopping) return "stopping"
  return runner.draining ? "draining" : "serving"
}

const list = Command.make("list", common, (options) =>
  withSession(options, "anyone", ({ rpc }) =>
    Effect.flatMap(
      rpc.call((signal) => rpc.cluster.listRunners({}, { signal })),
      ({ runners }) =>
        printRows(
          options.output,
          runners.map((runner) => ({
            runner: runner.runnerId,
            state: stateOf(runner),
            address: runner.address,
            zone: runner.zone,
            weight: runner.weight,
            shards: runner.shards,
            share: rounded(runner.share),
            load: runner.cost === undefined ? null : rounded(runner.cost.load),
            watchers: runner.cost?.watchers ?? null,
            version: runner.version
          }))
        )
    )
  )
).pipe(
  Command.withDescription(
    described(
      "Processes that run mailboxes. SHARE is what one carries for its weight: 1 is its fair share.",
      "postroom runner list"
    )
  )
)

const runnerId = Args.text({ name: "runner" })

const drain = Command.make("drain", { runnerId, ...common }, ({ runnerId, ...options }) =>
  withSession(options, "anyone", ({ rpc }) =>
    Effect.flatMap(
      rpc.call((signal) => rpc.cluster.drainRunner({ runnerId }, { signal })),
      ({ shards }) => printRow(options.output, { runner: runnerId, draining: true, shardsToGive: shards })
    )
  )
).pipe(
  Command.withDescription(
    described(
      "Have a runner give its shards to others and take no more. It stays so over restarts.",
      "postroom runner drain core-2"
    )
  )
)

const undrain = Command.make("undrain", { runnerId, ...common }, ({ runnerId, ...options }) =>
  withSession(options, "anyone", ({ rpc }) =>
    Effect.zipRight(
      rpc.call((signal) => rpc.cluster.undrainRunner({ runnerId }, { signal })),
      printRow(options.output, { runner: runnerId, draining: false })
    )
  )
).pipe(
  Command.withDescription(described("Let a runner have shards again.", "postroom runner undrain core-2"))
)

export const runner = Command.make("runner").pipe(
  Command.withDescription(described("Processes that run mailboxes.")),
  Command.withSubcommands([list, drain, undrain])
)
