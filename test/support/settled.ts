import { strictEqual } from "node:assert/strict"
import { Effect } from "effect"
import type { Platform } from "./platform.ts"

/** The ledger after the work: every recipient of every accepted message is delivered, but for those elsewhere. */
export const assertSettled = (platform: Platform, elsewhere = 0): Effect.Effect<void> =>
  Effect.map(platform.ledger, (ledger) => {
    strictEqual(Number(ledger.imbalance), 0, "imbalance")
    strictEqual(Number(ledger.deadLettered), 0, "dead-lettered")
    strictEqual(Number(ledger.inFlight), elsewhere, "in flight")
    strictEqual(Number(ledger.delivered), Number(ledger.accepted) - elsewhere, "delivered")
  })
