import { createHash } from "node:crypto"
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber, Layer, Schema, Stream, TestClock } from "effect"
import { CorrelationId } from "../../../src/domain/ids.ts"
import { type InboundEnvelope, Intake } from "../../../src/pipeline/Intake.ts"
import * as IntakeLive from "../../../src/pipeline/IntakeLive.ts"
import {
  demoTenant,
  type IntakeTwins,
  ingestTasks,
  mailboxOf,
  makeIntakeTwins,
  otherTenant
} from "../../support/intakeTwins.ts"

const withIntake = <A, E>(body: (intake: typeof Intake.Service, twins: IntakeTwins) => Effect.Effect<A, E>) =>
  Effect.suspend(() => {
    const twins = makeIntakeTwins()
    return Effect.flatMap(Intake, (intake) => body(intake, twins)).pipe(
      Effect.provide(Layer.provide(IntakeLive.layer, twins.layer))
    )
  })

const envelopeTo = (...addresses: ReadonlyArray<string>): InboundEnvelope => ({
  sender: "a@b.test",
  recipients: addresses.map((address) => ({
    address,
    mailboxId: mailboxOf(address.startsWith("al") ? "alice" : (address.split("@")[0] ?? "")),
    tenantId: address.endsWith("@other.test") ? otherTenant : demoTenant,
    detail: /\+(.*)@/.exec(address)?.[1] ?? null
  })),
  correlationId: CorrelationId("the-id"),
  protocol: "lmtp",
  hop: {
    clientName: "client.test",
    clientAddress: "2001:db8::1",
    serverName: "mx.demo.test",
    transmission: "LMTPS"
  }
})

const message = Buffer.from("Subject: x\r\n\r\nHello\r\n")

class ClientLeft extends Schema.TaggedError<ClientLeft>()("ClientLeft", {}) {}

