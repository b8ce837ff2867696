import { assert, describe, it } from "@effect/vitest"
import { Deferred, Duration, Effect, Exit, Fiber, Scope } from "effect"
import { defaultSmtpSettings, type SmtpSettings } from "../../src/protocols/smtp/SmtpConfig.ts"
import { makeIntakeTwins } from "../support/intakeTwins.ts"
import { type SmtpDialogue, smtpDialogue } from "../support/smtpDialogue.ts"
import { startSmtp } from "../support/smtpServers.ts"

const mail = Buffer.from("Subject: x\r\n\r\nHello\r\n")

const connected = (port: number) =>
  Effect.tap(smtpDialogue(port), (client) => Effect.zipRight(client.reply, client.ask("EHLO client.test")))

const withPort = <A, E>(
  settings: Partial<SmtpSettings>,
  body: (port: number) => Effect.Effect<A, E, Scope.Scope>
) => Effect.flatMap(startSmtp(makeIntakeTwins(), settings), ({ smtp }) => body(smtp))

const begin = (client: SmtpDialogue) =>
  client.askAll("MAIL FROM:<a@b.test>", "RCPT TO:<alice@demo.test>", "DATA")

describe("SMTP limits", () => {
  it.scopedLive(
    "refuses a connection over the limit of its client, or of the server, before the greeting",
    () =>
      Effect.gen(function* () {
        const { loopback } = defaultSmtpSettings
        for (const settings of [{ connections: 2 }, { loopback: { ...loopback, connections: 2 } }]) {
          yield* withPort(settings, (port) =>
            Effect.gen(function* () {
              const first = yield* connected(port)
              yield* connected(port)
              const third = yield* smtpDialogue(port)
              assert.match(yield* third.reply, /^421 4\.7\.0 Too many connections/)
              yield* third.closed
              // Who is in stays in, and who leaves makes room.
              yield* first.ask("QUIT")
              yield* first.closed
              const next = yield* Effect.repeat(
                Effect.flatMap(smtpDialogue(port), (client) => client.reply),
                { until: (greeting) => greeting.startsWith("220") }
              )
              assert.match(next, /^220/)
            })
          )
        }
      })
  )

  it.scopedLive("refuses who connects or sends too often", () =>
    withPort({ loopback: { connections: 0, connectionsPerMinute: 2, messagesPerMinute: 1 } }, (port) =>
      Effect.gen(function* () {
        const client = yield* connected(port)
        yield* connected(port)
        const third = yield* smtpDialogue(port)
        assert.match(yield* third.reply, /^421 4\.7\.0 Connecting too often/)
        assert.match(yield* client.deliver({ to: ["alice@demo.test"], bytes: mail }), /^250/)
        assert.match(yield* client.ask("MAIL FROM:<a@b.test>"), /^450 4\.7\.1/)
      })
    )
  )

  it.scopedLive("lets 64 loopback connections in by default", () =>
    withPort({}, (port) =>
      Effect.gen(function* () {
        const clients = yield* Effect.replicateEffect(connected(port), 64)
        const answers = yield* Effect.forEach(
          clients,
          (client) => client.deliver({ to: ["alice@demo.test"], bytes: mail }),
          { concurrency: "unbounded" }
        )
        for (const answer of answers) assert.match(answer, /^250 2\.0\.0/)
      })
    )
  )

  it.scopedLive("takes as many recipients as it says, repeated ones included, and the message for them", () =>
    withPort({ recipients: 3 }, (port) =>
      Effect.gen(function* () {
        const client = yield* connected(port)
        yield* client.ask("MAIL FROM:<a@b.test>")
        const answers = yield* Effect.replicateEffect(client.ask("RCPT TO:<alice@demo.test>"), 5)
        assert.deepStrictEqual(
          answers.map((answer) => answer.slice(0, 9)),
          ["250 2.1.5", "250 2.1.5", "250 2.1.5", "452 4.5.3", "452 4.5.3"]
        )
        assert.match(yield* client.ask("DATA"), /^354/)
        assert.match(yield* client.ask("\r\n."), /^250 2\.0\.0/)
      })
    )
  )

  it.scopedLive("hangs up after too many failed commands, of whatever kind", () =>
    withPort({ errors: 4 }, (port) =>
      Effect.gen(function* () {
        const client = yield* connected(port)
        yield* client.askAll(
          "MAIL FROM:<a@b.test>",
          "RCPT TO:<nobody@demo.test>",
          "NONSENSE",
          "RCPT TO:<>",
          "DATA x"
        )
        assert.match(yield* client.ask("NOOP"), /^421 4\.7\.0 Too many errors/)
        yield* client.closed
      })
    )
  )

  it.scopedLive("ends a flood of recipients that do not exist", () =>
    withPort({}, (port) =>
      Effect.gen(function* () {
        const client = yield* connected(port)
        yield* client.send(`MAIL FROM:<a@b.test>\r\n${"RCPT TO:<u@demo.test>\r\n".repeat(100_000)}`)
        yield* client.reply
        const answers = yield* Effect.replicateEffect(client.reply, 21)
        assert.match(answers.at(0) ?? "", /^550 5\.1\.1/)
        assert.match(answers.at(-1) ?? "", /^421 4\.7\.0/)
        yield* client.closed
      })
    )
  )

  it.scopedLive("hangs up on who only makes conversation; a message starts the count anew", () =>
    withPort({ idleCommands: 3 }, (port) =>
      Effect.gen(function* () {
        const client = yield* connected(port)
        yield* client.askAll("NOOP", "RSET")
        assert.match(yield* client.deliver({ to: ["alice@demo.test"], bytes: mail }), /^250/)
        const answers = yield* client.askAll("NOOP", "RSET", "VRFY x", "HELP")
        assert.deepStrictEqual(
          answers.map((answer) => answer.slice(0, 3)),
          ["250", "250", "252", "421"]
        )
      })
    )
  )

  it.scopedLive("refuses a line over the limit and goes on; hangs up where a line has no end", () =>
    withPort({ commandLineBytes: 512 }, (port) =>
      Effect.gen(function* () {
        const client = yield* connected(port)
        assert.match(yield* client.ask(`NOOP ${"a".repeat(505)}`), /^250/)
        assert.match(yield* client.ask(`NOOP ${"a".repeat(506)}`), /^500 5\.5\.2/)
        assert.match(yield* client.ask(`NOOP ${"a".repeat(65_536)}`), /^500 5\.5\.2/)
        assert.match(yield* client.ask("NOOP"), /^250/)
        yield* client.send("a".repeat(200_000))
        assert.match(yield* client.reply, /^500 5\.5\.2/)
        yield* client.closed
      })
    )
  )

  it.scopedLive("refuses commands that hide others behind a CR, and NUL", () =>
    withPort({}, (port) =>
      Effect.gen(function* () {
        const client = yield* connected(port)
        const answers = yield* client.askAll(
          "MAIL FROM:<a@example.test>\rRCPT TO:<alice@demo.test>",
          "MAIL FROM:<a\0@example.test>",
          "RCPT TO:<alice@demo.test>",
          "GET / HTTP/1.1"
        )
        assert.deepStrictEqual(
          answers.map((answer) => answer.slice(0, 9)),
          ["501 5.5.2", "501 5.5.2", "503 5.5.1", "421 4.7.0"]
        )
        yield* client.closed
      })
    )
  )
})

