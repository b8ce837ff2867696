import { describe, it } from "@effect/vitest"
import { Config, Effect } from "effect"
import { runModel } from "../../model/phones.ts"

/** The heavy form: `npm run devices -- --seeds 100 --operations 10000`. */
const ModelConfig = Config.all({
  from: Config.integer("POSTROOM_TEST_FROM").pipe(Config.withDefault(1)),
  seeds: Config.integer("POSTROOM_TEST_SEEDS").pipe(Config.withDefault(1)),
  operations: Config.integer("POSTROOM_TEST_OPERATIONS").pipe(Config.withDefault(120))
})

const { from, seeds, operations } = Effect.runSync(ModelConfig)

describe("a model of phones", () => {
  for (let seed = from; seed < from + seeds; seed++) {
    it.live(
      `phones hold what the mailbox holds once all is quiet: seed ${seed}`,
      () =>
        Effect.scoped(runModel({ seed, operations, restarts: Math.max(1, Math.floor(operations / 1_000)) })),
      60_000 + operations * 2_000
    )
  }
})
