import { spawn } from "node:child_process"
import { fileURLToPath } from "node:url"
import { FileSystem } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { assert, layer } from "@effect/vitest"
import { Context, Deferred, Effect, Fiber, Layer, Schema } from "effect"
import { commandLine } from "../support/commandLine.ts"
import { demoPassword, type Platform, platformHere } from "../support/platform.ts"

class Running extends Context.Tag("test/Running")<Running, Platform>() {}

const postroom = (argv: ReadonlyArray<string>, options: Parameters<typeof commandLine>[2] = {}) =>
  Effect.flatMap(Running, (platform) => commandLine(platform, argv, options))

const asJson = Schema.decodeUnknownSync(Schema.parseJson())
const row = Schema.decodeUnknownSync(
  Schema.parseJson(Schema.Record({ key: Schema.String, value: Schema.Unknown }))
)
const rows = Schema.decodeUnknownSync(
  Schema.parseJson(Schema.Array(Schema.Record({ key: Schema.String, value: Schema.Unknown })))
)

const madeToken = Schema.decodeUnknownSync(
  Schema.parseJson(Schema.Struct({ id: Schema.String, token: Schema.String }))
)

const letter = [
  "From bob@example.test Mon Jan  1 00:00:00 2024",
  "From: Bob <bob@example.test>",
  "Subject: Hello \u001b[31mthere",
  "",
  ".a dot",
  ".",
  "the end",
  ""
].join("\n")

const mailFolder = (letters: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const folder = yield* fs.makeTempDirectoryScoped({ prefix: "postroom-cli-" })
    yield* Effect.forEach(letters, (content, n) => fs.writeFileString(`${folder}/${n}.eml`, content))
    return folder
  }).pipe(Effect.provide(NodeContext.layer))

