import { Code, ConnectError } from "@connectrpc/connect"
import { NodeContext } from "@effect/platform-node"
import { assert, layer } from "@effect/vitest"
import { ConfigProvider, Context, Effect, Layer, Schedule } from "effect"
import { runCli } from "../../src/cli/program.ts"
import type { RpcClient } from "../../src/rpc/client.ts"
import { codeOf } from "../../src/rpc/status.ts"
import { demoPassword, type Platform, platformHere } from "../support/platform.ts"

class Here extends Context.Tag("test/Here")<Here, Platform>() {}

type Calls = RpcClient["mailbox"]

const calling = (name: string) =>
  Effect.gen(function* () {
    const platform = yield* Here
    const client = yield* platform.client(`${name}@demo.test`)
    const call = <A>(start: (calls: Calls) => Promise<A>) =>
      Effect.orDie(client.call(() => start(client.mailbox)))
    const codeOfCall = (start: (calls: Calls) => Promise<unknown>) =>
      client
        .call(() => start(client.mailbox))
        .pipe(
          Effect.flip,
          Effect.map((error) => (error instanceof ConnectError ? error.code : codeOf[error._tag])),
          Effect.orDie
        )
    const { mailboxId } = yield* call((calls) => calls.getMailbox({}))
    const { folders } = yield* call((calls) => calls.listFolders({}))
    const folderId = (name: string) => folders.find((folder) => folder.name === name)?.id ?? 0n
    const append = (subject: string, text: string, folder = "Inbox") =>
      Effect.map(
        call((calls) =>
          calls.appendMessage({
            folderId: folderId(folder),
            raw: Buffer.from(`From: Zoe <zoe@elsewhere.test>\r\nSubject: ${subject}\r\n\r\n${text}`)
          })
        ),
        ({ messageId }) => Number(messageId)
      )
    const search = (query: string, more: object = {}) => call((calls) => calls.search({ query, ...more }))
    const ids = (query: string, more: object = {}) =>
      Effect.map(search(query, more), ({ hits }) => hits.map(({ message }) => Number(message?.id ?? 0)))
    return { call, codeOfCall, mailboxId, folderId, append, search, ids }
  })

/** Waits until the index worker has come so far. */
const until = <A, E, R>(effect: Effect.Effect<A, E, R>, isThere: (answer: A) => boolean) =>
  Effect.timeout(
    Effect.repeat(effect, { until: isThere, schedule: Schedule.spaced("20 millis") }),
    "20 seconds"
  ).pipe(Effect.zipRight(effect), Effect.orDie)

/** Beyond what a list shows of a message, and so known to the index only. */
const far = "padding ".repeat(60)

