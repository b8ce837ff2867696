import { createHmac } from "node:crypto"
import { assert, describe, it } from "@effect/vitest"
import { ConfigProvider, Effect, Queue, Redacted } from "effect"
import { NotDelivered, NotifySink } from "../../../../src/pipeline/notify/NotifySink.ts"
import { layerWebhook } from "../../../../src/pipeline/notify/webhook.ts"
import { webhookServer } from "../../../support/webhookServer.ts"

const key = Buffer.from("a key for tests that is long enough")
const secret = Redacted.make(`whsec_${key.toString("base64")}`)
const notice = { id: "task.7", body: JSON.stringify({ mailboxId: "m" }) }

const send = (url: string, settings: Readonly<Record<string, string>> = {}) =>
  Effect.flatMap(NotifySink, (sink) => sink.send({ _tag: "Webhook", id: "t", url, secret }, notice)).pipe(
    Effect.provide(layerWebhook),
    Effect.withConfigProvider(
      ConfigProvider.fromMap(
        new Map(Object.entries({ POSTROOM_WEBHOOK_ALLOWED_NETWORKS: "127.0.0.1", ...settings }))
      )
    )
  )

/** Why it was not delivered. */
const refusal = (url: string, settings: Readonly<Record<string, string>> = {}) =>
  Effect.map(Effect.flip(send(url, settings)), (error) => {
    assert.instanceOf(error, NotDelivered)
    const { reason, isFinal, isGone } = error instanceof NotDelivered ? error : {}
    return { reason, isFinal, isGone }
  })

describe("a webhook", () => {
  it.scopedLive("is a POST of JSON, signed as Standard Webhooks has it", () =>
    Effect.gen(function* () {
      const server = yield* webhookServer()
      yield* send(server.url)
      const { method, path, headers, body } = yield* Queue.take(server.received)
      assert.deepEqual(
        [method, path, headers["content-type"], body],
        ["POST", "/hook", "application/json", notice.body]
      )
      assert.strictEqual(headers["webhook-id"], notice.id)
      const timestamp = headers["webhook-timestamp"]
      const signed = createHmac("sha256", key).update(`task.7.${timestamp}.${notice.body}`).digest("base64")
      assert.strictEqual(headers["webhook-signature"], `v1,${signed}`)
    })
  )

  for (const [status, expected] of [
    [500, { reason: "HTTP 500", isFinal: false, isGone: false }],
    [404, { reason: "HTTP 404", isFinal: false, isGone: false }],
    [410, { reason: "HTTP 410", isFinal: false, isGone: true }]
  ] as const) {
    it.scopedLive(`was not delivered where the answer is ${status}`, () =>
      Effect.gen(function* () {
        const server = yield* webhookServer((response) => response.writeHead(status).end("<html>"))
        assert.deepEqual(yield* refusal(server.url), expected)
      })
    )
  }

  it.scopedLive("is given up when nothing answers in time, and when an answer has no end", () =>
    Effect.gen(function* () {
      const silent = yield* webhookServer(() => undefined)
      const settings = { POSTROOM_WEBHOOK_TIMEOUT: "200 millis" }
      assert.deepEqual(yield* refusal(silent.url, settings), {
        reason: "no answer in time",
        isFinal: false,
        isGone: false
      })
      const endless = yield* webhookServer((response) => {
        response.writeHead(200)
        const more = () => void (response.write("x".repeat(10_000)) && setImmediate(more))
        more()
      })
      yield* send(endless.url)
    })
  )

  it.scopedLive("says in its own words that nobody is there", () =>
    Effect.gen(function* () {
      const { port } = yield* Effect.scoped(webhookServer())
      const { reason } = yield* refusal(`http://127.0.0.1:${port}/`)
      assert.strictEqual(reason, "no answer (ECONNREFUSED)")
    })
  )

  it.scopedLive("does not follow a redirect, wherever it leads", () =>
    Effect.gen(function* () {
      const inside = yield* webhookServer(undefined, "127.0.0.2")
      const outside = yield* webhookServer((response) =>
        response.writeHead(307, { location: inside.url }).end()
      )
      assert.strictEqual((yield* refusal(outside.url)).reason, "redirect (307), not followed")
      assert.strictEqual(yield* Queue.size(inside.received), 0)
    })
  )

  for (const host of ["127.0.0.2", "2130706434", "0x7f.2", "[::1]", "[::ffff:127.0.0.2]", "0.0.0.0"]) {
    it.scopedLive(`is never sent to ${host}`, () =>
      Effect.gen(function* () {
        const address = host.includes("::1") ? "::1" : "127.0.0.2"
        const inside = yield* webhookServer(undefined, address)
        const expected = {
          reason: "its address is not of the public internet",
          isFinal: true,
          isGone: false
        }
        assert.deepEqual(yield* refusal(`http://${host}:${inside.port}/`), expected)
        assert.strictEqual(yield* Queue.size(inside.received), 0)
      })
    )
  }

  it.scopedLive("is not sent where a name means an address that is not public, but is where it may be", () =>
    Effect.gen(function* () {
      const server = yield* webhookServer()
      const url = `http://localhost:${server.port}/`
      const { reason } = yield* refusal(url, { POSTROOM_WEBHOOK_ALLOWED_NETWORKS: "10.0.0.0/8" })
      assert.strictEqual(reason, "its address is not of the public internet")
      yield* send(url)
      assert.strictEqual(yield* Queue.size(server.received), 1)
    })
  )

  it.scopedLive("goes over a connection that the last one has left open", () =>
    Effect.gen(function* () {
      const server = yield* webhookServer((response) => response.writeHead(200).end("ok"))
      const sink = yield* NotifySink
      const ports = new Set<number>()
      for (let n = 0; n < 3; n++) {
        yield* sink.send({ _tag: "Webhook", id: "t", url: server.url, secret }, notice)
        ports.add((yield* Queue.take(server.received)).remotePort)
      }
      assert.strictEqual(ports.size, 1)
    }).pipe(
      Effect.provide(layerWebhook),
      Effect.withConfigProvider(
        ConfigProvider.fromMap(new Map([["POSTROOM_WEBHOOK_ALLOWED_NETWORKS", "127.0.0.1"]]))
      )
    )
  )

  it.effect("is refused where its URL is none", () =>
    Effect.forEach(["ftp://x.test/", "file:///etc/passwd", "http://u:p@x.test/", "nonsense"], (url) =>
      Effect.map(refusal(url), ({ isFinal }) => assert.isTrue(isFinal))
    )
  )
})
