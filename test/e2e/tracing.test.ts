import { assert, describe, it } from "@effect/vitest"
import { Effect, Queue } from "effect"
import { type Collector, collecting, outline, said, type Tree, treesOf } from "../support/collector.ts"
import { commandLine } from "../support/commandLine.ts"
import { type Platform, platformHere, type Settings } from "../support/platform.ts"
import { watch } from "../support/watching.ts"
import { webhookServer } from "../support/webhookServer.ts"

const alice = "alice@demo.test"
const secrets = {
  alice,
  stranger: "stranger-tr1@elsewhere.test",
  subject: "Quarterly-tr1 figures",
  text: "The-tr1 margin is thin"
}
const letter = Buffer.from(
  `From: <${secrets.stranger}>\r\nTo: <${alice}>\r\nSubject: ${secrets.subject}\r\n\r\n${secrets.text}\r\n`
)
const sender = { trace: "4bf92f3577b34da6a3ce929d0e0e4736", span: "00f067aa0ba902b7" }
const ends = ["ack", "ingest", "watch wake", "index"]

const fromTheWorker = (indent: string) =>
  [
    "ingest",
    "  mime read",
    "  contents put",
    "    postgres contents_put",
    "  mailbox Deliver",
    "    commit",
    "      index",
    "    watch wake",
    "      postgres reader_journal",
    "  ack"
  ].map((line) => `${indent}${line}`)

/** A platform that is traced, with alice's mailbox made and watched. */
const traced = (settings: Settings = {}) =>
  Effect.gen(function* () {
    const collector = yield* collecting()
    const platform = yield* platformHere({
      POSTROOM_OTLP_URL: collector.url,
      POSTROOM_TRACE_RATIO: "1",
      ...settings
    })
    const watched = yield* watch(platform, alice)
    yield* watched.until(1)
    return { collector, platform, watched }
  })

/** Sends the letter; the correlation id that the reply names. */
const send = (platform: Platform) =>
  Effect.gen(function* () {
    const smtp = yield* platform.smtp
    const reply = yield* smtp.deliver({ to: [alice], bytes: letter })
    return /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/.exec(reply)?.[0] ?? reply
  }).pipe(Effect.scoped)

/** The trace of which that is true of the first span. */
const traceWhere = (collector: Collector, isIt: (tree: Tree) => boolean) =>
  Effect.map(collector.spans, (spans) => treesOf(spans).filter(isIt))

const traceOf = (collector: Collector, correlationId: string) =>
  traceWhere(collector, ({ span }) => said(span, "correlation_id") === correlationId)

const spansIn = ({ span, children }: Tree): ReadonlyArray<Tree["span"]> => [
  span,
  ...children.flatMap(spansIn)
]

