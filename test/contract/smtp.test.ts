import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import type { SmtpSettings } from "../../src/protocols/smtp/SmtpConfig.ts"
import {
  demoTenant,
  type IntakeTwins,
  ingestTasks,
  mailboxOf,
  makeIntakeTwins
} from "../support/intakeTwins.ts"
import { type SmtpDialogue, smtpDialogue } from "../support/smtpDialogue.ts"
import { startSmtp } from "../support/smtpServers.ts"

const withClient = <A, E>(
  body: (client: SmtpDialogue, twins: IntakeTwins) => Effect.Effect<A, E>,
  settings: Partial<SmtpSettings> = {}
) =>
  Effect.gen(function* () {
    const twins = makeIntakeTwins()
    const { smtp } = yield* startSmtp(twins, settings)
    const client = yield* smtpDialogue(smtp)
    assert.strictEqual(yield* client.reply, "220 mx.demo.test ESMTP")
    return yield* body(client, twins)
  })

const codes = (replies: ReadonlyArray<string>) => replies.map((reply) => reply.slice(0, 9))

const mail = Buffer.from("Subject: x\r\n\r\nHello\r\n")

describe("SMTP dialogue", () => {
  it.scopedLive("announces what it can do, and no more", () =>
    withClient((client) =>
      Effect.gen(function* () {
        const [name, ...features] = (yield* client.ask("EHLO client.test")).split("\n")
        assert.strictEqual(name, "250-mx.demo.test")
        assert.sameMembers(
          features.map((line) => line.slice(4)),
          ["PIPELINING", "8BITMIME", "SMTPUTF8", "ENHANCEDSTATUSCODES", "STARTTLS", "SIZE 67108864"]
        )
        assert.strictEqual(yield* client.ask("HELO client.test"), "250 mx.demo.test")
      })
    )
  )

  it.scopedLive(
    "stores Return-Path, Received and the message as it came, and one task for all recipients",
    () =>
      withClient((client, twins) =>
        Effect.gen(function* () {
          yield* client.ask("EHLO client.test")
          const to = ["alice@demo.test", "al+work@demo.test", "bob@demo.test"]
          const answer = yield* client.deliver({ to, bytes: mail })
          const id = /^250 2\.0\.0 Ok: queued as ([0-9a-f-]{36})$/.exec(answer)?.[1] ?? answer
          const [blob] = [...twins.blobs.values()]
          const [trace = "", rest] = (blob?.toString() ?? "").split(/(?=Subject: )/)
          assert.strictEqual(rest, mail.toString())
          assert.match(
            trace,
            new RegExp(
              `^Return-Path: <sender@elsewhere.test>\\r\\nReceived: from client.test \\(\\[127.0.0.1\\]\\)\\r\\n\\tby mx.demo.test with ESMTP id ${id};\\r\\n\\t\\w{3}, \\d\\d \\w{3} \\d{4} \\d\\d:\\d\\d:\\d\\d \\+0000\\r\\n$`
            )
          )
          assert.strictEqual(twins.tasks.length, 1)
          assert.strictEqual(twins.tasks[0]?.correlationId, id)
          assert.deepStrictEqual(ingestTasks(twins)[0]?.recipients, [
            {
              mailboxId: mailboxOf("alice"),
              addresses: ["alice@demo.test", "al+work@demo.test"],
              detail: "work"
            },
            { mailboxId: mailboxOf("bob"), addresses: ["bob@demo.test"], detail: null }
          ])
        })
      )
  )

  it.scopedLive("answers each recipient by what the directory says", () =>
    withClient((client) =>
      Effect.gen(function* () {
        yield* client.askAll("EHLO client.test", "MAIL FROM:<a@b.test>")
        const rcpt = (address: string) => client.ask(`RCPT TO:<${address}>`)
        assert.deepStrictEqual(
          codes(
            yield* Effect.forEach(
              [
                "alice@demo.test",
                "ALICE+x@demo.test",
                "postmaster",
                "nobody@demo.test",
                "off@demo.test",
                "full@demo.test",
                "a@elsewhere.test"
              ],
              rcpt
            )
          ),
          ["250 2.1.5", "250 2.1.5", "250 2.1.5", "550 5.1.1", "550 5.2.1", "452 4.2.2", "550 5.7.1"]
        )
        assert.deepStrictEqual(
          codes(yield* client.askAll("RCPT TO:<>", "RCPT TO:alice@demo.test", "RCPT TO:<a b@demo.test>")),
          ["501 5.1.3", "501 5.1.3", "501 5.1.3"]
        )
      })
    )
  )

  it.scopedLive("keeps the order of commands", () =>
    withClient((client) =>
      Effect.gen(function* () {
        assert.deepStrictEqual(codes(yield* client.askAll("MAIL FROM:<>", "EHLO", "EHLO a b")), [
          "503 5.5.1",
          "501 Error",
          "501 Error"
        ])
        yield* client.ask("EHLO client.test")
        assert.deepStrictEqual(
          codes(
            yield* client.askAll(
              "RCPT TO:<alice@demo.test>",
              "DATA",
              "MAIL FROM:<a@b.test>",
              "MAIL FROM:<a@b.test>",
              "DATA",
              "RCPT TO:<nobody@demo.test>",
              "DATA",
              "RSET",
              "RCPT TO:<alice@demo.test>",
              "NOOP anything",
              "VRFY alice",
              "HELP",
              "EXPN all",
              "AUTH PLAIN AAA",
              "WIZ",
              "NONSENSE",
              "DATA now"
            )
          ),
          [
            "503 5.5.1",
            "503 5.5.1",
            "250 2.1.0",
            "503 5.5.1",
            "503 5.5.1",
            "550 5.1.1",
            "503 5.5.1",
            "250 2.0.0",
            "503 5.5.1",
            "250 2.0.0",
            "252 2.5.0",
            "214 2.0.0",
            "502 5.5.1",
            "502 5.5.1",
            "500 5.5.2",
            "500 5.5.2",
            "501 5.5.4"
          ]
        )
        assert.strictEqual(yield* client.ask("QUIT"), "221 2.0.0 Bye")
        yield* client.closed
      })
    )
  )

  it.scopedLive("checks the parameters of MAIL and RCPT", () =>
    withClient((client) =>
      Effect.gen(function* () {
        yield* client.ask("EHLO client.test")
        const answers = yield* client.askAll(
          "MAIL FROM:<a@b.test> SIZE=18446744073709551616",
          "MAIL FROM:<a@b.test> SIZE=67108865",
          "MAIL FROM:<a@b.test> SIZE=-1",
          "MAIL FROM:<a@b.test> SIZE",
          "MAIL FROM:<a@b.test> SIZE=1 SIZE=1",
          "MAIL FROM:<a@b.test> BODY=BINARYMIME",
          "MAIL FROM:<a@b.test> RET=HDRS",
          "MAIL FROM:<a@b.test> REQUIRETLS",
          "MAIL FROM:<a@b.test> SMTPUTF8=1",
          "MAIL FROM:<a@b.test> SIZE=67108864 BODY=8BITMIME SMTPUTF8",
          "RCPT TO:<alice@demo.test> NOTIFY=NEVER"
        )
        assert.deepStrictEqual(codes(answers), [
          "552 5.3.4",
          "552 5.3.4",
          "501 5.5.4",
          "501 5.5.4",
          "501 5.5.4",
          "501 5.5.4",
          "555 5.5.4",
          "530 5.7.0",
          "501 5.5.4",
          "250 2.1.0",
          "555 5.5.4"
        ])
      })
    )
  )

  it.scopedLive("takes non-ASCII addresses with SMTPUTF8 only, and keeps them as they are written", () =>
    withClient((client, twins) =>
      Effect.gen(function* () {
        twins.addresses.set("пошта@demo.test", {
          _tag: "Mailbox",
          mailboxId: mailboxOf("alice"),
          tenantId: demoTenant,
          detail: null,
          isOverQuota: false
        })
        yield* client.ask("EHLO client.test")
        assert.deepStrictEqual(
          codes(
            yield* client.askAll(
              "MAIL FROM:<пошта@b.test>",
              "MAIL FROM:<a@b.test>",
              "RCPT TO:<пошта@demo.test>",
              "RSET"
            )
          ),
          ["553 5.6.7", "250 2.1.0", "553 5.6.7", "250 2.0.0"]
        )
        assert.deepStrictEqual(
          codes(
            yield* client.askAll(
              "MAIL FROM:<пошта@xn--80a.test> SMTPUTF8",
              "RCPT TO:<пошта@demo.test>",
              "DATA",
              "Subject: я\r\n\r\nтіло\r\n."
            )
          ),
          ["250 2.1.0", "250 2.1.5", "354 End d", "250 2.0.0"]
        )
        const stored = [...twins.blobs.values()].join("")
        assert.isTrue(stored.startsWith("Return-Path: <пошта@xn--80a.test>\r\n"))
        assert.include(stored, "with UTF8SMTP id")
        // What the next transaction asks for is its own affair.
        assert.strictEqual((yield* client.ask("MAIL FROM:<пошта@b.test>")).slice(0, 9), "553 5.6.7")
      })
    )
  )

  it.scopedLive("answers pipelined commands in their order, data included (RFC 2920)", () =>
    withClient((client, twins) =>
      Effect.gen(function* () {
        yield* client.ask("EHLO client.test")
        const message =
          "MAIL FROM:<>\r\nRCPT TO:<alice@demo.test>\r\nRCPT TO:<nobody@demo.test>\r\nRCPT TO:<bob@demo.test>\r\nDATA\r\n"
        yield* client.send(
          `${message}Subject: 1\r\n\r\n1\r\n.\r\n${message}Subject: 2\r\n\r\n2\r\n.\r\nQUIT\r\n`
        )
        const answers = yield* Effect.replicateEffect(client.reply, 13)
        const once = ["250 2.1.0", "250 2.1.5", "550 5.1.1", "250 2.1.5", "354 End d", "250 2.0.0"]
        assert.deepStrictEqual(codes(answers), [...once, ...once, "221 2.0.0"])
        assert.strictEqual(twins.tasks.length, 2)
        assert.strictEqual(ingestTasks(twins)[0]?.sender, "")
      })
    )
  )

  it.scopedLive("never lets a client's name into the trace unless it is one", () =>
    withClient((client, twins) =>
      Effect.gen(function* () {
        yield* client.ask("EHLO (evil;x)")
        yield* client.deliver({ to: ["alice@demo.test"], bytes: mail })
        assert.include([...twins.blobs.values()].join(""), "Received: from unknown ([127.0.0.1])")
      })
    )
  )

  it.scopedLive("keeps the tenants of one message apart: a blob and a task for each", () =>
    withClient((client, twins) =>
      Effect.gen(function* () {
        yield* client.ask("EHLO client.test")
        yield* client.deliver({ to: ["alice@demo.test", "zoe@other.test"], bytes: mail })
        const [one, other] = [...twins.blobs.entries()]
        assert.deepStrictEqual(one?.[1], other?.[1])
        const keys = ingestTasks(twins).map((task) => task.blobKey)
        assert.sameMembers(keys, [one?.[0], other?.[0]])
        for (const task of ingestTasks(twins)) assert.include(task.blobKey, `blobs/${task.tenantId}/`)
      })
    )
  )
})