describe("Intake.accept", () => {
  it.effect("stores trace and message, and asks for one delivery per mailbox", () =>
    withIntake((intake, twins) =>
      Effect.gen(function* () {
        yield* TestClock.setTime(Date.UTC(2026, 10, 3, 7, 5, 9))
        const accepted = yield* intake.accept(
          envelopeTo("alice@demo.test", "al+one@demo.test", "bob@demo.test"),
          message
        )
        const stored = `Return-Path: <a@b.test>\r\nReceived: from client.test ([IPv6:2001:db8::1])\r\n\tby mx.demo.test with LMTPS id the-id;\r\n\tTue, 03 Nov 2026 07:05:09 +0000\r\n${message}`
        const [task] = ingestTasks(twins)
        if (task === undefined) return assert.fail("no task")
        assert.deepStrictEqual([...twins.blobs.values()].map(String), [stored])
        assert.deepStrictEqual(task, {
          contentId: task.contentId,
          tenantId: demoTenant,
          blobKey: task.blobKey,
          checksum: createHash("sha256").update(stored).digest("hex"),
          sizeBytes: stored.length,
          receivedAt: Date.UTC(2026, 10, 3, 7, 5, 9),
          sender: "a@b.test",
          protocol: "lmtp",
          target: "inbox",
          recipients: [
            {
              mailboxId: mailboxOf("alice"),
              addresses: ["alice@demo.test", "al+one@demo.test"],
              detail: "one"
            },
            { mailboxId: mailboxOf("bob"), addresses: ["bob@demo.test"], detail: null }
          ]
        })
        assert.strictEqual(accepted.contents[0]?.contentId, task.contentId)
        assert.strictEqual(`blobs/${demoTenant}/2026/11/03/${task.contentId}.eml`, task.blobKey)
        assert.strictEqual(accepted.sizeBytes, stored.length)
      })
    )
  )

  it.effect(
    "names no client where the message did not come over the network, and lets nothing break a line",
    () =>
      withIntake((intake, twins) =>
        Effect.gen(function* () {
          const envelope = envelopeTo("alice@demo.test")
          const hop = { ...envelope.hop, clientAddress: null }
          yield* intake.accept({ ...envelope, sender: "a\r\nBcc: x@y.test>", hop }, message)
          const [stored = ""] = [...twins.blobs.values()].map(String)
          assert.isTrue(
            stored.startsWith(
              "Return-Path: <aBcc: x@y.test>\r\nReceived: by mx.demo.test with LMTPS id the-id;\r\n\t"
            )
          )
        })
      )
  )

  it.effect("gives each tenant its own copy, of bytes and of streams", () =>
    withIntake((intake, twins) =>
      Effect.gen(function* () {
        const envelope = envelopeTo("alice@demo.test", "zoe@other.test")
        yield* intake.accept(envelope, message)
        yield* intake.accept(envelope, Stream.make(message.subarray(0, 5), message.subarray(5)))
        const contents = [...twins.blobs.values()].map(String)
        assert.strictEqual(contents.length, 4)
        assert.strictEqual(new Set(contents).size, 1)
        assert.sameMembers(
          twins.tasks.map((task) => task.tenantId),
          [demoTenant, otherTenant, demoTenant, otherTenant]
        )
        assert.sameMembers(
          ingestTasks(twins).map((task) => task.blobKey.toString()),
          [...twins.blobs.keys()]
        )
      })
    )
  )

  it.effect("keeps nothing when the stream or the store fails, and says which", () =>
    withIntake((intake, twins) =>
      Effect.gen(function* () {
        const envelope = envelopeTo("alice@demo.test", "zoe@other.test")
        const broken = Stream.concat(Stream.make(message), Stream.fail(new ClientLeft()))
        assert.strictEqual((yield* Effect.flip(intake.accept(envelope, broken)))._tag, "ClientLeft")
        twins.faults.blobs = "full"
        assert.strictEqual((yield* Effect.flip(intake.accept(envelope, message)))._tag, "StorageFull")
        // The second tenant's copy fails, the first one's goes too.
        twins.faults.blobs = null
        twins.gates.put = Effect.sync(() => {
          twins.faults.blobs = "io"
        })
        assert.strictEqual((yield* Effect.flip(intake.accept(envelope, message)))._tag, "Unavailable")
        assert.strictEqual(twins.blobs.size + twins.tasks.length, 0)
      })
    )
  )

  it.effect("keeps nothing when it is interrupted before it asks for the task", () =>
    withIntake((intake, twins) =>
      Effect.gen(function* () {
        const reached = yield* Deferred.make<void>()
        let puts = 0
        twins.gates.put = Effect.suspend(() => {
          puts += 1
          return puts === 1
            ? Effect.void
            : Effect.zipRight(Deferred.succeed(reached, undefined), Effect.never)
        })
        const fiber = yield* Effect.fork(
          intake.accept(envelopeTo("alice@demo.test", "zoe@other.test"), message)
        )
        yield* Deferred.await(reached)
        yield* Fiber.interrupt(fiber)
        assert.strictEqual(twins.blobs.size + twins.tasks.length, 0)
      })
    )
  )

  it.effect("fails without a task when the record is away", () =>
    withIntake((intake, twins) =>
      Effect.gen(function* () {
        twins.faults.publish = "down"
        const error = yield* Effect.flip(intake.accept(envelopeTo("alice@demo.test"), message))
        assert.strictEqual(error._tag, "Unavailable")
        assert.strictEqual(twins.tasks.length, 0)
      })
    )
  )
})

describe("Intake.resolve", () => {
  it.effect("says where mail goes, or why it does not", () =>
    withIntake((intake, twins) =>
      Effect.gen(function* () {
        assert.deepStrictEqual(yield* intake.resolve("Alice+x@demo.test"), {
          address: "Alice+x@demo.test",
          mailboxId: mailboxOf("alice"),
          tenantId: demoTenant,
          detail: "x"
        })
        const reasons = yield* Effect.forEach(
          ["nobody@demo.test", "off@demo.test", "full@demo.test", "a@elsewhere.test"],
          (address) => Effect.flip(intake.resolve(address))
        )
        assert.deepStrictEqual(
          reasons.map((refused) => (refused._tag === "RecipientRefused" ? refused.reason : refused._tag)),
          ["unknownUser", "disabled", "overQuota", "relayDenied"]
        )
        twins.faults.resolve = true
        assert.strictEqual((yield* Effect.flip(intake.resolve("alice@demo.test")))._tag, "Unavailable")
      })
    )
  )
})
