import { createHash } from "node:crypto"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "@effect/vitest"
import { Chunk, Effect, Option, Schema, Stream } from "effect"
import { demoPassword, platformHere } from "../../support/platform.ts"
import { pythonWith, stepsOf } from "../../support/python.ts"

const here = (name: string) => fileURLToPath(new URL(name, import.meta.url))

const python = pythonWith(here("requirements.txt"))

const Step = Schema.parseJson(
  Schema.Union(
    Schema.Struct({
      step: Schema.Literal("folders"),
      names: Schema.Array(Schema.String),
      correlation: Schema.String
    }),
    Schema.Struct({ step: Schema.Literal("messages"), subjects: Schema.Array(Schema.String) }),
    Schema.Struct({ step: Schema.Literal("error"), code: Schema.String, details: Schema.String }),
    Schema.Struct({ step: Schema.Literal("anonymous"), code: Schema.String }),
    Schema.Struct({ step: Schema.Literal("watching"), mod_seq: Schema.Number }),
    Schema.Struct({
      step: Schema.Literal("read"),
      subject: Schema.String,
      body: Schema.String,
      size: Schema.Number,
      octets: Schema.Number,
      sha256: Schema.String
    })
  )
)

const running = (binary: string, target: string) => {
  const authorization = Buffer.from(`alice@demo.test:${demoPassword}`).toString("base64")
  return stepsOf(binary, {
    script: here("client.py"),
    args: ["--target", target, "--proto", here("../../../proto")],
    env: { POSTROOM_AUTHORIZATION: `Basic ${authorization}` },
    step: Step
  })
}

const mail = (subject: string) =>
  Buffer.from(
    `From: eve@elsewhere.test\r\nTo: alice@demo.test\r\nSubject: ${subject}\r\n\r\nHello, ${subject}.\r\n`
  )

describe("a client of another language", () => {
  it.scopedLive.skipIf(python === undefined)(
    "lists, reads and watches a mailbox with stock grpcio (needs python3 with venv and pip)",
    () =>
      Effect.gen(function* () {
        const platform = yield* platformHere()
        const smtp = yield* platform.smtp
        const alice = yield* platform.client("alice@demo.test")
        yield* smtp.deliver({ to: ["alice@demo.test"], bytes: mail("first") })
        yield* alice
          .stream((signal) => alice.mailbox.watch({ afterModSeq: 0n }, { signal }))
          .pipe(
            Stream.takeUntil(({ changes }) => changes.some(({ fact }) => fact.case === "messageAdded")),
            Stream.runDrain
          )
        const steps = yield* running(python ?? "", `${platform.at.host}:${platform.at.grpc}`).pipe(
          Stream.tap(({ step }) =>
            step === "watching"
              ? smtp.deliver({ to: ["alice@demo.test"], bytes: mail("second") })
              : Effect.void
          ),
          Stream.runCollect,
          Effect.map(Chunk.toReadonlyArray)
        )
        assert.deepStrictEqual(
          steps.map(({ step }) => step),
          ["folders", "messages", "error", "anonymous", "watching", "read"]
        )
        const [folders, messages, error, anonymous, , read] = steps
        assert.isTrue(folders?.step === "folders" && folders.names.includes("Inbox"))
        assert.isTrue(folders?.step === "folders" && folders.correlation === "python-1")
        assert.deepStrictEqual(messages, { step: "messages", subjects: ["first"] })
        assert.deepStrictEqual(error, { step: "error", code: "NOT_FOUND", details: "No such message." })
        assert.deepStrictEqual(anonymous, { step: "anonymous", code: "UNAUTHENTICATED" })
        const { messages: rows } = yield* alice.call((signal) =>
          alice.mailbox.listMessages({ folderId: 1n }, { signal })
        )
        const newest = Option.getOrThrow(Option.fromNullable(rows[0]))
        const raw = yield* alice
          .stream((signal) => alice.mailbox.getRaw({ messageId: newest.id }, { signal }))
          .pipe(Stream.runCollect)
        const bytes = Buffer.concat([...raw].map(({ data }) => data))
        assert.deepStrictEqual(read, {
          step: "read",
          subject: "second",
          body: "Hello, second.\r\n",
          size: bytes.length,
          octets: bytes.length,
          sha256: createHash("sha256").update(bytes).digest("hex")
        })
      }),
    120_000
  )
})
