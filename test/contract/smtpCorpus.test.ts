import { execFileSync } from "node:child_process"
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { type IntakeTwins, ingestTasks, makeIntakeTwins } from "../support/intakeTwins.ts"
import { asCrlf, type SmtpDialogue, smtpDialogue } from "../support/smtpDialogue.ts"
import { startSmtp } from "../support/smtpServers.ts"

const corpus = fileURLToPath(new URL("../../../shared/corpus/", import.meta.url))
const hasCorpus = existsSync(join(corpus, "mail"))

const filesBelow = (directory: string): ReadonlyArray<string> =>
  readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()

interface Sent {
  readonly file: string
  readonly bytes: Buffer
  readonly answer: string
}

const connections = 8

/** Sends every file over eight connections, as CRLF text or as it is. */
const sendAll = (
  files: ReadonlyArray<string>,
  options: { readonly port: number; readonly greeting: string; readonly asIs: boolean }
) =>
  Effect.gen(function* () {
    const sent: Array<Sent> = []
    const queue = [...files]
    const drain = (client: SmtpDialogue) =>
      Effect.gen(function* () {
        for (let file = queue.pop(); file !== undefined; file = queue.pop()) {
          const bytes = options.asIs ? readFileSync(file) : asCrlf(readFileSync(file))
          // What has no line end at its end gets one on the wire, as from any client.
          sent.push({ file, bytes, answer: yield* client.deliver({ to: ["alice@demo.test"], bytes }) })
        }
      })
    const client = Effect.tap(smtpDialogue(options.port), (opened) =>
      Effect.zipRight(opened.reply, opened.ask(options.greeting))
    )
    yield* Effect.forEach(
      Array.from({ length: connections }, () => client),
      (opened) => Effect.flatMap(opened, drain),
      { concurrency: connections }
    )
    return sent
  })

/** Finds the message that the server said it queued, without the trace fields. */
const storedBy = (twins: IntakeTwins) => {
  const tasks = ingestTasks(twins)
  const keys = new Map(
    twins.tasks.map((task, index) => [task.correlationId.toString(), tasks[index]?.blobKey ?? ""])
  )
  return (answer: string): Buffer | null => {
    const id = /^250 2\.0\.0 Ok: queued as (.*)$/.exec(answer)?.[1] ?? ""
    const blob = twins.blobs.get(keys.get(id) ?? "")
    return blob === undefined ? null : blob.subarray(blob.indexOf(" +0000\r\n") + 8)
  }
}

const hasBareLineBreak = (bytes: Buffer) => /\r(?!\n)|(?<!\r)\n/.test(bytes.toString("latin1"))

describe.skipIf(!hasCorpus)("the shared corpus over the wire (needs ../shared/corpus)", () => {
  for (const protocol of ["smtp", "lmtp"] as const) {
    it.scopedLive(
      `takes every mail over ${protocol} byte for byte, and refuses only what has a CR alone`,
      () =>
        Effect.gen(function* () {
          const twins = makeIntakeTwins()
          const ports = yield* startSmtp(twins, { errors: 10_000 })
          const greeting = protocol === "lmtp" ? "LHLO client.test" : "EHLO client.test"
          const files = filesBelow(join(corpus, "mail"))
          const sent = yield* sendAll(files, { port: ports[protocol], greeting, asIs: false })
          assert.strictEqual(sent.length, 2073)
          const refused = sent.filter(({ answer }) => !answer.startsWith("250 2.0.0"))
          assert.sameMembers(
            refused.map(({ file, answer }) => `${file} ${answer.slice(0, 9)}`),
            sent.filter(({ bytes }) => hasBareLineBreak(bytes)).map(({ file }) => `${file} 550 5.6.0`)
          )
          assert.strictEqual(refused.length, 21)
          const storedAs = storedBy(twins)
          const altered = sent.filter((one) => {
            const stored = storedAs(one.answer)
            return stored === null ? !refused.includes(one) : !stored.equals(one.bytes)
          })
          assert.deepStrictEqual(
            altered.map(({ file }) => file),
            []
          )
          assert.strictEqual(twins.tasks.length, 2073 - 21)
        }),
      120_000
    )
  }

  it.scopedLive(
    "refuses hostile mail or stores it byte for byte, and is there for the next one",
    () =>
      Effect.gen(function* () {
        const directory = yield* Effect.acquireRelease(
          Effect.sync(() => mkdtempSync(join(tmpdir(), "postroom-hostile-"))),
          (path) => Effect.sync(() => rmSync(path, { recursive: true }))
        )
        execFileSync(process.execPath, [join(corpus, "generators/hostile_open.mjs"), directory, "0.3"])
        const twins = makeIntakeTwins()
        const { smtp } = yield* startSmtp(twins, { errors: 10_000 })
        const files = filesBelow(join(directory, "mime"))
        const sent = yield* sendAll(files, { port: smtp, greeting: "EHLO client.test", asIs: true })
        assert.strictEqual(sent.length, files.length)
        const storedAs = storedBy(twins)
        for (const { file, bytes, answer } of sent) {
          if (answer.startsWith("250")) assert.isTrue(storedAs(answer)?.equals(bytes), file)
          else assert.match(answer, /^55\d 5\./, file)
        }
        const refused = sent
          .filter(({ answer }) => !answer.startsWith("250"))
          .map(({ file }) => file.split("/").at(-1))
        assert.includeMembers(refused, [
          "bare-cr-in-header.eml",
          "header-1MB.eml",
          "headers-50k.eml",
          "to-100k-addresses.eml"
        ])
      }),
    60_000
  )
})