layer(Layer.scoped(Here, platformHere()), { timeout: 60_000, excludeTestServices: true })(
  "search, on everything that it stands on",
  (it) => {
    it.scoped("finds mail at once by what its row says, and soon by all of its text, with a snippet", () =>
      Effect.gen(function* () {
        const { append, ids, search } = yield* calling("alice")
        const id = yield* append(
          "Offer for the garden",
          `${far}The price of the Geranium is 12 euros. Regards`
        )
        assert.deepStrictEqual(yield* ids("offer from:zoe"), [id])
        const { hits, complete, nextPageToken } = yield* until(
          search("geranium price"),
          (found) => found.hits.length > 0
        )
        assert.deepStrictEqual([hits.length, complete, nextPageToken], [1, true, ""])
        assert.strictEqual(hits[0]?.message?.subject, "Offer for the garden")
        const pieces = hits[0]?.snippet ?? []
        assert.deepStrictEqual(
          pieces.filter(({ match }) => match).map(({ text }) => text),
          ["price", "Geranium"]
        )
        assert.include(pieces.map(({ text }) => text).join(""), "The price of the Geranium is 12 euros.")
        const { hits: byPerson } = yield* search("from:zoe offer")
        assert.deepStrictEqual(
          byPerson[0]?.snippet.map(({ text, match }) => [text.slice(0, 15), match]),
          [["padding padding", false]]
        )
      })
    )

    it.scoped("follows flags and moves at once, and forgets what was expunged", () =>
      Effect.gen(function* () {
        const { append, call, folderId, ids, mailboxId } = yield* calling("alice")
        const platform = yield* Here
        const id = yield* append("Wandering", `${far} nomad`)
        yield* until(ids("nomad"), (found) => found.length > 0)
        yield* call((calls) => calls.changeFlags({ messageIds: [BigInt(id)], addFlags: ["\\Seen"] }))
        assert.deepStrictEqual(yield* ids("nomad is:unread"), [])
        assert.deepStrictEqual(yield* ids("nomad is:read"), [id])
        yield* call((calls) =>
          calls.moveMessages({ messageIds: [BigInt(id)], toFolderId: folderId("Archive") })
        )
        assert.deepStrictEqual(yield* ids("nomad in:inbox"), [])
        assert.deepStrictEqual(yield* ids("nomad in:archive"), [id])
        assert.deepStrictEqual(yield* ids("nomad", { folderIds: [folderId("Archive")] }), [id])
        assert.deepStrictEqual(yield* ids("nomad", { folderIds: [folderId("Inbox")] }), [])
        yield* call((calls) => calls.expungeMessages({ messageIds: [BigInt(id)] }))
        assert.deepStrictEqual(yield* ids("nomad"), [])
        yield* until(
          platform.query("SELECT 1 FROM search.documents WHERE user_id = $1 AND message_id = $2", [
            mailboxId,
            String(id)
          ]),
          (rows) => rows.length === 0
        )
      })
    )

    it.scoped("answers in pages, whose tokens belong to their question", () =>
      Effect.gen(function* () {
        const { append, call, codeOfCall, ids } = yield* calling("bob")
        for (let n = 0; n < 5; n++) yield* append(`page ${n}`, "")
        const all = yield* ids("subject:page")
        const seen: Array<number> = []
        let pageToken = ""
        do {
          const page = yield* call((calls) => calls.search({ query: "subject:page", pageSize: 2, pageToken }))
          seen.push(...page.hits.map(({ message }) => Number(message?.id ?? 0)))
          pageToken = page.nextPageToken
        } while (pageToken !== "" && seen.length < 10)
        assert.strictEqual(all.length, 5)
        assert.deepStrictEqual(seen, [...all])
        const { nextPageToken } = yield* call((calls) => calls.search({ query: "subject:page", pageSize: 2 }))
        for (const [query, token] of [
          ["subject:other", nextPageToken],
          ["subject:page", "nonsense"],
          ["subject:page", Buffer.from("1:search-x:1").toString("base64url")]
        ] as const) {
          assert.strictEqual(
            yield* codeOfCall((calls) => calls.search({ query, pageToken: token })),
            Code.InvalidArgument
          )
        }
      })
    )

    it.scoped("says what is wrong with a search", () =>
      Effect.gen(function* () {
        const { call, codeOfCall } = yield* calling("bob")
        const code = (query: string, more: object = {}) =>
          codeOfCall((calls) => calls.search({ query, ...more }))
        for (const query of [
          "",
          '"open',
          "(a",
          "before:soon",
          "in:nowhere",
          "a\u0000b",
          "t ".repeat(10_000)
        ]) {
          assert.strictEqual(yield* code(query), Code.InvalidArgument, query.slice(0, 20))
        }
        assert.strictEqual(yield* code("a", { folderIds: [999n] }), Code.NotFound)
        assert.strictEqual(yield* code("a", { mailboxId: "nonsense" }), Code.InvalidArgument)
        const { hits } = yield* call((calls) => calls.search({ query: "a", pageSize: 4_000_000_000 }))
        assert.isAtMost(hits.length, 100)
      })
    )

    it.scoped("shows a stranger nothing, and a guest the folders that are open to him", () =>
      Effect.gen(function* () {
        const platform = yield* Here
        const alice = yield* calling("alice")
        const carol = yield* calling("carol")
        const open = yield* alice.append("Shared plan", `${far} orchid`, "Archive")
        const hidden = yield* alice.append("Hidden plan", `${far} orchid`, "Inbox")
        yield* until(alice.ids("orchid"), (found) => found.length === 2)
        const { mailboxId } = alice
        assert.deepStrictEqual(yield* carol.ids("orchid"), [])
        const asGuest = (query: string, more: object = {}) => carol.ids(query, { mailboxId, ...more })
        assert.strictEqual(
          yield* carol.codeOfCall((calls) => calls.search({ mailboxId, query: "orchid" })),
          Code.PermissionDenied
        )
        yield* platform.query(
          `INSERT INTO mail_state.acl (user_id, mailbox_id, grantee, rights)
           SELECT $1, $2, id, '{l,r}' FROM mail_state.users WHERE email = 'carol@demo.test'`,
          [mailboxId, String(alice.folderId("Archive"))]
        )
        for (const query of [
          "orchid",
          "plan",
          "orchid OR plan",
          "-nothing",
          "subject:hidden OR orchid",
          "*plan*"
        ]) {
          const seen = yield* asGuest(query)
          assert.include(seen, open, query)
          assert.notInclude(seen, hidden, query)
        }
        assert.deepStrictEqual(yield* asGuest("hidden"), [])
        const code = (more: object) =>
          carol.codeOfCall((calls) => calls.search({ mailboxId, query: "plan", ...more }))
        assert.strictEqual(yield* code({ folderIds: [alice.folderId("Inbox")] }), Code.NotFound)
        assert.strictEqual(yield* code({ query: "plan in:inbox" }), Code.InvalidArgument)
        // Moved to another tenant, the same grant opens nothing.
        const tenantOf = (email: string, tenant: string) =>
          platform.query(`UPDATE mail_state.users SET tenant_id = (${tenant}) WHERE email = '${email}'`)
        yield* platform.query("INSERT INTO mail_state.tenants (id, name) VALUES (gen_random_uuid(), 'other')")
        yield* tenantOf("alice@demo.test", "SELECT id FROM mail_state.tenants WHERE name = 'other'")
        assert.strictEqual(yield* code({}), Code.NotFound)
        yield* tenantOf("alice@demo.test", "SELECT id FROM mail_state.tenants WHERE name = 'demo'")
        assert.deepStrictEqual(yield* asGuest("orchid"), [open])
      })
    )

    it.scoped("is a command of the command line", () =>
      Effect.gen(function* () {
        const { at } = yield* Here
        const { append, ids } = yield* calling("bob")
        const id = yield* append("From the shell", `${far} the tortoise wins`)
        yield* until(ids("tortoise"), (found) => found.length > 0)
        const printed: Array<string> = []
        const console = yield* Effect.console
        const run = (...argv: ReadonlyArray<string>) =>
          runCli(["search", "--as", "bob@demo.test", "--output", "json", ...argv]).pipe(
            Effect.withConsole({
              ...console,
              log: (...parts) => Effect.sync(() => void printed.push(parts.join(" "))),
              error: (...parts) => Effect.sync(() => void printed.push(parts.join(" ")))
            }),
            Effect.withConfigProvider(
              ConfigProvider.fromMap(
                new Map([
                  ["POSTROOM_SERVER", `${at.host}:${at.grpc}`],
                  ["POSTROOM_PASSWORD", demoPassword]
                ])
              )
            ),
            Effect.provide(NodeContext.layer)
          )
        assert.strictEqual(yield* run("tortoise", 'subject:"the shell"'), 0)
        assert.include(printed.at(-1), `"id": ${id}`)
        assert.include(printed.at(-1), "the tortoise wins")
        assert.strictEqual(yield* run("tortoise", "--limit", "1", "NOT", "wins"), 0)
        assert.strictEqual(printed.at(-1), "[]")
        assert.strictEqual(yield* run("before:soon"), 2)
        assert.include(printed.at(-1), "comes a date")
      })
    )

    it.scoped("writes no words of anybody into logs, audit or metrics", () =>
      Effect.gen(function* () {
        const platform = yield* Here
        const { append, ids } = yield* calling("bob")
        yield* append("Zaubertrank", `${far} Petersilie`)
        yield* until(ids("petersilie"), (found) => found.length > 0)
        const trail = yield* until(
          platform.query<{ readonly event: string }>(
            "SELECT row_to_json(event)::text AS event FROM audit.events AS event WHERE action = 'MailboxService/Search'"
          ),
          (rows) => rows.length > 0
        )
        const all = [yield* platform.logs, yield* platform.metrics, ...trail.map(({ event }) => event)].join(
          "\n"
        )
        assert.notMatch(all, /petersilie|zaubertrank/i)
      })
    )
  }
)