layer(Layer.scoped(Running, platformHere()), { excludeTestServices: true, timeout: "2 minutes" })(
  "postroom",
  (it) => {
    it.effect(
      "makes tenants, domains, users and aliases as the operator of this machine, and lists them",
      () =>
        Effect.gen(function* () {
          for (const argv of [
            ["tenant", "add", "acme"],
            ["domain", "add", "Acme.Test", "--tenant", "acme"],
            ["user", "add", "Dora@acme.test", "--name", "Dora", "--role", "admin", "--password", "secret"],
            ["alias", "add", "sales@acme.test", "dora@acme.test"],
            ["domain", "catch-all", "acme.test", "dora@acme.test"]
          ]) {
            assert.deepInclude(yield* postroom(argv), { code: 0, err: "" }, argv.join(" "))
          }
          const list = (noun: string, ...more: ReadonlyArray<string>) =>
            Effect.map(postroom([noun, "list", "--output", "json", ...more]), ({ out }) => rows(out))
          assert.includeMembers(
            (yield* list("tenant")).map(({ name }) => name),
            ["acme", "demo"]
          )
          assert.deepStrictEqual(
            (yield* list("domain", "--tenant", "acme")).map(({ name }) => name),
            ["acme.test"]
          )
          const users = yield* list("user", "--tenant", "acme")
          assert.deepStrictEqual(
            users.map(({ address, name, roles }) => [address, name, roles]),
            [["dora@acme.test", "Dora", ["admin"]]]
          )
          assert.deepStrictEqual(yield* list("alias", "--tenant", "acme"), [
            { address: "sales@acme.test", user: "dora@acme.test" }
          ])
          assert.match((yield* postroom(["user", "list"])).out, /^ADDRESS +NAME +STATUS/)
        })
    )

    it.effect("makes a hundred users at once, who can sign in", () =>
      Effect.gen(function* () {
        const made = yield* postroom([
          "--output",
          "json",
          "user",
          "add",
          "user{0..99}@demo.test",
          "--password",
          "hundred"
        ])
        assert.strictEqual(made.code, 0)
        assert.strictEqual(rows(made.out).length, 100)
        const signIn = ["mail", "folders", "--as", "user57@demo.test"]
        const folders = yield* postroom(signIn, { env: { POSTROOM_PASSWORD: "hundred" } })
        assert.strictEqual(folders.code, 0)
        assert.include(folders.out, "Inbox")
        const again = yield* postroom(["user", "add", "user{99..100}@demo.test", "--password", "hundred"])
        assert.strictEqual(again.code, 1)
        assert.match(again.err, /exists already/)
      })
    )

    it.effect("delivers files over SMTP and LMTP and shows them to their owner, byte for byte", () =>
      Effect.gen(function* () {
        const folder = yield* mailFolder([letter, letter.replaceAll("\n", "\r\n")])
        for (const more of [["--connections", "2"], ["--lmtp"]]) {
          const ran = yield* postroom([
            "deliver",
            folder,
            "--to",
            "bob@demo.test",
            "--output",
            "json",
            ...more
          ])
          assert.deepInclude(asJson(ran.out), { messages: 2, accepted: 2, refused: 0 })
        }
        yield* balanced
        const listed = yield* postroom(["mail", "list", "--as", "bob@demo.test", "--output", "json"])
        assert.deepStrictEqual(
          rows(listed.out).map(({ id, from }) => [id, from]),
          [4, 3, 2, 1].map((id) => [id, "Bob <bob@example.test>"])
        )
        const shown = yield* postroom(["mail", "show", "1", "--as", "bob@demo.test"])
        assert.include(shown.out, ".a dot\n.\nthe end\n")
        assert.notInclude(shown.out, "\u001b")
      }).pipe(Effect.scoped)
    )

    /** Waits for the end of the books: everything accepted is delivered. */
    const balanced = Effect.gen(function* () {
      const { ledger } = yield* Running
      yield* Effect.repeat(ledger, { until: ({ inFlight }) => inFlight === 0n })
    })

    it.effect("says for each refused message why, and fails", () =>
      Effect.gen(function* () {
        const folder = yield* mailFolder([letter])
        const ran = yield* postroom(["deliver", folder, "--to", "bob@demo.test", "--to", "x@foreign.test"])
        assert.strictEqual(ran.code, 1)
        assert.match(ran.err, /0\.eml: 550 5\.7\.1 /)
      }).pipe(Effect.scoped)
    )

    it.effect("tells of changes while they happen", () =>
      Effect.gen(function* () {
        const folder = yield* mailFolder([letter])
        const seen = yield* Deferred.make<string>()
        const watching = yield* Effect.fork(
          postroom(["mail", "watch", "--as", "carol@demo.test", "--output", "json"], {
            onOut: (line) => Deferred.unsafeDone(seen, Effect.succeed(line))
          })
        )
        // Nobody outside can tell when the watch has begun, so mail keeps coming until it is seen.
        const deliveries = yield* Effect.fork(
          Effect.forever(postroom(["deliver", folder, "--to", "carol@demo.test"]))
        )
        const line = yield* Deferred.await(seen)
        yield* Fiber.interrupt(deliveries)
        yield* Fiber.interrupt(watching)
        assert.deepInclude(asJson(line), { change: "messageAdded", folder: 1, origin: "smtp" })
      }).pipe(Effect.scoped)
    )

    it.effect("keeps a user's tokens, which end when they are revoked", () =>
      Effect.gen(function* () {
        const as = ["--as", "alice@demo.test", "--output", "json"]
        const made = yield* postroom(["token", "add", "--label", "laptop", "--expires-in", "2 days", ...as])
        const { id, token } = madeToken(made.out)
        const env = { POSTROOM_TOKEN: token }
        assert.strictEqual((yield* postroom(["mail", "list"], { env })).code, 0)
        const listed = yield* postroom(["token", "list", ...as])
        assert.deepStrictEqual(
          rows(listed.out).map((row) => [row["id"], row["label"]]),
          [[id, "laptop"]]
        )
        assert.notInclude(listed.out, token)
        assert.strictEqual((yield* postroom(["token", "revoke", id, ...as])).code, 0)
        assert.strictEqual((yield* postroom(["mail", "list"], { env })).code, 4)
      })
    )

    it.effect("switches users off and on and gives them passwords", () =>
      Effect.gen(function* () {
        yield* postroom(["user", "add", "eve@demo.test", "--password", "one"])
        const signIn = (password: string) =>
          Effect.map(
            postroom(["mail", "folders", "--as", "eve@demo.test"], { env: { POSTROOM_PASSWORD: password } }),
            ({ code }) => code
          )
        assert.strictEqual(yield* signIn("one"), 0)
        yield* postroom(["user", "disable", "eve@demo.test"])
        assert.strictEqual(yield* signIn("one"), 4)
        yield* postroom(["user", "enable", "eve@demo.test"])
        yield* postroom(["user", "password", "eve@demo.test"], { env: { POSTROOM_NEW_PASSWORD: "two" } })
        assert.deepStrictEqual([yield* signIn("one"), yield* signIn("two")], [4, 0])
      })
    )

    it.effect("gives a tenant's admin the directory of that tenant and nothing of another", () =>
      Effect.gen(function* () {
        yield* postroom(["tenant", "add", "other"])
        yield* postroom(["domain", "add", "other.test", "--tenant", "other"])
        yield* postroom(["user", "add", "olga@other.test", "--role", "admin", "--password", "olga"])
        const olga = (...argv: ReadonlyArray<string>) =>
          postroom([...argv, "--as", "olga@other.test"], { env: { POSTROOM_PASSWORD: "olga" } })
        const users = yield* olga("user", "list", "--output", "json")
        assert.deepStrictEqual(
          rows(users.out).map(({ address }) => address),
          ["olga@other.test"]
        )
        const codes = yield* Effect.forEach(
          [
            ["user", "add", "otto@other.test"],
            ["user", "add", "mole@demo.test"],
            ["user", "list", "--tenant", "demo"],
            ["user", "disable", "alice@demo.test"],
            ["user", "password", "alice@demo.test", "--password", "stolen"],
            ["alias", "add", "spy@demo.test", "olga@other.test"],
            ["domain", "catch-all", "demo.test", "olga@other.test"],
            ["tenant", "list"],
            ["domain", "add", "more.test", "--tenant", "other"],
            ["ledger"]
          ],
          (argv) => Effect.map(olga(...argv), ({ code }) => code)
        )
        assert.deepStrictEqual(codes, [0, 3, 3, 3, 3, 3, 3, 4, 4, 4])
        assert.strictEqual((yield* postroom(["mail", "list", "--as", "alice@demo.test"])).code, 0)
      })
    )

    it.effect("does not let the operator read mail", () =>
      Effect.gen(function* () {
        const ran = yield* postroom(["mail", "list"])
        assert.strictEqual(ran.code, 4)
        assert.match(ran.err, /--as/)
      })
    )

    it.effect("shows queues and the ledger", () =>
      Effect.gen(function* () {
        const queues = yield* postroom(["queue", "list", "--output", "json"])
        assert.include(
          rows(queues.out).map(({ stream }) => stream),
          "mail_ingest"
        )
        assert.match((yield* postroom(["queue", "dead", "mail_ingest"])).out, /\(none\)/)
        assert.strictEqual((yield* postroom(["queue", "replay", "mail_ingest", "--all"])).code, 0)
        assert.deepInclude(asJson((yield* postroom(["ledger", "--output", "json"])).out), { imbalance: 0 })
      })
    )

    it.effect("shows one runner with all shards, and says why nothing can be moved", () =>
      Effect.gen(function* () {
        const [runner] = rows((yield* postroom(["runner", "list", "--output", "json"])).out)
        assert.deepInclude(runner, { runner: "single", state: "serving", shards: 256, share: 1 })
        const shards = rows((yield* postroom(["shard", "list", "--output", "json"])).out)
        assert.strictEqual(shards.length, 256)
        assert.isTrue(
          shards.every(({ owner, alive, target }) => owner === "single" && alive && target === null)
        )
        assert.match((yield* postroom(["shard", "list", "--remarkable"])).out, /\(none\)/)
        assert.deepStrictEqual(rows((yield* postroom(["queue", "causes", "--output", "json"])).out), [])
        assert.match((yield* postroom(["rebalance", "list"])).out, /\(none\)/)
      })
    )

    it.effect("shuts a mailbox and opens it again", () =>
      Effect.gen(function* () {
        const where = () =>
          Effect.map(postroom(["mailbox", "where", "carol@demo.test", "--output", "json"]), ({ out }) =>
            row(out)
          )
        assert.deepInclude(yield* where(), { owner: "single", alive: true, quarantined: null })
        assert.strictEqual((yield* postroom(["mailbox", "quarantine", "carol@demo.test"])).code, 0)
        assert.isNotNull((yield* where())["quarantined"])
        assert.strictEqual((yield* postroom(["mailbox", "release", "carol@demo.test"])).code, 0)
        assert.deepInclude(yield* where(), { quarantined: null })
      })
    )

    it.effect("ends with the code that says what kind of failure it was, in plain words", () =>
      Effect.gen(function* () {
        const cases: ReadonlyArray<readonly [ReadonlyArray<string>, number, RegExp]> = [
          [["frob"], 2, /^(?!.*bug)/],
          [["tenant", "add"], 2, /^/],
          [["tenant", "add", "demo"], 1, /exists already/],
          [["user", "add", "nonsense"], 2, /name@domain/],
          [["user", "add", "user{9..0}@demo.test"], 2, /range/],
          [["user", "add", "x@unknown.test"], 3, /No such domain/],
          [["mail", "show", "999", "--as", "alice@demo.test"], 3, /No such message/],
          [["mail", "show", "first", "--as", "alice@demo.test"], 2, /number of a message/],
          [["mail", "list", "--folder", "Nowhere", "--as", "alice@demo.test"], 3, /Inbox, Drafts/],
          [["mail", "list", "--as", "nobody@demo.test"], 4, /does not accept/],
          [["mail", "list", "--as", "someone@acme.test"], 4, /POSTROOM_PASSWORD/],
          [["tenant", "list", "--data", "/nonexistent"], 4, /--data/],
          [
            ["tenant", "list", "--server", "127.0.0.1:1"],
            5,
            /Cannot reach Postroom at 127\.0\.0\.1:1\..*npm start/
          ],
          [["tenant", "list", "--server", "nonsense"], 2, /host:port/],
          [["deliver", "/nonexistent", "--to", "bob@demo.test"], 2, /cannot|can be read/],
          [["queue", "replay", "mail_ingest"], 2, /--all/],
          [["queue", "dead", "nonsense"], 2, /A stream is one of/],
          [["rebalance", "plan"], 1, /one runner/],
          [["rebalance", "show"], 3, /No such rebalance/],
          [["runner", "drain", "single"], 1, /no other runner/],
          [["runner", "drain", "nobody"], 3, /No such runner/],
          [["shard", "show", "256"], 3, /No such shard/],
          [["shard", "move", "--to", "other", "1"], 3, /No such runner/],
          [["shard", "pin", "1", "single"], 1, /one runner/],
          [["mailbox", "where", "nobody@demo.test"], 3, /No such user/]
        ]
        for (const [argv, code, words] of cases) {
          const ran = yield* postroom(argv)
          assert.strictEqual(ran.code, code, `${argv.join(" ")}: ${ran.err}`)
          assert.match(ran.err, words, argv.join(" "))
        }
      })
    )

    it.effect("explains itself without a server, the whole on one screen", () =>
      Effect.gen(function* () {
        const whole = yield* postroom(["--help"])
        assert.strictEqual(whole.code, 0)
        assert.isBelow(whole.out.split("\n").length, 50)
        const one = yield* postroom(["user", "add", "--help"])
        assert.strictEqual(one.code, 0)
        assert.include(one.out, "user{0..99}@demo.test")
      })
    )

    /** The program as a process, with what it writes to its standard output as it is. */
    const process_ = (argv: ReadonlyArray<string>, input: string) =>
      Effect.gen(function* () {
        const { at, dataFolder } = yield* Running
        const program = fileURLToPath(new URL("../../src/cli.ts", import.meta.url))
        return yield* Effect.async<{ readonly code: number | null; readonly out: Buffer }>((resume) => {
          const child = spawn(process.execPath, ["--import", "tsx", program, ...argv], {
            // Where node finds tsx.
            cwd: fileURLToPath(new URL("../..", import.meta.url)),
            env: { POSTROOM_SERVER: `${at.host}:${at.grpc}`, POSTROOM_DATA: dataFolder },
            stdio: ["pipe", "pipe", "inherit"]
          })
          const pieces: Array<Buffer> = []
          child.stdout.on("data", (piece) => pieces.push(piece))
          child.on("close", (code) => resume(Effect.succeed({ code, out: Buffer.concat(pieces) })))
          child.stdin.end(input)
          return Effect.sync(() => child.kill("SIGKILL"))
        })
      })

    it.effect("as a process takes a password from its input and writes a message's very bytes", () =>
      Effect.gen(function* () {
        const folder = yield* mailFolder(["Subject: \u00e9\n\n.\r\n\u20ac"])
        yield* postroom(["user", "add", "pipe@demo.test", "--password", "piped"])
        yield* postroom(["deliver", folder, "--to", "pipe@demo.test", "--from", ""])
        yield* balanced
        const { code, out } = yield* process_(
          ["mail", "raw", "1", "--as", "pipe@demo.test", "--password-stdin"],
          "piped\n"
        )
        assert.strictEqual(code, 0)
        assert.isTrue(out.toString("utf8").endsWith("Subject: \u00e9\r\n\r\n.\r\n\u20ac\r\n"))
        assert.strictEqual((yield* process_(["mail", "raw", "99", "--as", "alice@demo.test"], "")).code, 3)
      }).pipe(Effect.scoped)
    )

    it.effect("leaves no secret in the log and no address in the audit trail, where every change is", () =>
      Effect.gen(function* () {
        const { logs, query } = yield* Running
        for (const secret of [demoPassword, "hundred", "piped", "pr_"]) assert.notInclude(yield* logs, secret)
        const written = Effect.map(
          query<{ readonly action: string; readonly row: string }>(
            "SELECT action, row_to_json(e)::text AS row FROM audit.events e WHERE action LIKE 'AdminService/%'"
          ),
          (events) => ({ actions: new Set(events.map(({ action }) => action)), events })
        )
        // Audit rows are written behind the calls.
        const { actions, events } = yield* Effect.repeat(written, {
          until: (found) => found.actions.has("AdminService/SetPassword")
        })
        for (const method of ["CreateTenant", "CreateUsers", "SetUserStatus", "CreateToken", "SetCatchAll"]) {
          assert.isTrue(actions.has(`AdminService/${method}`), method)
        }
        for (const { row } of events) assert.notMatch(row, /@|hundred|pr_|acme/)
      })
    )
  }
)
