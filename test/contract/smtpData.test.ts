import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Duration, Effect, Exit, Layer, Scope, Stream, TestClock } from "effect"
import fc from "fast-check"
import { Boundaries, type Boundary } from "../../src/observability/boundaries.ts"
import { defaultSmtpSettings, type SmtpSettings } from "../../src/protocols/smtp/SmtpConfig.ts"
import { BlobStore } from "../../src/storage/blobs/BlobStore.ts"
import { type IntakeTwins, ingestTasks, makeIntakeTwins } from "../support/intakeTwins.ts"
import { logLines } from "../support/logLines.ts"
import { asCrlf, type SmtpDialogue, smtpDialogue } from "../support/smtpDialogue.ts"
import { startSmtp } from "../support/smtpServers.ts"

const mail = Buffer.from("Subject: x\r\n\r\nHello\r\n")

const connected = (port: number) =>
  Effect.tap(smtpDialogue(port), (client) => Effect.zipRight(client.reply, client.ask("EHLO client.test")))

const withClient = <A, E>(
  body: (client: SmtpDialogue, twins: IntakeTwins) => Effect.Effect<A, E>,
  settings: Partial<SmtpSettings> = {}
) =>
  Effect.gen(function* () {
    const twins = makeIntakeTwins()
    const { smtp } = yield* startSmtp(twins, settings)
    return yield* body(yield* connected(smtp), twins)
  })

const toAlice = (bytes: Uint8Array) => ({ to: ["alice@demo.test"], bytes })

/** What was stored after the trace fields, which end with the date of Received. */
const stored = (twins: IntakeTwins): ReadonlyArray<Buffer> =>
  [...twins.blobs.values()].map((blob) => blob.subarray(blob.indexOf(" +0000\r\n") + 8))

const begin = (client: SmtpDialogue) =>
  client.askAll("MAIL FROM:<a@b.test>", "RCPT TO:<alice@demo.test>", "DATA")

setFlagsFromString("--expose-gc")
const collectGarbage: () => void = runInNewContext("gc")

/** Buffers of the process that something still refers to. */
const reachableBytes = (): number => {
  collectGarbage()
  return process.memoryUsage().arrayBuffers
}