describe("the trace of a message", () => {
  it.scopedLive("leads from SMTP through task, worker and actor to the watch that it wakes", () =>
    Effect.gen(function* () {
      const { collector, platform } = yield* traced()
      const correlationId = yield* send(platform)
      yield* collector.until(1, "smtp message", ...ends)
      const trees = yield* traceOf(collector, correlationId)
      assert.deepEqual(outline(trees), [
        "smtp message",
        "  smtp receive",
        "  blob put",
        "  publish",
        ...fromTheWorker("    ")
      ])
      const spans = trees.flatMap(spansIn)
      assert.strictEqual(new Set(spans.map(({ traceId }) => traceId)).size, 1)
      const named = (wanted: string) => spans.find(({ name }) => name === wanted)
      assert.strictEqual(said(named("smtp message"), "recipients"), "1")
      assert.isAbove(Number(said(named("blob put"), "size_bytes")), letter.length)
      assert.strictEqual(said(named("ingest"), "correlation_id"), correlationId)
      assert.strictEqual(said(named("ingest"), "outcome"), "delivered")
      assert.strictEqual(said(named("commit"), "commands"), "1")
    })
  )

  it.scopedLive("holds no address, no subject and nothing of its text", () =>
    Effect.gen(function* () {
      const { collector, platform } = yield* traced()
      yield* send(platform)
      const smtp = yield* platform.smtp
      const broken = Buffer.concat([letter, Buffer.from("a lone\rreturn\r\n")])
      yield* smtp.deliver({ to: [alice], bytes: broken })
      yield* collector.until(2, "smtp message")
      yield* collector.until(1, ...ends)
      const text = yield* collector.received
      assert.include(text, "ContentRefused")
      for (const secret of Object.values(secrets)) assert.notInclude(text, secret)
    })
  )

  it.scopedLive("is whole for each of several messages that share statements", () =>
    Effect.gen(function* () {
      const { collector, platform } = yield* traced()
      const count = 12
      const ids = yield* Effect.replicateEffect(send(platform), count, { concurrency: "unbounded" })
      yield* collector.until(count, "smtp message", "ingest", "ack")
      yield* collector.until(1, "index")
      // What is done once for several belongs to the last of them.
      const causes = (yield* collector.spans).filter(({ name }) => name === "commit")
      for (const span of yield* collector.spans) {
        if (span.name !== "index") continue
        assert.isTrue(
          causes.some(({ spanId, traceId }) => spanId === span.parentSpanId && traceId === span.traceId)
        )
      }
      for (const id of ids) {
        const names = (yield* traceOf(collector, id)).flatMap(spansIn).map(({ name }) => name)
        assert.includeMembers(names, [
          "publish",
          "ingest",
          "contents put",
          "mailbox Deliver",
          "commit",
          "ack"
        ])
      }
    })
  )

  it.scopedLive("leads on to those who want to be told, and to each attempt", () =>
    Effect.gen(function* () {
      const { collector, platform } = yield* traced({ POSTROOM_WEBHOOK_ALLOWED_NETWORKS: "127.0.0.1" })
      const { url, received } = yield* webhookServer()
      yield* commandLine(platform, ["webhook", "add", url, "--tenant", "demo"])
      const correlationId = yield* send(platform)
      yield* Queue.take(received)
      // The ring for the mailbox, and the one receiver that it becomes.
      yield* collector.until(2, "notify")
      const [tree] = yield* traceOf(collector, correlationId)
      const told = tree === undefined ? [] : spansIn(tree).filter(({ name }) => name === "notify")
      assert.deepEqual(
        told.map((span) => said(span, "outcome")),
        ["done", "done"]
      )
      assert.strictEqual(new Set(told.map(({ parentSpanId }) => parentSpanId)).size, 1)
      assert.notInclude(yield* collector.received, url)
    })
  )

  it.scopedLive("that was submitted goes on with its sender's", () =>
    Effect.gen(function* () {
      const { collector, platform } = yield* traced({ POSTROOM_TRACE_RATIO: "0" })
      const { mailbox, call } = yield* platform.client(alice)
      const raw = Buffer.from(`From: <${alice}>\r\nTo: <${alice}>\r\n\r\nto myself\r\n`)
      const headers = { traceparent: `00-${sender.trace}-${sender.span}-01` }
      yield* call((signal) =>
        mailbox.submit({ sender: alice, recipients: [alice], raw }, { signal, headers })
      )
      yield* collector.until(1, ...ends)
      const trees = yield* traceWhere(collector, ({ span }) => span.parentSpanId === sender.span)
      assert.isTrue(trees.flatMap(spansIn).every(({ traceId }) => traceId === sender.trace))
      assert.deepEqual(outline(trees), [
        "MailboxService/Submit",
        "  postgres directory_user_by_address",
        "  postgres directory_resolve",
        "  blob put",
        "  publish",
        ...fromTheWorker("    ")
      ])
    })
  )

  it.scopedLive("is not kept where the dice fall otherwise", () =>
    Effect.gen(function* () {
      const { collector, platform, watched } = yield* traced({ POSTROOM_TRACE_RATIO: "0" })
      const { mailbox, call } = yield* platform.client(alice)
      const { modSeq } = yield* call((signal) => mailbox.getMailbox({}, { signal }))
      yield* send(platform)
      yield* watched.until(Number(modSeq) + 1)
      const rows = yield* platform.query("SELECT FROM queue.tasks WHERE payload ? 'trace'")
      assert.strictEqual(rows.length, 0)
      // What waited to be sent is sent with this.
      const headers = { traceparent: `00-${sender.trace}-${sender.span}-01` }
      yield* call((signal) => mailbox.getMailbox({}, { signal, headers }))
      yield* collector.until(1, "MailboxService/GetMailbox")
      assert.strictEqual((yield* collector.spans).filter(({ traceId }) => traceId !== sender.trace).length, 0)
    })
  )
})
