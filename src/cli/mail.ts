import { type Timestamp, timestampDate } from "@bufbuild/protobuf/wkt"
import { Args, Command, Options } from "@effect/cli"
import { Chunk, Console, Effect, Option, Stream } from "effect"
import { CliFailure, exitCodes, usage } from "./failure.ts"
import { described, personal } from "./options.ts"
import { printable, printEvent, printRows } from "./output.ts"
import { type Session, withSession } from "./session.ts"

const folderOption = Options.text("folder").pipe(
  Options.withDescription("name of a folder"),
  Options.withDefault("Inbox")
)

const messageArg = Args.text({ name: "message" }).pipe(
  Args.withDescription("number of a message, as `mail list` shows it")
)

const folders = ({ rpc }: Session) => rpc.call((signal) => rpc.mailbox.listFolders({}, { signal }))

const folderNamed = (session: Session, name: string) =>
  Effect.gen(function* () {
    const { folders: all } = yield* folders(session)
    const wanted = name.toLowerCase()
    const found = all.find((folder) => folder.name.toLowerCase() === wanted)
    if (found !== undefined) return found
    return yield* new CliFailure({
      message: `There is no folder "${name}". There are: ${all.map((folder) => folder.name).join(", ")}.`,
      exitCode: exitCodes.notFound
    })
  })

const messageId = (text: string) =>
  /^[1-9]\d{0,15}$/.test(text)
    ? Effect.succeed(BigInt(text))
    : usage(`"${text}" is not the number of a message; see \`postroom mail list\`.`)

const time = (at: Timestamp | undefined) => (at === undefined ? null : timestampDate(at).toISOString())

interface WireAddress {
  readonly name: string
  readonly address: string
}

const person = ({ name, address }: WireAddress) => (name === "" ? address : `${name} <${address}>`)
const people = (addresses: ReadonlyArray<WireAddress>) => addresses.map(person)

const listFolders = Command.make("folders", personal, (options) =>
  withSession(options, "user", (session) =>
    Effect.flatMap(folders(session), ({ folders: all }) =>
      printRows(
        options.output,
        all.map(({ id, name, total, unread, sizeBytes }) => ({
          id: Number(id),
          name,
          total: Number(total),
          unread: Number(unread),
          sizeBytes: Number(sizeBytes)
        }))
      )
    )
  )
).pipe(
  Command.withDescription(
    described("The folders of a mailbox.", "postroom mail folders --as alice@demo.test")
  )
)

const list = Command.make(
  "list",
  {
    folder: folderOption,
    limit: Options.integer("limit").pipe(
      Options.withDescription("how many, newest first"),
      Options.withDefault(20)
    ),
    ...personal
  },
  ({ folder: name, limit, ...options }) =>
    withSession(options, "user", (session) =>
      Effect.gen(function* () {
        const { rpc } = session
        const folder = yield* folderNamed(session, name)
        const messages = Stream.paginateChunkEffect("", (pageToken) =>
          Effect.map(
            rpc.call((signal) =>
              rpc.mailbox.listMessages(
                { folderId: folder.id, pageSize: Math.min(limit, 500), pageToken },
                { signal }
              )
            ),
            (page) => [
              Chunk.fromIterable(page.messages),
              page.nextPageToken === "" ? Option.none() : Option.some(page.nextPageToken)
            ]
          )
        )
        const found = yield* Stream.runCollect(Stream.take(messages, limit))
        yield* printRows(
          options.output,
          [...found].map((message) => ({
            id: Number(message.id),
            received: time(message.receivedAt),
            from: people(message.from).join(", "),
            subject: message.subject,
            sizeBytes: Number(message.sizeBytes),
            flags: message.flags
          }))
        )
      })
    )
).pipe(
  Command.withDescription(
    described(
      "The newest messages of a folder.",
      "postroom mail list --as alice@demo.test",
      "postroom mail list --as alice@demo.test --folder Archive --limit 100 --output json"
    )
  )
)