describe("SMTP DATA", () => {
  it.scopedLive("names its correlation id in log lines, the reply and the task", () => {
    const { lines, layer } = logLines()
    return withClient((client, twins) =>
      Effect.gen(function* () {
        const reply = yield* client.deliver(toAlice(mail))
        const correlationId = twins.tasks[0]?.correlationId
        assert.include(reply, correlationId ?? "an id")
        yield* client.ask("MAIL FROM:<a@b.test>")
        twins.gates.resolve = Effect.dieMessage("a bug")
        assert.match(yield* client.ask("RCPT TO:<bob@demo.test>"), /^451/)
        twins.gates.resolve = Effect.void
        yield* client.ask("RCPT TO:<bob@demo.test>")
        twins.gates.put = Effect.dieMessage("another bug")
        yield* client.ask("DATA")
        assert.match(yield* client.ask(`${mail}.`), /^451/)
        const named = lines
          .filter(({ message }) => String(message).startsWith("an SMTP command failed by a defect"))
          .map((line) => line["correlation_id"])
        assert.match(String(named[0]), /^[0-9a-f-]{36}$/)
        assert.deepEqual(named, [named[0], named[0]])
        assert.notStrictEqual(named[0], correlationId)
      })
    ).pipe(Effect.provide(layer))
  })

  it.scopedLive(
    "stores any content with CRLF lines byte for byte, in whatever pieces it is sent",
    () =>
      withClient((client, twins) =>
        Effect.promise(() =>
          fc.assert(
            fc.asyncProperty(
              fc.array(
                fc.constantFrom(
                  "\r\n",
                  ".",
                  "..",
                  "\r\n.",
                  "\r\n..\r\n",
                  "x",
                  "\0",
                  "\xe4\xff",
                  "Subject: y\r\n"
                )
              ),
              fc.integer({ min: 1, max: 7 }),
              (parts, pieceBytes) =>
                Effect.runPromise(
                  Effect.gen(function* () {
                    twins.blobs.clear()
                    const content = asCrlf(Buffer.from(parts.join(""), "latin1"))
                    yield* begin(client)
                    const stuffed = Buffer.from(
                      `${content.toString("latin1").replaceAll(/(^|\r\n)\./g, "$1..")}.\r\n`,
                      "latin1"
                    )
                    for (let at = 0; at < stuffed.length; at += pieceBytes) {
                      yield* client.send(stuffed.subarray(at, at + pieceBytes))
                      yield* Effect.promise(() => new Promise(setImmediate))
                    }
                    assert.match(yield* client.reply, /^250 2\.0\.0/)
                    assert.deepStrictEqual(stored(twins), [content])
                  })
                )
            ),
            { numRuns: 60 }
          )
        )
      ),
    30_000
  )

  const endings = ["\n.\n", "\n.\r\n", "\r.\r", "\r\n.\n", "\r.\r\n", "\r\n\0.\r\n"]
  const smuggled =
    "MAIL FROM:<evil@example.test>\r\nRCPT TO:<bob@demo.test>\r\nDATA\r\nSubject: smuggled\r\n\r\nx"

  for (const ending of endings) {
    it.scopedLive(
      `${JSON.stringify(ending)} does not end a message, and is refused where it breaks lines`,
      () =>
        withClient((client, twins) =>
          Effect.gen(function* () {
            yield* begin(client)
            yield* client.send(`Subject: x\r\n\r\nbody${ending}${smuggled}\r\n.\r\n`)
            const expected = ending.includes("\0") ? /^250 2\.0\.0/ : /^550 5\.6\.0/
            assert.match(yield* client.reply, expected)
            assert.strictEqual(yield* client.ask("NOOP"), "250 2.0.0 OK")
            assert.strictEqual(twins.tasks.length, ending.includes("\0") ? 1 : 0)
          })
        )
    )

    it.scopedLive(`${JSON.stringify(ending)} is content where bare line breaks are accepted`, () =>
      withClient(
        (client, twins) =>
          Effect.gen(function* () {
            yield* begin(client)
            yield* client.send(`Subject: x\r\n\r\nbody${ending}${smuggled}\r\n.\r\n`)
            assert.match(yield* client.reply, /^250 2\.0\.0/)
            assert.strictEqual(yield* client.ask("NOOP"), "250 2.0.0 OK")
            assert.strictEqual(twins.tasks.length, 1)
            assert.include(stored(twins)[0]?.toString("latin1"), smuggled)
          }),
        { message: { ...defaultSmtpSettings.message, bareLineBreaks: "accept" } }
      )
    )
  }

  it.scopedLive("refuses what the header limits forbid, and goes on with the next message", () =>
    withClient((client, twins) =>
      Effect.gen(function* () {
        const refused = [
          `X-Big: ${"y".repeat(1 << 20)}\r\n\r\nx\r\n`,
          `X-Fold: a\r\n${" b\r\n".repeat(100_000)}\r\nx\r\n`,
          `${Array.from({ length: 50_000 }, (_, index) => `X-${index}: v\r\n`).join("")}\r\nx\r\n`,
          `${"Received: from a by b; x\r\n".repeat(101)}\r\nx\r\n`
        ]
        const answers = yield* Effect.forEach(refused, (text) => client.deliver(toAlice(Buffer.from(text))))
        assert.deepStrictEqual(
          answers.map((answer) => answer.slice(0, 9)),
          ["552 5.3.4", "552 5.3.4", "552 5.3.4", "554 5.4.6"]
        )
        assert.strictEqual(twins.blobs.size, 0)
        assert.match(yield* client.deliver(toAlice(mail)), /^250 2\.0\.0/)
      })
    )
  )

  it.scopedLive("refuses a message over the size limit, whatever SIZE said, small or streamed", () =>
    withClient(
      (client, twins) =>
        Effect.gen(function* () {
          assert.match(yield* client.ask("MAIL FROM:<a@b.test> SIZE=1"), /^250/)
          yield* client.askAll("RCPT TO:<alice@demo.test>", "DATA")
          yield* client.send(`\r\n${"x".repeat(20_000)}\r\n.\r\n`)
          assert.match(yield* client.reply, /^552 5\.3\.4/)
          assert.match(
            yield* client.deliver(toAlice(Buffer.from(`\r\n${"x".repeat(9_990)}\r\n`))),
            /^250 2\.0\.0/
          )
          assert.strictEqual(twins.blobs.size, 1)
        }),
      { message: { ...defaultSmtpSettings.message, messageBytes: 10_000 }, gatherBytes: 5_000 }
    )
  )

  it.scopedLive("hangs up on who goes on sending far beyond the limit", () =>
    withClient(
      (client, twins) =>
        Effect.gen(function* () {
          yield* begin(client)
          yield* client.send(`\r\n${"x".repeat(500_000)}`)
          assert.match(yield* client.reply, /^421 4\.7\.0/)
          assert.strictEqual(twins.blobs.size, 0)
        }),
      { message: { ...defaultSmtpSettings.message, messageBytes: 10_000 } }
    )
  )

  it.scopedLive(
    "streams a large message with bounded memory",
    () =>
      Effect.gen(function* () {
        const twins = makeIntakeTwins()
        let bytesSeen = 0
        let peak = 0
        const look = (chunk: Uint8Array) =>
          Effect.sync(() => {
            const before = Math.floor(bytesSeen / 4_000_000)
            bytesSeen += chunk.length
            if (Math.floor(bytesSeen / 4_000_000) > before) peak = Math.max(peak, reachableBytes())
          })
        const counting = Layer.effect(
          BlobStore,
          Effect.map(BlobStore, (store) =>
            BlobStore.of({
              ...store,
              put: (key, bytes) =>
                Effect.as(Stream.runForEach(bytes, look), { key, checksum: "", sizeBytes: 0 })
            })
          )
        )
        const layer = Layer.provideMerge(counting, twins.layer)
        const { smtp } = yield* startSmtp({ ...twins, layer })
        const client = yield* connected(smtp)
        yield* begin(client)
        const block = Buffer.from(`${"x".repeat(76)}\r\n`.repeat(13_000))
        yield* client.send("\r\n")
        const before = reachableBytes()
        for (let sent = 0; sent < 50; sent++) yield* client.sendAll(block)
        yield* client.send(".\r\n")
        assert.match(yield* client.reply, /^250 2\.0\.0/)
        assert.isAbove(bytesSeen, 50_000_000)
        // Buffers are freed by another thread some time after the collection.
        assert.isBelow(peak - before, 20 * 1024 * 1024)
      }),
    30_000
  )

  it.scopedLive("stores a streamed message byte for byte, once per tenant", () =>
    withClient(
      (client, twins) =>
        Effect.gen(function* () {
          const bytes = Buffer.from(`\r\n${"line\r\n.dotted\r\n".repeat(20_000)}`)
          yield* client.deliver({ to: ["alice@demo.test", "zoe@other.test"], bytes })
          assert.strictEqual(stored(twins).length, 2)
          for (const blob of stored(twins)) assert.isTrue(blob.equals(bytes))
        }),
      { gatherBytes: 1000 }
    )
  )

  it.scopedLive("answers 4xx and keeps nothing half when storage fails, and goes on when it is back", () =>
    withClient((client, twins) =>
      Effect.gen(function* () {
        twins.faults.resolve = true
        assert.match(
          (yield* client.askAll("MAIL FROM:<>", "RCPT TO:<alice@demo.test>", "RSET"))[1] ?? "",
          /^451 4\.3\.0/
        )
        twins.faults.resolve = false
        const answers: Array<string> = []
        for (const reason of ["full", "io", "timeout"] as const) {
          twins.faults.blobs = reason
          answers.push((yield* client.deliver(toAlice(mail))).slice(0, 9))
        }
        twins.faults.blobs = null
        twins.faults.publish = "down"
        answers.push((yield* client.deliver(toAlice(mail))).slice(0, 9))
        assert.deepStrictEqual(answers, ["452 4.3.1", "451 4.3.0", "451 4.3.0", "451 4.3.0"])
        assert.strictEqual(twins.tasks.length, 0)
        twins.faults.publish = null
        assert.match(yield* client.deliver(toAlice(mail)), /^250 2\.0\.0/)
        assert.strictEqual(twins.tasks.length, 1)
      })
    )
  )

  it.scopedLive("keeps the blob of a task that may have been committed", () =>
    withClient((client, twins) =>
      Effect.gen(function* () {
        twins.faults.publish = "lost"
        assert.match(yield* client.deliver(toAlice(mail)), /^451 4\.3\.0/)
        assert.deepStrictEqual(
          ingestTasks(twins).map((task) => task.blobKey),
          [...twins.blobs.keys()]
        )
      })
    )
  )

  it.scoped("answers 451 when storage takes too long, and the session lives on", () =>
    withClient(
      (client, twins) =>
        Effect.gen(function* () {
          const reached = yield* Deferred.make<void>()
          twins.gates.put = Effect.zipRight(Deferred.succeed(reached, undefined), Effect.never)
          yield* begin(client)
          yield* client.send("\r\nx\r\n.\r\n")
          yield* Deferred.await(reached)
          yield* TestClock.adjust("6 seconds")
          assert.match(yield* client.reply, /^451 4\.3\.0/)
          twins.gates.put = Effect.void
          assert.match(yield* client.deliver(toAlice(mail)), /^250 2\.0\.0/)
        }),
      { acceptTimeout: Duration.seconds(5) }
    )
  )

  it.scoped("ends a message that drips in without end, and an idle session", () =>
    Effect.gen(function* () {
      const twins = makeIntakeTwins()
      const { smtp } = yield* startSmtp(twins, {
        commandTimeout: Duration.seconds(5),
        dataTimeout: Duration.seconds(10)
      })
      const dripping = yield* connected(smtp)
      const idle = yield* connected(smtp)
      yield* begin(dripping)
      yield* dripping.send("x")
      yield* TestClock.adjust("5 seconds")
      yield* TestClock.adjust("1 second")
      assert.strictEqual(yield* idle.reply, "421 4.4.2 Timeout")
      yield* idle.closed
      yield* dripping.send("y")
      yield* TestClock.adjust("5 seconds")
      assert.match(yield* dripping.reply, /^421 4\.4\.2 Timeout, message/)
      yield* dripping.closed
      assert.strictEqual(twins.blobs.size, 0)
    })
  )

  for (const gatherBytes of [1_000_000, 10]) {
    it.scopedLive(`leaves nothing of a message whose client went away (gathering ${gatherBytes})`, () =>
      Effect.gen(function* () {
        const twins = makeIntakeTwins()
        const scope = yield* Scope.make()
        const { smtp } = yield* Scope.extend(startSmtp(twins, { gatherBytes }), scope)
        const client = yield* connected(smtp)
        yield* begin(client)
        yield* client.send(`Subject: x\r\n\r\n${"x".repeat(100_000)}`)
        yield* client.vanish
        // The stop waits for every connection and all work.
        yield* Scope.close(scope, Exit.void)
        assert.strictEqual(twins.blobs.size, 0)
        assert.strictEqual(twins.tasks.length, 0)
      })
    )
  }

  it.scopedLive("keeps a message that was whole when its client went away", () =>
    Effect.gen(function* () {
      const twins = makeIntakeTwins()
      const scope = yield* Scope.make()
      const reached = yield* Deferred.make<void>()
      const go = yield* Deferred.make<void>()
      const done = yield* Deferred.make<void>()
      twins.gates.publish = Effect.zipRight(Deferred.succeed(reached, undefined), Deferred.await(go)).pipe(
        Effect.ensuring(Deferred.succeed(done, undefined))
      )
      const { smtp } = yield* Scope.extend(startSmtp(twins), scope)
      const client = yield* connected(smtp)
      yield* begin(client)
      yield* client.send("\r\nx\r\n.\r\n")
      yield* Deferred.await(reached)
      yield* client.vanish
      yield* Deferred.succeed(go, undefined)
      yield* Deferred.await(done)
      yield* Scope.close(scope, Exit.void)
      assert.strictEqual(twins.tasks.length, 1)
    })
  )

  it.scopedLive("passes its boundaries in order", () =>
    Effect.gen(function* () {
      const passed: Array<Boundary> = []
      const replied = yield* Deferred.make<void>()
      const pass = (boundary: Boundary) =>
        Effect.zipRight(
          Effect.sync(() => passed.push(boundary)),
          boundary === "replied" ? Deferred.succeed(replied, undefined) : Effect.void
        )
      const twins = makeIntakeTwins()
      const { smtp } = yield* Effect.provideService(startSmtp(twins), Boundaries, {
        pass: (name) => Effect.asVoid(pass(name))
      })
      const client = yield* connected(smtp)
      yield* client.deliver(toAlice(mail))
      yield* Deferred.await(replied)
      assert.deepStrictEqual(passed, ["blob-stored", "rung", "replied"])
    })
  )
})
