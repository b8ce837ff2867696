import { timestampDate } from "@bufbuild/protobuf/wkt"
import { Args, Command, Options } from "@effect/cli"
import { Effect, Stream } from "effect"
import { pages } from "../rpc/client.ts"
import { usage } from "./failure.ts"
import { common, described } from "./options.ts"
import { printAll, printRow, printRows } from "./output.ts"
import { type Session, withSession } from "./session.ts"

const list = Command.make("list", common, (options) =>
  withSession(options, "anyone", ({ rpc }) =>
    Effect.flatMap(
      rpc.call((signal) => rpc.queue.listQueues({}, { signal })),
      ({ queues }) =>
        printRows(
          options.output,
          queues.map(({ stream, group, queued, running, dead, lagMillis }) => ({
            stream,
            group,
            queued: Number(queued),
            running: Number(running),
            dead: Number(dead),
            lagMillis: Number(lagMillis)
          }))
        )
    )
  )
).pipe(Command.withDescription(described("How each queue stands.", "postroom queue list")))

const deadLetters = ({ rpc }: Session, stream: string) =>
  pages(
    (pageToken) => rpc.call((signal) => rpc.queue.listDeadLetters({ stream, pageToken }, { signal })),
    ({ deadLetters: letters }) => letters
  )

const stream = Args.text({ name: "stream" }).pipe(
  Args.withDescription("mail_ingest, index, notify, retention or send")
)

const dead = Command.make("dead", { stream, ...common }, ({ stream, ...options }) =>
  withSession(options, "anyone", (session) =>
    printAll(
      options.output,
      Stream.map(deadLetters(session, stream), ({ taskId, attempt, diedAt, error, correlationId }) => ({
        task: taskId,
        attempts: attempt,
        died: diedAt === undefined ? null : timestampDate(diedAt).toISOString(),
        error,
        correlationId
      }))
    )
  )
).pipe(
  Command.withDescription(
    described("Work that was given up, and why.", "postroom queue dead mail_ingest --output json")
  )
)

const causes = Command.make("causes", common, (options) =>
  withSession(options, "anyone", ({ rpc }) =>
    Effect.flatMap(
      rpc.call((signal) => rpc.queue.listDeadLetterCauses({}, { signal })),
      (answer) =>
        printRows(
          options.output,
          answer.causes.map(({ stream, tasks, firstDiedAt, lastDiedAt, cause }) => ({
            stream,
            tasks: Number(tasks),
            first: firstDiedAt === undefined ? null : timestampDate(firstDiedAt).toISOString(),
            last: lastDiedAt === undefined ? null : timestampDate(lastDiedAt).toISOString(),
            cause
          }))
        )
    )
  )
).pipe(
  Command.withDescription(
    described(
      "Work that was given up, counted by why: # stands for any number or id.",
      "postroom queue causes"
    )
  )
)

const chosen = {
  stream,
  tasks: Args.text({ name: "task" }).pipe(
    Args.withDescription("ids, as `queue dead` shows them"),
    Args.repeated
  ),
  all: Options.boolean("all").pipe(Options.withDescription("every dead task of the stream")),
  ...common
}

interface Chosen {
  readonly stream: string
  readonly tasks: ReadonlyArray<string>
  readonly all: boolean
}

const choice = ({ stream, tasks, all }: Chosen) =>
  all === tasks.length > 0
    ? usage("Name the tasks, or say --all.")
    : Effect.succeed({ stream, taskIds: [...tasks], all })

const paced = {
  cause: Options.text("cause").pipe(
    Options.withDescription("with --all: only those that died of this, as `queue causes` shows it"),
    Options.withDefault("")
  ),
  perSecond: Options.integer("per-second").pipe(
    Options.withDescription("try so many in each second instead of all at once"),
    Options.withDefault(0)
  ),
  ...chosen
}

const replay = Command.make("replay", paced, ({ stream, tasks, all, cause, perSecond, ...options }) =>
  Effect.flatMap(choice({ stream, tasks, all }), (request) =>
    withSession(options, "anyone", ({ rpc }) =>
      Effect.flatMap(
        rpc.call((signal) => rpc.queue.replayDeadLetters({ ...request, cause, perSecond }, { signal })),
        ({ replayed }) => printRow(options.output, { stream, replayed: Number(replayed) })
      )
    )
  )
).pipe(
  Command.withDescription(
    described(
      "Try work again that was given up, once its cause is gone.",
      "postroom queue replay mail_ingest --all",
      "postroom queue replay notify --all --cause 'answered #' --per-second 10"
    )
  )
)

const drop = Command.make("drop", chosen, ({ stream, tasks, all, ...options }) =>
  Effect.flatMap(choice({ stream, tasks, all }), (request) =>
    withSession(options, "anyone", ({ rpc }) =>
      Effect.flatMap(
        rpc.call((signal) => rpc.queue.dropDeadLetters(request, { signal })),
        ({ dropped }) => printRow(options.output, { stream, dropped: Number(dropped) })
      )
    )
  )
).pipe(
  Command.withDescription(
    described(
      "Give work up for good: the mail in it will not be delivered. The ledger keeps count of it.",
      "postroom queue drop mail_ingest 5f0c8a52-…"
    )
  )
)

export const queue = Command.make("queue").pipe(
  Command.withDescription(described("Work that waits, and work that was given up.")),
  Command.withSubcommands([list, dead, causes, replay, drop])
)
