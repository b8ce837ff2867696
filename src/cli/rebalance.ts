import { Args, Command, Options } from "@effect/cli"
import { Console, Effect, Schedule } from "effect"
import type { RpcClient } from "../rpc/client.ts"
import { failed } from "./failure.ts"
import { common, described } from "./options.ts"
import { type Format, printEvent, printRow, printRows, type Row } from "./output.ts"
import { type Session, withSession } from "./session.ts"
import { rounded } from "./shard.ts"

type Rebalance = NonNullable<Awaited<ReturnType<RpcClient["cluster"]["getRebalance"]>>["rebalance"]>

/** In the order of the numbers in the contract. */
const states = ["unknown", "planned", "running", "paused", "stopped", "done"]
const moveStates = ["unknown", "waiting", "moving", "done", "skipped", "failed"]

const stateOf = ({ state }: Rebalance): string => states[state] ?? "unknown"

const summary = (rebalance: Rebalance): Row => ({
  id: rebalance.id,
  state: stateOf(rebalance),
  reason: rebalance.reason || null,
  reverses: rebalance.reverses || null,
  moves: rebalance.total,
  ended: rebalance.ended,
  moving: rebalance.moving,
  spreadBefore: rounded(rebalance.spreadBefore),
  spreadAfter: rounded(rebalance.spreadAfter)
})

const moveRows = ({ moves }: Rebalance): ReadonlyArray<Row> =>
  moves.map(({ shardId, from, to, load, state }) => ({
    shard: shardId,
    from,
    to,
    load: rounded(load),
    state: moveStates[state] ?? "unknown"
  }))

const shareRows = ({ shares }: Rebalance): ReadonlyArray<Row> =>
  shares.map(({ runnerId, before, after }) => ({
    runner: runnerId,
    shareBefore: rounded(before),
    shareAfter: rounded(after)
  }))

/** Everything: tables one after another, or one object. */
const printWhole = (format: Format, rebalance: Rebalance) => {
  if (format === "json") {
    const whole = { ...summary(rebalance), shares: shareRows(rebalance), moves: moveRows(rebalance) }
    return Console.log(JSON.stringify(whole, null, 2))
  }
  return Effect.gen(function* () {
    yield* printRow(format, summary(rebalance))
    yield* Console.log("")
    yield* printRows(format, shareRows(rebalance))
    yield* Console.log("")
    yield* printRows(format, moveRows(rebalance))
  })
}

const known = ({ rebalance }: { readonly rebalance?: Rebalance | undefined }) =>
  rebalance === undefined ? failed("The server did not say which rebalance.") : Effect.succeed(rebalance)

const find = ({ rpc }: Session, id: string) =>
  Effect.flatMap(
    rpc.call((signal) => rpc.cluster.getRebalance({ id }, { signal })),
    known
  )

const tell = (format: Format, rebalance: Rebalance) => {
  const { total, ended, moving, reason } = rebalance
  const why = reason === "" ? "" : `: ${reason}`
  return printEvent(
    format,
    summary(rebalance),
    `${stateOf(rebalance)}, ${ended} of ${total} moves ended, ${moving} under way${why}`
  )
}

const isUnderWay = (rebalance: Rebalance) =>
  ["running", "paused"].includes(stateOf(rebalance)) || rebalance.moving > 0

/** Tells of each change until it ends; fails where it did not come to its end. */
const follow = (session: Session, format: Format, first: Rebalance) =>
  Effect.gen(function* () {
    let last = first
    yield* tell(format, first)
    const look = Effect.gen(function* () {
      const now = yield* find(session, first.id)
      const isNews = JSON.stringify(summary(now)) !== JSON.stringify(summary(last))
      last = now
      if (isNews) yield* tell(format, now)
    })
    const turn = { schedule: Schedule.spaced("500 millis"), while: () => isUnderWay(last) }
    if (isUnderWay(first)) yield* Effect.repeat(look, turn)
    if (stateOf(last) !== "done") return yield* failed(`The rebalance was stopped: ${last.reason}.`)
  })

/** Begins it, and follows it to its end unless nobody wants that. */
const carryOut = (
  session: Session,
  { format, detach }: { readonly format: Format; readonly detach: boolean },
  begin: (signal: AbortSignal) => Promise<Parameters<typeof known>[0]>
) =>
  Effect.gen(function* () {
    const started = yield* Effect.flatMap(session.rpc.call(begin), known)
    if (detach) return yield* tell(format, started)
    yield* follow(session, format, started)
  })

