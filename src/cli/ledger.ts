import { Command } from "@effect/cli"
import { Effect } from "effect"
import { failed } from "./failure.ts"
import { common, described } from "./options.ts"
import { printRow } from "./output.ts"
import { withSession } from "./session.ts"

/** Fails where the books do not balance, so that scripts notice. */
export const ledger = Command.make("ledger", common, (options) =>
  withSession(options, "anyone", ({ rpc }) =>
    Effect.gen(function* () {
      const balance = yield* rpc.call((signal) => rpc.queue.getLedger({}, { signal }))
      yield* printRow(options.output, {
        accepted: Number(balance.accepted),
        delivered: Number(balance.delivered),
        bounced: Number(balance.bounced),
        inFlight: Number(balance.inFlight),
        deadLettered: Number(balance.deadLettered),
        dropped: Number(balance.dropped),
        imbalance: Number(balance.imbalance)
      })
      if (balance.imbalance !== 0n) {
        return yield* failed(`${balance.imbalance} recipients of accepted messages are not accounted for.`)
      }
    })
  )
).pipe(
  Command.withDescription(
    described(
      "What became of every accepted message, counted by recipient. Ends with 1 where the count does not come out even.",
      "postroom ledger"
    )
  )
)
