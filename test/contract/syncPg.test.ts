import { it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import fc from "fast-check"
import { describe } from "vitest"
import { MailboxStore } from "../../src/storage/mailbox/MailboxStore.ts"
import * as MailboxStorePg from "../../src/storage/mailbox/MailboxStorePg.ts"
import { newMailbox } from "../support/mailboxesPg.ts"
import { layerTestPostgres } from "../support/postgres.ts"
import { anyStep, Story } from "../support/syncStory.ts"
import { SyncWorld } from "../support/syncWorld.ts"

const layer = MailboxStorePg.layer.pipe(Layer.provideMerge(layerTestPostgres))

describe("devices and a mailbox in Postgres", () => {
  it.effect(
    "are equal at rest, whatever happened, and no item was added twice (I4)",
    () =>
      Effect.gen(function* () {
        const store = yield* MailboxStore
        const runs = fc.sample(fc.array(anyStep, { minLength: 20, maxLength: 40 }), { numRuns: 30, seed: 4 })
        for (const steps of runs) {
          const story = new Story(yield* SyncWorld.on(store, yield* newMailbox))
          yield* Effect.forEach(steps, story.run, { discard: true })
          yield* story.end
        }
      }).pipe(Effect.provide(layer)),
    120_000
  )
})
