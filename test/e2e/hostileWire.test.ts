import { readFileSync } from "node:fs"
import { request } from "node:http"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema, type Scope } from "effect"
import { collectedAddresses, generatedAt, hasHostileInput, readJson } from "../support/hostileInput.ts"
import { demoPassword, type Platform, platformHere } from "../support/platform.ts"
import { platformProcess } from "../support/platformProcess.ts"
import { migratedDatabase } from "../support/postgres.ts"
import { acceptedAs, inboxOf, rawOf, withoutTrace } from "../support/readBack.ts"
import { assertSettled } from "../support/settled.ts"
import type { SmtpDialogue } from "../support/smtpDialogue.ts"
import { straining } from "../support/strain.ts"
import { watch } from "../support/watching.ts"

const Smuggling = Schema.Struct({
  sequences: Schema.Array(Schema.Struct({ escaped: Schema.String, hex: Schema.String }))
})
const Commands = Schema.Array(
  Schema.Struct({ id: Schema.String, wire: Schema.String, expect: Schema.String })
)
const Addresses = Schema.Array(Schema.Struct({ address: Schema.String, expect: Schema.String }))

/** The generator's commands that are one line, and how the answer to it begins. */
const answers: Readonly<Record<string, RegExp>> = {
  "line-64k": /^500 /,
  "mail-from-crlf": /^501 /,
  "size-lie": /^250 /,
  "size-overflow": /^(501|552) /,
  "nul-in-command": /^501 /,
  "utf8-without-smtputf8": /^553 /
}

const reset = (smtp: SmtpDialogue) =>
  Effect.map(smtp.ask("RSET"), (reply) => assert.match(reply, /^250 /, "the session lives"))

/** A message that ends as a sender with evil in mind ends it, with a second one behind. All replies to it. */
const smuggle = (platform: Platform, terminator: Buffer) =>
  Effect.gen(function* () {
    const smtp = yield* platform.smtp
    yield* smtp.askAll("MAIL FROM:<sender@elsewhere.test>", "RCPT TO:<alice@demo.test>", "DATA")
    yield* smtp.send(
      Buffer.concat([
        Buffer.from("Subject: one\r\n\r\nthe first"),
        terminator,
        Buffer.from(
          "MAIL FROM:<evil@example.test>\r\nRCPT TO:<bob@demo.test>\r\nDATA\r\nSubject: two\r\n\r\nthe second\r\n.\r\n"
        )
      ])
    )
    const reply = yield* smtp.reply
    // What comes after one end of data is one reply, so the next is to this command.
    assert.match(yield* smtp.ask("NOOP"), /^250 2\.0\.0/)
    yield* smtp.ask("QUIT")
    return reply
  }).pipe(Effect.scoped)

/** The one sequence without has a NUL between line end and dot, which makes it a line like any other. */
const hasBareLineBreak = (bytes: Buffer) => /\r(?!\n)|(?<!\r)\n/.test(bytes.toString("latin1"))

const countOf = (platform: Platform, address: string) =>
  Effect.flatMap(platform.client(address), (rpc) => Effect.map(inboxOf(rpc), (inbox) => inbox.length))

/** A message that arrives shows that everything before it has been dealt with. */
const proveAlive = (platform: Platform, address: string) =>
  Effect.gen(function* () {
    const watched = yield* watch(platform, address)
    const rpc = yield* platform.client(address)
    const { modSeq } = yield* rpc.call((signal) => rpc.mailbox.getMailbox({}, { signal }))
    const smtp = yield* platform.smtp
    const bytes = Buffer.from("Subject: still here\r\n\r\n")
    assert.notStrictEqual(acceptedAs(yield* smtp.deliver({ to: [address], bytes })), "")
    yield* watched.until(Number(modSeq) + 1)
    yield* assertSettled(platform)
  })

