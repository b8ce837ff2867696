// The same stories for the engine alone: three phones at one mailbox in memory, without the protocol, by the thousand steps.
//   npm run devices -- --engine --seeds 100 --operations 10000
import { parseArgs } from "node:util"
import { Console, Effect } from "effect"
import fc from "fast-check"
import { anyStep, Story } from "../support/syncStory.ts"
import { SyncWorld } from "../support/syncWorld.ts"

const { values } = parseArgs({
  options: {
    from: { type: "string", default: "1" },
    seeds: { type: "string", default: "10" },
    operations: { type: "string", default: "1000" }
  }
})
const operations = Number(values.operations)

const story = (seed: number) =>
  Effect.gen(function* () {
    // Five entries of a journal are read at once, so that most looks end in its midst.
    const told = new Story(SyncWorld.inMemory({ maxEntries: 5 }))
    yield* Effect.forEach(fc.sample(anyStep, { seed, numRuns: operations }), told.run, { discard: true })
    yield* told.end
    yield* Console.log(`seed ${seed}: ${operations} operations, equal at rest`)
  }).pipe(Effect.annotateLogs({ seed }))

Effect.runFork(
  Effect.forEach(
    Array.from({ length: Number(values.seeds) }, (_, n) => Number(values.from) + n),
    story,
    { discard: true }
  ).pipe(
    Effect.tapErrorCause((cause) => Effect.logError("a story went wrong", cause)),
    Effect.onError(() =>
      Effect.sync(() => {
        process.exitCode = 1
      })
    )
  )
)
