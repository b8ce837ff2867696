import { Args, Command, Options } from "@effect/cli"
import { Effect, Option } from "effect"
import type { RpcClient } from "../rpc/client.ts"
import { common, described } from "./options.ts"
import { printRow, printRows, type Row } from "./output.ts"
import { withSession } from "./session.ts"

type Shard = Awaited<ReturnType<RpcClient["cluster"]["listShards"]>>["shards"][number]

/** Two digits are enough to compare by. */
export const rounded = (value: number): number => Math.round(value * 100) / 100

export const shardRow = (shard: Shard): Row => ({
  shard: shard.shardId,
  owner: shard.owner || null,
  alive: shard.ownerAlive,
  epoch: Number(shard.epoch),
  target: shard.target || null,
  pinnedTo: shard.pinnedTo || null,
  load: shard.cost === undefined ? null : rounded(shard.cost.load),
  watchers: shard.cost?.watchers ?? null,
  hot: shard.hot
})

const shardId = Args.integer({ name: "shard" }).pipe(Args.withDescription("its number"))
const to = Args.text({ name: "runner" }).pipe(Args.withDescription("as `runner list` shows it"))

const list = Command.make(
  "list",
  {
    runner: Options.text("runner").pipe(
      Options.withDescription("only those of this runner"),
      Options.optional
    ),
    remarkable: Options.boolean("remarkable").pipe(
      Options.withDescription("only those that are hot, on the move, or without a living owner")
    ),
    ...common
  },
  ({ runner, remarkable, ...options }) =>
    withSession(options, "anyone", ({ rpc }) =>
      Effect.flatMap(
        rpc.call((signal) =>
          rpc.cluster.listShards({ runnerId: Option.getOrElse(runner, () => ""), remarkable }, { signal })
        ),
        ({ shards }) => printRows(options.output, shards.map(shardRow))
      )
    )
).pipe(
  Command.withDescription(
    described("Shards, who has them and what they cost.", "postroom shard list --remarkable")
  )
)

const show = Command.make("show", { shardId, ...common }, ({ shardId, ...options }) =>
  withSession(options, "anyone", ({ rpc }) =>
    Effect.flatMap(
      rpc.call((signal) => rpc.cluster.getShard({ shardId }, { signal })),
      ({ shard, hottest }) =>
        printRow(options.output, {
          ...(shard === undefined ? {} : shardRow(shard)),
          hottest: hottest.map(({ mailboxId, load }) => `${mailboxId}=${rounded(load)}`)
        })
    )
  )
).pipe(Command.withDescription(described("One shard, and its hottest mailboxes.", "postroom shard show 17")))

const move = Command.make(
  "move",
  {
    to: Options.text("to").pipe(Options.withDescription("the runner that is to have them")),
    shards: Args.integer({ name: "shard" }).pipe(Args.withDescription("their numbers"), Args.atLeast(1)),
    ...common
  },
  ({ to, shards, ...options }) =>
    withSession(options, "anyone", ({ rpc }) =>
      Effect.flatMap(
        rpc.call((signal) => rpc.cluster.moveShards({ shardIds: [...shards], toRunnerId: to }, { signal })),
        ({ shardIds }) => printRow(options.output, { to, moving: shardIds.map(String) })
      )
    )
).pipe(
  Command.withDescription(
    described(
      "Move shards to a runner. It is a matter of moments; `shard list --remarkable` shows those that still move.",
      "postroom shard move --to core-2 17 18"
    )
  )
)

const pin = Command.make("pin", { shardId, to, ...common }, ({ shardId, to, ...options }) =>
  withSession(options, "anyone", ({ rpc }) =>
    Effect.zipRight(
      rpc.call((signal) => rpc.cluster.pinShard({ shardId, runnerId: to }, { signal })),
      printRow(options.output, { shard: shardId, pinnedTo: to })
    )
  )
).pipe(
  Command.withDescription(
    described("Keep a shard at one runner, as long as that runner is there.", "postroom shard pin 17 core-2")
  )
)

const unpin = Command.make("unpin", { shardId, ...common }, ({ shardId, ...options }) =>
  withSession(options, "anyone", ({ rpc }) =>
    Effect.zipRight(
      rpc.call((signal) => rpc.cluster.unpinShard({ shardId }, { signal })),
      printRow(options.output, { shard: shardId, pinnedTo: null })
    )
  )
).pipe(Command.withDescription(described("Let a shard be anywhere again.", "postroom shard unpin 17")))

export const shard = Command.make("shard").pipe(
  Command.withDescription(described("Buckets of mailboxes: who has them, and moving them.")),
  Command.withSubcommands([list, show, move, pin, unpin])
)