describe.skipIf(!hasHostileInput)("hostile clients (need ../shared/corpus)", { timeout: 120_000 }, () => {
  for (const policy of ["refuse", "accept"] as const) {
    it.scopedLive(`cannot smuggle a message behind another (bare line breaks: ${policy})`, () =>
      Effect.gen(function* () {
        const folder = yield* generatedAt(0.01)
        const { sequences } = readJson(join(folder, "smtp", "smuggling.json"), Smuggling)
        const platform = yield* platformHere({ POSTROOM_SMTP_BARE_LINE_BREAKS: policy })
        const watched = yield* watch(platform, "alice@demo.test")
        const rpc = yield* platform.client("alice@demo.test")
        const { modSeq } = yield* rpc.call((signal) => rpc.mailbox.getMailbox({}, { signal }))
        const replies = yield* Effect.forEach(sequences, ({ hex }) =>
          Effect.tap(smuggle(platform, Buffer.from(hex, "hex")), (reply) =>
            Effect.sync(() => {
              const isRefused = policy === "refuse" && hasBareLineBreak(Buffer.from(hex, "hex"))
              assert.match(reply, isRefused ? /^550 5\.6\.0/ : /^250 2\.0\.0/, hex)
            })
          )
        )
        const accepted = replies.filter((reply) => acceptedAs(reply) !== "").length
        yield* watched.until(Number(modSeq) + accepted)
        assert.strictEqual(yield* countOf(platform, "alice@demo.test"), accepted)
        assert.strictEqual(yield* countOf(platform, "bob@demo.test"), 0)
        for (const { id } of yield* inboxOf(rpc)) {
          assert.include(withoutTrace(yield* rawOf(rpc, id)).bytes.toString(), "the second")
        }
        yield* assertSettled(platform)
      })
    )
  }

  it.scopedLive("get the right answer to each abused command, and the session lives", () =>
    Effect.gen(function* () {
      const folder = yield* generatedAt(0.01)
      const commands = readJson(join(folder, "smtp", "command-abuse.json"), Commands)
      const platform = yield* platformHere()
      const smtp = yield* platform.smtp
      for (const { id, wire } of commands) {
        const expected = answers[id]
        if (expected === undefined) continue
        yield* smtp.send(wire)
        assert.match(yield* smtp.reply, expected, id)
        yield* reset(smtp)
      }
      assert.includeMembers(
        commands.map(({ id }) => id),
        Object.keys(answers)
      )
      yield* smtp.ask("MAIL FROM:<>")
      assert.match(yield* smtp.ask("RCPT TO:<nosuch@demo.test>"), /^550 5\.1\.1/)
      yield* proveAlive(platform, "alice@demo.test")
    })
  )

  it.scopedLive("cannot go beyond the recipients of a message", () =>
    Effect.gen(function* () {
      const platform = yield* platformHere({ POSTROOM_SMTP_RECIPIENTS: "100" })
      const smtp = yield* platform.smtp
      yield* smtp.ask("MAIL FROM:<sender@elsewhere.test>")
      const replies = yield* Effect.forEach(Array.from({ length: 150 }), (_, n) =>
        smtp.ask(`RCPT TO:<alice+${n}@demo.test>`)
      )
      assert.strictEqual(replies.filter((reply) => reply.startsWith("250 ")).length, 100)
      assert.strictEqual(replies.filter((reply) => reply.startsWith("452 4.5.3")).length, 50)
      yield* smtp.ask("RSET")
      yield* proveAlive(platform, "alice@demo.test")
    })
  )

  it.scopedLive("cannot put commands before the handshake of STARTTLS", () =>
    Effect.gen(function* () {
      const platform = yield* platformHere()
      const smtp = yield* platform.smtp
      assert.match(yield* smtp.startTlsWith("STARTTLS\r\nMAIL FROM:<a@example.test>\r\n"), /^220 /)
      assert.match(yield* smtp.ask("RCPT TO:<alice@demo.test>"), /^503 /)
    })
  )

  it.scopedLive("name no strange address that anything is taken for, and the session lives", () =>
    Effect.gen(function* () {
      const folder = yield* generatedAt(0.01)
      const addresses = [
        ...readJson(join(folder, "eai", "addresses.json"), Addresses).map(({ address }) => address),
        ...collectedAddresses()
      ].filter((address) => !/[\r\n]/.test(address))
      assert.isAbove(addresses.length, 150)
      const platform = yield* platformHere({ POSTROOM_SMTP_IDLE_COMMANDS: "10000" })
      const smtp = yield* platform.smtp
      for (const address of addresses) {
        for (const parameters of ["", " SMTPUTF8"]) {
          yield* smtp.ask(`MAIL FROM:<sender@elsewhere.test>${parameters}`)
          const reply = yield* smtp.ask(`RCPT TO:<${address}>`)
          assert.match(reply, /^5[05]\d 5\.\d\.\d/, `${address}${parameters}: ${reply}`)
          assert.match(yield* smtp.ask(`VRFY ${address}`), /^(252|5\d\d) /)
          yield* reset(smtp)
          yield* smtp.ask(`MAIL FROM:<${address}>${parameters}`)
          yield* reset(smtp)
        }
      }
      yield* proveAlive(platform, "alice@demo.test")
    })
  )

  it.scopedLive("reach an address in any script only where they say SMTPUTF8", () =>
    Effect.gen(function* () {
      const platform = yield* platformHere()
      const { admin, call } = yield* platform.operator
      const address = "用户@例子.test"
      yield* call((signal) => admin.createDomain({ tenant: "demo", name: "例子.test" }, { signal }))
      yield* call((signal) => admin.createUsers({ users: [{ address, password: demoPassword }] }, { signal }))
      const smtp = yield* platform.smtp
      yield* smtp.ask("MAIL FROM:<sender@elsewhere.test>")
      assert.match(yield* smtp.ask(`RCPT TO:<${address}>`), /^553 5\.6\.7/)
      yield* smtp.ask("RSET")
      yield* smtp.ask("MAIL FROM:<sender@elsewhere.test> SMTPUTF8")
      assert.match(yield* smtp.ask(`RCPT TO:<${address}>`), /^250 /)
      // The A-labels are the same domain.
      assert.match(yield* smtp.ask("RCPT TO:<用户@xn--fsqu00a.test>"), /^250 /)
    })
  )

  it.scopedLive("cannot fill the memory with a small body that unpacks to a large one", () =>
    Effect.gen(function* () {
      const folder = yield* generatedAt(0.5)
      const database = yield* migratedDatabase
      const platform = yield* platformProcess({ database })
      const bombs = ["gzip-http-body-512MiB.gz", "gzip-nested-3.gz"]
      const before = yield* straining(platform, Effect.void)
      const [codes, { stallSeconds, peakBytes }] = yield* straining(
        platform,
        Effect.forEach(bombs, (bomb) => post(platform, readFileSync(join(folder, "bomb", bomb))))
      )
      // Too large is RESOURCE_EXHAUSTED; what is still packed after one layer is no protobuf, which gRPC calls INTERNAL.
      assert.deepStrictEqual(codes, [429, 500])
      assert.isBelow(stallSeconds, 1)
      // One request's limit is 65 MiB; it is held once packed out and once more while pieces are joined.
      assert.isBelow(peakBytes - before[1].peakBytes, 256 * 1024 * 1024)
      yield* proveAlive(platform, "alice@demo.test")
    })
  )
})

/** A compressed request of Connect as alice; the code of the answer. */
const post = ({ at }: Platform, body: Buffer): Effect.Effect<number, never, Scope.Scope> =>
  Effect.async((resume) => {
    const credentials = Buffer.from(`alice@demo.test:${demoPassword}`).toString("base64")
    const call = request({
      host: at.host,
      port: at.http,
      path: "/postroom.core.v1.MailboxService/GetMailbox",
      method: "POST",
      headers: {
        authorization: `Basic ${credentials}`,
        "content-type": "application/proto",
        "content-encoding": "gzip",
        "content-length": body.length
      }
    })
    call.on("response", (response) => {
      response.resume()
      resume(Effect.succeed(response.statusCode ?? 0))
    })
    call.on("error", (error) => resume(Effect.die(error)))
    call.end(body)
  })
