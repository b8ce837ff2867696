import { describe, it } from "@effect/vitest"
import { Config, Effect } from "effect"
import { runModel } from "../../model/phones.ts"

/** The heavy form: `npm run devices -- --seeds 100 --operations 10000`. */
const ModelConfig = Config.all({
  seeds: Config.integer("POSTROOM_TEST_SEEDS").pipe(Config.withDefault(1)),
  operations: Config.integer("POSTROOM_TEST_OPERATIONS").pipe(Config.withDefault(120))
})

const { seeds, operations } = Effect.runSync(ModelConfig)

describe("a model of phones", () => {
  for (let seed = 1; seed <= seeds; seed++) {
    it.live(
      `phones hold what the mailbox holds once all is quiet: seed ${seed}`,
      () =>
        Effect.scoped(runModel({ seed, operations, restarts: Math.max(1, Math.floor(operations / 1_000)) })),
      60_000 + operations * 2_000
    )
  }
})
