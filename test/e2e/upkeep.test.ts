import { assert, layer } from "@effect/vitest"
import { Context, Effect, Layer, Queue, Schedule, Schema } from "effect"
import { commandLine } from "../support/commandLine.ts"
import { type Platform, platformHere } from "../support/platform.ts"
import { webhookServer } from "../support/webhookServer.ts"

class Running extends Context.Tag("test/Running")<Running, Platform>() {}

const decodeRows = Schema.decodeUnknownSync(
  Schema.parseJson(Schema.Array(Schema.Record({ key: Schema.String, value: Schema.Unknown })))
)
const decodeRow = Schema.decodeUnknownSync(
  Schema.parseJson(Schema.Record({ key: Schema.String, value: Schema.Unknown }))
)

/** Runs a command that must succeed; what it printed as JSON. */
const postroom = (...argv: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    const ran = yield* commandLine(yield* Running, [...argv, "--output", "json"])
    assert.strictEqual(ran.code, 0, ran.err)
    return ran.out
  })
const rowsOf = (...argv: ReadonlyArray<string>) => Effect.map(postroom(...argv), decodeRows)
const rowOf = (...argv: ReadonlyArray<string>) => Effect.map(postroom(...argv), decodeRow)

const query = <Row extends object>(text: string, values: ReadonlyArray<string> = []) =>
  Effect.flatMap(Running, (platform) => platform.query<Row>(text, values))

const idOf = (name: string) =>
  Effect.map(
    query<{ id: string }>("SELECT id FROM mail_state.users WHERE email = $1", [`${name}@demo.test`]),
    ([row]) => row?.id ?? ""
  )

/** Hands in a mail and waits until it is in the mailbox. */
const mailTo = (name: string, subject: string) =>
  Effect.gen(function* () {
    const { smtp } = yield* Running
    const client = yield* smtp
    for (const line of ["MAIL FROM:<a@b.test>", `RCPT TO:<${name}@demo.test>`, "DATA"])
      yield* client.ask(line)
    yield* client.ask(`Subject: ${subject}\r\n\r\nhello\r\n.`)
    yield* until(
      query(
        `SELECT 1 FROM mail_state.messages AS message JOIN mail_state.users AS owner ON owner.id = message.user_id
          WHERE owner.email = $1 AND subject = $2`,
        [`${name}@demo.test`, subject]
      ),
      (rows) => rows.length === 1
    )
  }).pipe(Effect.scoped)

const until = <A, E, R>(look: Effect.Effect<A, E, R>, isThere: (found: A) => boolean) =>
  Effect.repeat(look, { until: isThere, schedule: Schedule.spaced("20 millis") })

const subjectsOf = (name: string) =>
  Effect.map(
    query<{ subject: string }>(
      `SELECT subject FROM mail_state.messages AS message JOIN mail_state.users AS owner ON owner.id = message.user_id
        WHERE owner.email = $1 ORDER BY message.id`,
      [`${name}@demo.test`]
    ),
    (rows) => rows.map(({ subject }) => subject)
  )

const settings = { POSTROOM_WEBHOOK_ALLOWED_NETWORKS: "127.0.0.1" }

