import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { makeIntakeTwins } from "../support/intakeTwins.ts"
import { smtpDialogue } from "../support/smtpDialogue.ts"
import { startSmtp } from "../support/smtpServers.ts"

const mail = Buffer.from("Subject: x\r\n\r\nHello\r\n")
const toAlice = { to: ["alice@demo.test"], bytes: mail }

describe("SMTP over TLS", () => {
  it.scopedLive("changes over with STARTTLS, and remembers nothing said before", () =>
    Effect.gen(function* () {
      const twins = makeIntakeTwins()
      const { smtp } = yield* startSmtp(twins)
      const client = yield* smtpDialogue(smtp)
      yield* client.reply
      yield* client.askAll("EHLO plain.test", "MAIL FROM:<a@b.test>", "RCPT TO:<alice@demo.test>")
      assert.strictEqual(yield* client.startTls, "220 2.0.0 Ready to start TLS")
      assert.match(yield* client.ask("DATA"), /^503 5\.5\.1/)
      assert.notInclude(yield* client.ask("EHLO secure.test"), "STARTTLS")
      assert.match(yield* client.ask("RCPT TO:<alice@demo.test>"), /^503 5\.5\.1/)
      assert.match(yield* client.ask("STARTTLS"), /^503 5\.5\.1/)
      assert.match(yield* client.deliver(toAlice), /^250 2\.0\.0/)
      assert.include(
        [...twins.blobs.values()].join(""),
        "from secure.test ([127.0.0.1])\r\n\tby mx.demo.test with ESMTPS id"
      )
    })
  )

  it.scopedLive("drops what was sent in the clear behind STARTTLS (CVE-2011-0411)", () =>
    Effect.gen(function* () {
      const { smtp } = yield* startSmtp(makeIntakeTwins())
      const client = yield* smtpDialogue(smtp)
      yield* client.reply
      yield* client.ask("EHLO client.test")
      yield* client.startTlsWith("STARTTLS\r\nEHLO injected.test\r\nMAIL FROM:<evil@example.test>\r\n")
      // Were the injected lines alive, their answers would come first, and this MAIL would be the second.
      assert.match(yield* client.ask("EHLO client.test"), /^250-mx\.demo\.test\n/)
      assert.match(yield* client.ask("MAIL FROM:<a@b.test>"), /^250 2\.1\.0/)
      assert.match(yield* client.ask("NOOP"), /^250 2\.0\.0/)
    })
  )

  it.scopedLive("speaks TLS from the first byte where it is implicit", () =>
    Effect.gen(function* () {
      const twins = makeIntakeTwins()
      const { smtps } = yield* startSmtp(twins)
      const client = yield* smtpDialogue(smtps, { tls: true })
      assert.strictEqual(yield* client.reply, "220 mx.demo.test ESMTP")
      assert.notInclude(yield* client.ask("EHLO client.test"), "STARTTLS")
      assert.match(yield* client.deliver(toAlice), /^250 2\.0\.0/)
      assert.include([...twins.blobs.values()].join(""), "with ESMTPS id")
    })
  )
})

describe("LMTP", () => {
  const lmtpClient = (port: number) =>
    Effect.tap(smtpDialogue(port), (client) => Effect.zipRight(client.reply, client.ask("LHLO client.test")))

  it.scopedLive("answers for every accepted RCPT, in order, repeated ones included (RFC 2033 4.2)", () =>
    Effect.gen(function* () {
      const twins = makeIntakeTwins()
      const { lmtp } = yield* startSmtp(twins)
      const client = yield* lmtpClient(lmtp)
      const to = ["alice@demo.test", "nobody@demo.test", "bob@demo.test", "alice@demo.test"]
      const answers = [yield* client.deliver({ to, bytes: mail }), yield* client.reply, yield* client.reply]
      for (const answer of answers) assert.match(answer, /^250 2\.0\.0 Ok: queued as /)
      assert.strictEqual(yield* client.ask("NOOP"), "250 2.0.0 OK")
      assert.strictEqual(twins.tasks.length, 1)
      assert.include([...twins.blobs.values()].join(""), "with LMTP id")
    })
  )

  it.scopedLive("refuses for every accepted RCPT when the message or storage fails", () =>
    Effect.gen(function* () {
      const twins = makeIntakeTwins()
      const { lmtp } = yield* startSmtp(twins, { errors: 2 })
      const client = yield* lmtpClient(lmtp)
      const to = ["alice@demo.test", "bob@demo.test", "carol@demo.test"]
      twins.faults.publish = "down"
      const answers = [yield* client.deliver({ to, bytes: mail }), yield* client.reply, yield* client.reply]
      for (const answer of answers) assert.match(answer, /^451 4\.3\.0/)
      twins.faults.publish = null
      // One failed command, however many it was answered for.
      assert.match(yield* client.deliver({ to, bytes: mail }), /^250/)
    })
  )

  it.scopedLive("knows LHLO only, and needs a recipient", () =>
    Effect.gen(function* () {
      const { lmtp } = yield* startSmtp(makeIntakeTwins())
      const client = yield* smtpDialogue(lmtp)
      assert.strictEqual(yield* client.reply, "220 mx.demo.test LMTP")
      const answers = yield* client.askAll(
        "EHLO a",
        "HELO a",
        "LHLO a",
        "MAIL FROM:<>",
        "RCPT TO:<nobody@demo.test>",
        "DATA"
      )
      assert.deepStrictEqual(
        answers.map((answer) => answer.slice(0, 3)),
        ["500", "500", "250", "250", "550", "503"]
      )
    })
  )
})
