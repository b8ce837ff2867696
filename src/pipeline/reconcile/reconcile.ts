import { Effect, Layer, Schedule } from "effect"
import { metrics } from "../../observability/metrics.ts"
import { undeterred } from "../../observability/undeterred.ts"
import { BlobReferences } from "../../storage/reconcile/BlobReferences.ts"
import { passes } from "../passes.ts"
import { ReconcilerConfig } from "./ReconcilerConfig.ts"
import { makeUnreferenced } from "./unreferenced.ts"
import { makeCorrupt, makeMissing } from "./verify.ts"

/**
 * Compares blobs and rows, at a pace that leaves both to others: removes blobs that nobody needs, reports blobs that are
 * missing or not what they were. Each pass goes on where it stopped.
 */
export const layer = Layer.scopedDiscard(
  Effect.gen(function* () {
    const settings = yield* ReconcilerConfig
    const references = yield* BlobReferences
    yield* passes({
      name: "blobs-unreferenced",
      interval: settings.interval,
      step: yield* makeUnreferenced(settings)
    })
    yield* passes({
      name: "blobs-missing",
      interval: settings.missingInterval,
      step: yield* makeMissing(settings)
    })
    yield* passes({
      name: "blobs-corrupt",
      interval: settings.scrubInterval,
      step: yield* makeCorrupt(settings)
    })
    const count = Effect.map(references.counts, (counts) => {
      for (const { problem, count: found } of counts) metrics.blobFindings.set({ problem }, found)
    })
    yield* Effect.forkScoped(
      Effect.repeat(undeterred("counting what is wrong with blobs", count), Schedule.spaced("30 seconds"))
    )
  })
)