layer(Layer.scoped(Running, platformHere(settings)), { timeout: 60_000, excludeTestServices: true })(
  "upkeep of a whole platform",
  (it) => {
    it.scoped("tells a webhook of new mail, until it is removed", () =>
      Effect.gen(function* () {
        const server = yield* webhookServer()
        const alice = yield* idOf("alice")
        const added = yield* rowOf(
          "webhook",
          "add",
          server.url,
          "--tenant",
          "demo",
          "--user",
          "alice@demo.test"
        )
        assert.match(String(added["secret"]), /^whsec_[A-Za-z0-9+/]{43}=$/)
        assert.strictEqual(added["mailbox"], alice)
        yield* mailTo("bob", "not for the webhook")
        yield* mailTo("alice", "for the webhook")
        const { body } = yield* Queue.take(server.received)
        const told = decodeRow(body)
        assert.deepEqual([told["type"], told["mailboxId"]], ["mailbox.changed", alice])
        assert.notInclude(body, "webhook")
        assert.deepEqual(
          (yield* rowsOf("webhook", "list")).map(({ id, url }) => [id, url]),
          [[added["id"], server.url]]
        )
        yield* rowOf("webhook", "remove", String(added["id"]))
        assert.deepEqual(yield* rowsOf("webhook", "list", "--tenant", "demo"), [])
      })
    )

    it.scoped(
      "counts what retention would remove, removes it through the mailbox's door, and leaves what is held",
      () =>
        Effect.gen(function* () {
          for (const name of ["bob", "carol"]) {
            yield* mailTo(name, "old")
            yield* query(
              `UPDATE mail_state.messages SET received_at = now() - interval '90 days'
              WHERE user_id = (SELECT id FROM mail_state.users WHERE email = $1)`,
              [`${name}@demo.test`]
            )
            yield* mailTo(name, "new")
          }
          yield* rowOf("retention", "set", "inbox", "60", "--tenant", "demo")
          assert.deepEqual(yield* rowsOf("retention", "list"), [
            { tenant: "demo", folder: "inbox", keepDays: 60 }
          ])
          yield* rowOf("hold", "set", "carol@demo.test", "--reason", "case 7")
          const held = yield* rowsOf("hold", "list")
          assert.deepEqual(
            held.map(({ address, reason, keptMessages }) => [address, reason, keptMessages]),
            [["carol@demo.test", "case 7", 0]]
          )

          const dry = yield* rowsOf("retention", "run", "--dry-run")
          const before = yield* subjectsOf("bob")
          assert.deepEqual(
            dry.map(({ folder, messages }) => [folder, messages]),
            [["inbox", before.length - 1]]
          )
          assert.deepEqual(yield* rowOf("retention", "run"), { mailboxes: 3 })
          yield* until(subjectsOf("bob"), (subjects) => subjects.length === 1)
          assert.deepEqual([yield* subjectsOf("bob"), yield* subjectsOf("carol")], [["new"], ["old", "new"]])
          const bob = yield* idOf("bob")
          yield* until(
            query(
              `SELECT 1 FROM audit.events WHERE actor = 'service:worker-retention'
              AND action = 'MailboxService/ExpungeMessages' AND resource = $1 AND details ->> 'messages' = $2`,
              [`mailbox:${bob}/folder:1`, String(before.length - 1)]
            ),
            (rows) => rows.length === 1
          )
          yield* rowOf("hold", "clear", "carol@demo.test")
          yield* rowOf("retention", "run", "--tenant", "demo")
          yield* until(subjectsOf("carol"), (subjects) => subjects.length === 1)
          yield* rowOf("retention", "set", "inbox", "0", "--tenant", "demo")
          assert.deepEqual(yield* rowsOf("retention", "list"), [])
        })
    )

    it.scoped("says which commands make no sense, and why", () =>
      Effect.gen(function* () {
        const platform = yield* Running
        for (const [argv, code, sentence] of [
          [["webhook", "add", "ftp://x.test/", "--tenant", "demo"], 2, "begins with https"],
          [["webhook", "add", "https://x.test/"], 2, "Say which tenant"],
          [["webhook", "add", "https://x.test/", "--tenant", "nobody"], 3, "tenant"],
          [["webhook", "remove", "00000000-0000-4000-8000-000000000000"], 2, "no such webhook"],
          [["retention", "set", "everything", "1", "--tenant", "demo"], 2, "A policy is about"],
          [["retention", "set", "all", "40000", "--tenant", "demo"], 2, "36500"],
          [["hold", "clear", "alice@demo.test"], 2, "not on hold"],
          [["hold", "set", "stranger@demo.test"], 3, "user"],
          [["blobs", "list", "odd"], 2, "A problem is one of"],
          [["retention", "list", "--as", "bob@demo.test"], 4, "right"]
        ] as const) {
          const ran = yield* commandLine(platform, argv)
          assert.deepEqual([argv, ran.code], [argv, code])
          assert.include(ran.err, sentence)
        }
        assert.deepEqual(yield* rowsOf("blobs", "list", "missing"), [])
      })
    )

    it.scoped("shows in its metrics how work that goes on and on stands", () =>
      Effect.gen(function* () {
        const { metrics } = yield* Running
        const text = yield* metrics
        for (const line of [
          /^queue_depth\{stream="notify"/m,
          /^consumer_lag\{stream="retention",group="janitors"/m,
          /^notifications_total\{sink="webhook",outcome="delivered"\} [1-9]/m,
          /^retention_messages_total [1-9]/m,
          /^blob_findings\{problem="missing"\} 0/m
        ]) {
          assert.match(text, line)
        }
      })
    )
  }
)
