import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, TestClock } from "effect"
import { MailboxId, TenantId } from "../../../src/domain/ids.ts"
import * as schedule from "../../../src/pipeline/retention/schedule.ts"
import { Retention } from "../../../src/storage/retention/Retention.ts"
import { type NewTask, Streams } from "../../../src/storage/streams/Streams.ts"
import { Turns } from "../../../src/storage/turns/Turns.ts"

const tenantId = TenantId("t")
const mailboxes = Array.from({ length: 1_200 }, (_, n) => ({
  mailboxId: MailboxId(`m-${String(n).padStart(4, "0")}`),
  tenantId
}))

describe("retention's schedule", () => {
  it.scoped("makes a task of every mailbox with a policy, from where the last process stopped", () =>
    Effect.gen(function* () {
      const published: Array<NewTask> = []
      const story: Array<string | null> = []
      yield* Layer.build(
        schedule.layer.pipe(
          Layer.provide(
            Layer.mergeAll(
              Layer.mock(Retention, {
                mailboxes: (_, { after, limit }) =>
                  Effect.succeed(
                    mailboxes.filter(({ mailboxId }) => after === null || mailboxId > after).slice(0, limit)
                  )
              }),
              Layer.mock(Streams, { publish: (tasks) => Effect.sync(() => void published.push(...tasks)) }),
              Layer.mock(Turns, {
                take: (name) =>
                  Effect.sync(() => (story.length === 0 ? { name, holder: "a", cursor: "m-0099" } : null)),
                advance: (_, cursor) => Effect.sync(() => story.push(cursor) > 0),
                finish: () => Effect.sync(() => void story.push(null))
              })
            )
          )
        )
      )
      yield* TestClock.adjust("5 minutes")
      assert.deepEqual(story, ["m-0599", "m-1099", null])
      assert.strictEqual(published.length, 1_100)
      assert.deepInclude(published[0], {
        stream: "retention",
        workKey: "m-0100",
        tenantId,
        payload: { mailboxId: "m-0100" }
      })
    })
  )
})
