import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, TestClock } from "effect"
import { Unavailable } from "../../../src/domain/errors.ts"
import { CorrelationId, MailboxId, ModSeq, TenantId } from "../../../src/domain/ids.ts"
import * as relay from "../../../src/pipeline/relay.ts"
import { NotifyTargets } from "../../../src/storage/notify/NotifyTargets.ts"
import { Outbox, type OutboxEntry } from "../../../src/storage/outbox/Outbox.ts"
import { OutboxBell } from "../../../src/storage/outbox/OutboxBell.ts"
import { Streams } from "../../../src/storage/streams/Streams.ts"

const entry = (name: string): OutboxEntry => ({
  mailboxId: MailboxId(name),
  tenantId: TenantId("t"),
  from: ModSeq(3),
  to: ModSeq(5),
  correlationId: CorrelationId("c"),
  traceparent: null
})

describe("the relay", () => {
  it.scoped(
    "rings for the index of every mailbox, and for those to be told where there are any, then forgets",
    () =>
      Effect.gen(function* () {
        const waiting = [entry("watched"), entry("quiet")]
        const story: Array<string> = []
        let isAway = true
        yield* Layer.build(
          relay.layer.pipe(
            Layer.provide(
              Layer.mergeAll(
                OutboxBell.layer,
                Layer.mock(Outbox, {
                  read: (limit) => Effect.sync(() => waiting.slice(0, limit)),
                  remove: (entries) =>
                    Effect.sync(() => {
                      waiting.splice(0, entries.length)
                      story.push("forgotten")
                    })
                }),
                Layer.mock(NotifyTargets, {
                  watched: (ids) =>
                    Effect.suspend(() =>
                      isAway
                        ? new Unavailable({ what: "storage" })
                        : Effect.succeed(new Set(ids.filter((id) => id === "watched")))
                    )
                }),
                Layer.mock(Streams, {
                  publish: (tasks) =>
                    Effect.sync(() => {
                      for (const { stream, workKey, payload } of tasks) {
                        story.push(`${stream} ${workKey} ${payload["from"]}`)
                      }
                    })
                })
              )
            )
          )
        )
        yield* TestClock.adjust("1 second")
        assert.deepEqual(story, [])
        isAway = false
        yield* TestClock.adjust("10 seconds")
        assert.deepEqual(story, ["index watched 3", "index quiet 3", "notify watched 3", "forgotten"])
      })
  )
})