const show = Command.make("show", { message: messageArg, ...personal }, ({ message: text, ...options }) =>
  withSession(options, "user", ({ rpc }) =>
    Effect.gen(function* () {
      const id = yield* messageId(text)
      const { message, parts } = yield* rpc.call((signal) =>
        rpc.mailbox.getMessage({ messageId: id }, { signal })
      )
      const body = yield* rpc.call((signal) => rpc.mailbox.getBody({ messageId: id }, { signal }))
      const shown = {
        id: Number(id),
        from: people(message?.from ?? []),
        to: people(message?.to ?? []),
        cc: people(message?.cc ?? []),
        date: time(message?.date),
        subject: message?.subject ?? "",
        flags: message?.flags ?? [],
        parts: parts.map(({ path, type, sizeBytes, fileName }) => ({
          path,
          type,
          sizeBytes: Number(sizeBytes),
          fileName: fileName ?? null
        })),
        body: body.content,
        bodyType: body.mediaType
      }
      if (options.output === "json") return yield* Console.log(JSON.stringify(shown, null, 2))
      const header = ([name, value]: readonly [string, string]) => `${name}: ${printable(value)}`
      const fields: ReadonlyArray<readonly [string, string]> = [
        ["From", shown.from.join(", ")],
        ["To", shown.to.join(", ")],
        ["Cc", shown.cc.join(", ")],
        ["Date", shown.date ?? ""],
        ["Subject", shown.subject],
        ["Files", shown.parts.flatMap(({ fileName }) => fileName ?? []).join(", ")]
      ]
      yield* Console.log(
        fields
          .filter(([, value]) => value !== "")
          .map(header)
          .join("\n")
      )
      yield* Console.log("")
      yield* Console.log(shown.body.split(/\r?\n/).map(printable).join("\n"))
    })
  )
).pipe(Command.withDescription(described("Read a message.", "postroom mail show 17 --as alice@demo.test")))

const raw = Command.make("raw", { message: messageArg, ...personal }, ({ message: text, ...options }) =>
  withSession(options, "user", ({ rpc }) =>
    Effect.gen(function* () {
      const id = yield* messageId(text)
      yield* Stream.runForEach(
        rpc.stream((signal) => rpc.mailbox.getRaw({ messageId: id }, { signal })),
        ({ data }) => writeOut(data)
      )
    })
  )
).pipe(
  Command.withDescription(
    described(
      "A message as it was received, byte for byte.",
      "postroom mail raw 17 --as alice@demo.test > letter.eml"
    )
  )
)

/** Waits until the bytes are taken, so that a slow reader does not fill memory. */
const writeOut = (data: Uint8Array) =>
  Effect.async<void>((resume) => {
    process.stdout.write(data, () => resume(Effect.void))
  })

/** A change with what it is about, as far as a line of text can say. */
const changeRow = ({ modSeq, origin, at, fact }: WireChange) => {
  const { value } = fact
  return {
    modSeq: Number(modSeq),
    change: fact.case ?? "unknown",
    message: value?.messageId === undefined ? null : Number(value.messageId),
    folder: value === undefined ? null : Number(value.folderId),
    origin,
    at: time(at)
  }
}

interface WireChange {
  readonly modSeq: bigint
  readonly origin: string
  readonly at?: Timestamp | undefined
  readonly fact: {
    readonly case: string | undefined
    readonly value?: { readonly messageId?: bigint; readonly folderId: bigint } | undefined
  }
}

const changeText = ({ modSeq, change, message, folder, origin }: ReturnType<typeof changeRow>) =>
  `${modSeq}  ${change}  ${message === null ? "" : `message ${message} in `}folder ${folder ?? "?"}  (${origin})`

const watch = Command.make("watch", personal, (options) =>
  withSession(options, "user", ({ rpc }) =>
    Effect.gen(function* () {
      yield* Console.error("Waiting for changes; stop with Ctrl-C.")
      const answers = rpc.stream((signal) => rpc.mailbox.watch({}, { signal }))
      yield* Stream.runForEach(answers, ({ changes }) =>
        Effect.forEach(changes.map(changeRow), (row) => printEvent(options.output, row, changeText(row)), {
          discard: true
        })
      )
    })
  )
).pipe(
  Command.withDescription(
    described(
      "Tell of every change in a mailbox as it happens.",
      "postroom mail watch --as alice@demo.test",
      "postroom mail watch --as alice@demo.test --output json | jq .change"
    )
  )
)

export const mail = Command.make("mail").pipe(
  Command.withDescription(described("Mail, as the user whose it is.")),
  Command.withSubcommands([listFolders, list, show, raw, watch])
)