const id = Args.text({ name: "id" }).pipe(Args.withDescription("as `rebalance plan` shows it"))
const detach = Options.boolean("detach").pipe(Options.withDescription("do not wait for its end"))

const plan = Command.make(
  "plan",
  {
    parallel: Options.integer("parallel").pipe(
      Options.withDescription("moves at the same time (default 4)"),
      Options.withDefault(0)
    ),
    maxMoves: Options.integer("max-moves").pipe(
      Options.withDescription("no more moves than this; those that help most come first"),
      Options.withDefault(0)
    ),
    byCount: Options.boolean("by-count").pipe(
      Options.withDescription("weigh all shards alike instead of by what they cost")
    ),
    ...common
  },
  ({ parallel, maxMoves, byCount, ...options }) =>
    withSession(options, "anyone", ({ rpc }) =>
      Effect.flatMap(
        rpc.call((signal) =>
          rpc.cluster.planRebalance({ maxMoving: parallel, maxMoves, byCount }, { signal })
        ),
        (answer) => Effect.flatMap(known(answer), (rebalance) => printWhole(options.output, rebalance))
      )
    )
).pipe(
  Command.withDescription(
    described(
      "Work out the fewest moves that even out what runners carry. Moves nothing; prints the moves and the spread before and after (the fullest runner in proportion to the mean).",
      "postroom rebalance plan",
      "postroom rebalance plan --max-moves 10 --parallel 2"
    )
  )
)

const run = Command.make("run", { id, detach, ...common }, ({ id, detach, ...options }) =>
  withSession(options, "anyone", (session) =>
    carryOut(session, { format: options.output, detach }, (signal) =>
      session.rpc.cluster.runRebalance({ id }, { signal })
    )
  )
).pipe(
  Command.withDescription(
    described(
      "Carry a plan out, or go on with one that was stopped, and follow it to its end. Ctrl-C only ends the following.",
      "postroom rebalance run 5f0c8a52-…"
    )
  )
)

const stop = Command.make("stop", { id: Args.withDefault(id, ""), ...common }, ({ id, ...options }) =>
  withSession(options, "anyone", ({ rpc }) =>
    Effect.flatMap(
      rpc.call((signal) => rpc.cluster.stopRebalance({ id }, { signal })),
      (answer) => Effect.flatMap(known(answer), (rebalance) => tell(options.output, rebalance))
    )
  )
).pipe(
  Command.withDescription(
    described(
      "Begin no further move of the rebalance that runs. Those under way come to their end.",
      "postroom rebalance stop"
    )
  )
)

const reverse = Command.make("reverse", { id, detach, ...common }, ({ id, detach, ...options }) =>
  withSession(options, "anyone", (session) =>
    carryOut(session, { format: options.output, detach }, (signal) =>
      session.rpc.cluster.reverseRebalance({ id }, { signal })
    )
  )
).pipe(
  Command.withDescription(
    described(
      "Move back what a rebalance has moved, and follow that.",
      "postroom rebalance reverse 5f0c8a52-…"
    )
  )
)

const show = Command.make("show", { id: Args.withDefault(id, ""), ...common }, ({ id, ...options }) =>
  withSession(options, "anyone", (session) =>
    Effect.flatMap(find(session, id), (rebalance) => printWhole(options.output, rebalance))
  )
).pipe(
  Command.withDescription(
    described("The latest rebalance, or the one of this id, with its moves.", "postroom rebalance show")
  )
)

const list = Command.make("list", common, (options) =>
  withSession(options, "anyone", ({ rpc }) =>
    Effect.flatMap(
      rpc.call((signal) => rpc.cluster.listRebalances({}, { signal })),
      ({ rebalances }) => printRows(options.output, rebalances.map(summary))
    )
  )
).pipe(Command.withDescription(described("The latest rebalances.", "postroom rebalance list")))

export const rebalance = Command.make("rebalance").pipe(
  Command.withDescription(described("Even out what runners carry: plan, run, stop, reverse.")),
  Command.withSubcommands([plan, run, stop, reverse, show, list])
)
