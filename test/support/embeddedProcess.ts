import { NodeContext, NodeRuntime } from "@effect/platform-node"
import { Effect, Layer } from "effect"
import { EmbeddedPostgres, layerEmbeddedPostgres } from "../../src/storage/embedded/EmbeddedPostgres.ts"

// A process that does nothing but keep an embedded Postgres: `… embeddedProcess.ts DATA_FOLDER GRACE_SECONDS`.
// It prints one line of JSON when it is ready. To be killed by a test.
const [dataFolder = "", grace = "30"] = process.argv.slice(2)

const main = Effect.gen(function* () {
  const { origin, processId } = yield* EmbeddedPostgres
  const server = yield* processId
  yield* Effect.sync(() => process.stdout.write(`${JSON.stringify({ origin, server })}\n`))
  return yield* Effect.never
})

NodeRuntime.runMain(
  Effect.provide(
    main,
    Layer.provide(
      layerEmbeddedPostgres({ dataFolder, orphanGrace: `${Number(grace)} seconds` }),
      NodeContext.layer
    )
  ),
  { disablePrettyLogger: true, disableErrorReporting: true }
)
