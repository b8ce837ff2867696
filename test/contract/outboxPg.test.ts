import { assert, layer } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { ModSeq } from "../../src/domain/ids.ts"
import { Outbox } from "../../src/storage/outbox/Outbox.ts"
import { Postgres, statement } from "../../src/storage/postgres.ts"
import { newMailbox } from "../support/mailboxesPg.ts"
import { layerTestPostgres } from "../support/postgres.ts"

const left = statement({
  text: `INSERT INTO mail_state.outbox (user_id, from_modseq, to_modseq, correlation_id, traceparent)
    VALUES ($1, $2, $2, 'c', $3)`
})

layer(Layer.provideMerge(Outbox.layer, layerTestPostgres))("the outbox", (it) => {
  it.effect("gives one entry per mailbox, with the trace of the last commit that had one", () =>
    Effect.gen(function* () {
      const { query } = yield* Postgres
      const { read, remove } = yield* Outbox
      const [traced, untraced] = [yield* newMailbox, yield* newMailbox]
      for (const [modSeq, trace] of [null, "00-first", "00-last", null].entries()) {
        yield* query(left, [traced, modSeq + 1, trace])
      }
      yield* query(left, [untraced, 7, null])
      const entries = yield* read(100)
      const of = (id: string) => entries.find(({ mailboxId }) => mailboxId === id)
      assert.deepInclude(of(traced), { from: ModSeq(1), to: ModSeq(4), traceparent: "00-last" })
      assert.deepInclude(of(untraced), { from: ModSeq(7), to: ModSeq(7), traceparent: null })
      yield* remove(entries)
      assert.deepEqual(yield* read(100), [])
    })
  )
})
