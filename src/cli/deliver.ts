import { Args, Command, Options } from "@effect/cli"
import { FileSystem, Path } from "@effect/platform"
import { Clock, Console, Effect, type Scope } from "effect"
import { endpointText, lmtpEndpoint, smtpEndpoint } from "./endpoints.ts"
import { CliFailure, exitCodes, failed, usage } from "./failure.ts"
import { common, described } from "./options.ts"
import { printable, printRow } from "./output.ts"
import { type Envelope, onWire, openSmtp, type SmtpConnection } from "./SmtpConnection.ts"
import type { Reply, SmtpLost } from "./SmtpReplies.ts"

/** Every file below the paths, in the order of their names; hidden ones are left out. */
const filesBelow = (
  paths: ReadonlyArray<string>
): Effect.Effect<ReadonlyArray<string>, CliFailure, FileSystem.FileSystem | Path.Path> =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const { join } = yield* Path.Path
    const found = yield* Effect.forEach(paths, (path) =>
      Effect.gen(function* () {
        const { type } = yield* fs.stat(path)
        if (type !== "Directory") return [path]
        const names = (yield* fs.readDirectory(path)).filter((name) => !name.startsWith(".")).sort()
        return yield* filesBelow(names.map((name) => join(path, name)))
      }).pipe(
        Effect.catchTags({
          SystemError: () => usage(`${path} is not a file or folder that can be read.`),
          BadArgument: () => usage(`${path} is not a file or folder that can be read.`)
        })
      )
    )
    return found.flat()
  })

interface Tally {
  /** The next file that nobody has taken yet. */
  next: number
  done: number
  accepted: number
  refused: number
}

const isAccepted = ({ code }: Reply) => code >= 200 && code < 300

/** On a terminal one line that is written over, elsewhere nothing: the summary says it all. */
const showProgress = (tally: Tally, total: number) =>
  Effect.sync(() => {
    if (process.stderr.isTTY) process.stderr.write(`\r${tally.done} of ${total}, ${tally.refused} refused `)
  })

/** Sends files one after the other until none is left; a broken connection is opened anew once per file. */
const worker = (
  tally: Tally,
  job: {
    readonly files: ReadonlyArray<string>
    readonly envelope: Envelope
    readonly open: Effect.Effect<SmtpConnection, SmtpLost, Scope.Scope>
  }
) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem

    const take = () => job.files[tally.next++]

    const count = (file: string, replies: ReadonlyArray<Reply>) =>
      Effect.gen(function* () {
        tally.done += 1
        const refusals = replies.filter((reply) => !isAccepted(reply))
        if (refusals.length === 0) tally.accepted += 1
        else tally.refused += 1
        for (const { code, text } of refusals) {
          yield* Console.error(`${file}: ${code} ${printable(text)}`)
        }
        yield* showProgress(tally, job.files.length)
      })

    const sendOne = (connection: SmtpConnection, file: string) =>
      Effect.gen(function* () {
        const content = onWire(Buffer.from(yield* fs.readFile(file)))
        const { replies } = yield* connection.send(job.envelope, content)
        yield* count(file, replies)
      })

    // Scoped: one connection for as many files as it lasts.
    let pending = take()
    const session = Effect.scoped(
      Effect.gen(function* () {
        const connection = yield* job.open
        while (pending !== undefined) {
          yield* sendOne(connection, pending)
          pending = take()
        }
      })
    )
    yield* Effect.retry(session, { times: 2, while: (error) => error._tag === "SmtpLost" })
  })

const to = Options.text("to").pipe(
  Options.withDescription("who gets the messages; may be given more than once"),
  Options.atLeast(1)
)

export const deliver = Command.make(
  "deliver",
  {
    paths: Args.text({ name: "path" }).pipe(
      Args.withDescription("message files, or folders of them"),
      Args.atLeast(1)
    ),
    to,
    from: Options.text("from").pipe(
      Options.withDescription("the envelope's sender"),
      Options.withDefault("sender@example.test")
    ),
    connections: Options.integer("connections").pipe(
      Options.withDescription("how many to send over at the same time"),
      Options.withDefault(1)
    ),
    lmtp: Options.boolean("lmtp").pipe(Options.withDescription("speak LMTP instead of SMTP")),
    server: Options.text("server").pipe(
      Options.withDescription("host:port (default 127.0.0.1:2525, with --lmtp 127.0.0.1:2424)"),
      Options.optional
    ),
    portOffset: common.portOffset,
    output: common.output
  },
  ({ paths, to: recipients, from, connections, lmtp, server, portOffset, output }) =>
    Effect.gen(function* () {
      if (connections < 1 || connections > 1_000) return yield* usage("--connections is between 1 and 1000.")
      const addresses = [from, ...recipients]
      if (addresses.some((address) => /[\s<>\p{Cc}]/u.test(address))) {
        return yield* usage("An address has no spaces and no angle brackets.")
      }
      const files = yield* filesBelow(paths)
      const endpoint = yield* (lmtp ? lmtpEndpoint : smtpEndpoint)({ given: server, portOffset })
      const tally: Tally = { next: 0, done: 0, accepted: 0, refused: 0 }
      const startedAt = yield* Clock.currentTimeMillis
      const job = { files, envelope: { from, to: recipients }, open: openSmtp(endpoint, lmtp) }
      yield* Effect.forEach(
        Array.from({ length: Math.min(connections, files.length) }),
        () => worker(tally, job),
        {
          concurrency: "unbounded",
          discard: true
        }
      ).pipe(
        Effect.catchTags({
          SmtpLost: ({ message }) =>
            new CliFailure({
              message: `Cannot deliver to ${endpointText(endpoint)}: ${message} Is \`npm start\` running there? ${tally.done} of ${files.length} were sent.`,
              exitCode: exitCodes.unavailable
            }),
          SystemError: (error) => failed(error.message),
          BadArgument: (error) => failed(error.message)
        })
      )
      if (process.stderr.isTTY) yield* Console.error("")
      const seconds = ((yield* Clock.currentTimeMillis) - startedAt) / 1_000
      yield* printRow(output, {
        messages: files.length,
        accepted: tally.accepted,
        refused: tally.refused,
        seconds: Math.round(seconds * 100) / 100,
        perSecond: seconds === 0 ? files.length : Math.round(files.length / seconds)
      })
      if (tally.refused > 0)
        return yield* failed(
          `${tally.refused} of ${files.length} messages were refused for at least one recipient.`
        )
    })
).pipe(
  Command.withDescription(
    described(
      "Hand messages to the server as another mail server would. Files may begin with an mbox From line and end their lines either way.",
      "postroom deliver letter.eml --to alice@demo.test --from bob@example.test",
      "postroom deliver archive/ --to alice@demo.test --connections 8",
      "postroom deliver archive/ --to alice@demo.test --to bob@demo.test --lmtp"
    )
  )
)