describe("a graceful stop", () => {
  it.scopedLive("ends idle sessions, lets a transaction finish, takes nobody new", () =>
    Effect.gen(function* () {
      const twins = makeIntakeTwins()
      const scope = yield* Scope.make()
      const { smtp } = yield* Scope.extend(startSmtp(twins), scope)
      const idle = yield* connected(smtp)
      const busy = yield* connected(smtp)
      const working = yield* connected(smtp)
      const reached = yield* Deferred.make<void>()
      const go = yield* Deferred.make<void>()
      twins.gates.put = Effect.zipRight(Deferred.succeed(reached, undefined), Deferred.await(go))
      yield* begin(working)
      yield* working.send("\r\nx\r\n.\r\n")
      yield* Deferred.await(reached)
      yield* begin(busy)
      const stopping = yield* Effect.fork(Scope.close(scope, Exit.void))
      assert.match(yield* idle.reply, /^421 4\.3\.2/)
      yield* idle.closed
      yield* Deferred.succeed(go, undefined)
      assert.match(yield* working.reply, /^250 2\.0\.0/)
      assert.match(yield* working.reply, /^421 4\.3\.2/)
      yield* busy.send("\r\ny\r\n.\r\n")
      assert.match(yield* busy.reply, /^250 2\.0\.0/)
      assert.match(yield* busy.reply, /^421 4\.3\.2/)
      yield* Fiber.join(stopping)
      assert.strictEqual(twins.tasks.length, 2)
      const refused = yield* Effect.exit(Effect.sandbox(smtpDialogue(smtp)))
      assert.isTrue(Exit.isFailure(refused))
    })
  )

  it.scopedLive("waits no longer than it was told, and keeps nothing of what was under way", () =>
    Effect.gen(function* () {
      const twins = makeIntakeTwins()
      const scope = yield* Scope.make()
      const { smtp } = yield* Scope.extend(startSmtp(twins, { drainTimeout: Duration.millis(50) }), scope)
      const busy = yield* connected(smtp)
      yield* begin(busy)
      yield* busy.send("half a mess")
      yield* Scope.close(scope, Exit.void)
      yield* busy.closed
      assert.strictEqual(twins.blobs.size + twins.tasks.length, 0)
    })
  )
})
