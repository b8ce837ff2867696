import { NodeContext } from "@effect/platform-node"
import { assert, layer } from "@effect/vitest"
import { ConfigProvider, Context, Effect, Layer, Schedule } from "effect"
import { runCli } from "../../src/cli/program.ts"
import { demoPassword, type Platform, platformHere } from "../support/platform.ts"

class Here extends Context.Tag("test/Here")<Here, Platform>() {}

/** What a command line printed, and its exit code. */
const postroom = (argv: ReadonlyArray<string>, env: Readonly<Record<string, string>> = {}) =>
  Effect.gen(function* () {
    const { at, dataFolder } = yield* Here
    const printed = { out: "", err: "" }
    const console = yield* Effect.console
    const code = yield* runCli(argv).pipe(
      Effect.withConsole({
        ...console,
        log: (...parts) =>
          Effect.sync(() => {
            printed.out += `${parts.join(" ")}\n`
          }),
        error: (...parts) =>
          Effect.sync(() => {
            printed.err += `${parts.join(" ")}\n`
          })
      }),
      Effect.withConfigProvider(
        ConfigProvider.fromMap(
          new Map([
            ["POSTROOM_SERVER", `${at.host}:${at.grpc}`],
            ["POSTROOM_DATA", dataFolder],
            ...Object.entries(env)
          ])
        )
      ),
      Effect.provide(NodeContext.layer)
    )
    return { code, ...printed }
  })

/** Asks again until the answer holds it. */
const until = (argv: ReadonlyArray<string>, part: RegExp) =>
  Effect.repeat(postroom(argv), {
    until: ({ out }) => part.test(out),
    schedule: Schedule.spaced("30 millis")
  }).pipe(Effect.timeout("20 seconds"), Effect.orDie)

const appended = Effect.gen(function* () {
  const platform = yield* Here
  const client = yield* platform.client("alice@demo.test")
  const { folders } = yield* client.call(() => client.mailbox.listFolders({}))
  const folderId = folders[0]?.id ?? 0n
  const raw = (n: number) => Buffer.from(`From: a@b.test\r\nSubject: letter ${n}\r\n\r\nnumber${n}`)
  for (let n = 1; n <= 4; n++)
    yield* client.call(() => client.mailbox.appendMessage({ folderId, raw: raw(n) }))
  yield* until(["index", "status"], /WAITING +0/)
}).pipe(Effect.orDie)

layer(Layer.scoped(Here, platformHere()), { timeout: 60_000, excludeTestServices: true })(
  "the search index, as its operator sees it",
  (it) => {
    it.scoped("is checked, repaired and written anew", () =>
      Effect.gen(function* () {
        const platform = yield* Here
        yield* appended
        assert.deepInclude(yield* postroom(["index", "check"]), { code: 0, out: "(none)\n" })
        yield* platform.query("DELETE FROM search.documents WHERE message_id = 2")
        const found = yield* postroom(["index", "check", "--repair", "--output", "json"])
        assert.match(found.out, /"missing": 1,\s+"orphaned": 0/)
        yield* until(["index", "check"], /^\(none\)/)
        const rebuilt = yield* postroom(["index", "rebuild", "--all", "--wait"])
        assert.strictEqual(rebuilt.code, 0)
        assert.match(rebuilt.err, /Done\.\n$/)
        assert.match((yield* postroom(["index", "status"])).out, /INDEXED +4\n(?:.|\n)*REBUILDING +0/)
        const one = yield* postroom(["index", "rebuild", "alice@demo.test", "--wait", "--output", "json"])
        assert.deepInclude(one, { code: 0, out: '{\n  "mailboxes": 1\n}\n' })
      })
    )

    it.scoped("is not for users, and wants to be named", () =>
      Effect.gen(function* () {
        const env = { POSTROOM_PASSWORD: demoPassword }
        for (const argv of [["status"], ["check"], ["rebuild", "--all"]]) {
          const ran = yield* postroom(["index", ...argv, "--as", "alice@demo.test"], env)
          assert.strictEqual(ran.code, 4, argv.join(" "))
        }
        assert.strictEqual((yield* postroom(["index", "rebuild"])).code, 2)
        assert.strictEqual((yield* postroom(["index", "rebuild", "x@demo.test", "--all"])).code, 2)
        assert.strictEqual((yield* postroom(["index", "rebuild", "nobody@demo.test"])).code, 3)
      })
    )
  }
)
