import { describe, it } from "@effect/vitest"
import { Config, Effect } from "effect"
import { runFleetModel } from "../../model/fleet.ts"
import { runModel } from "../../model/phones.ts"

/** The heavy forms: `npm run devices -- --seeds 100 --operations 10000`, and `--fleet --seeds 10 --operations 1000`. */
const ModelConfig = Config.all({
  from: Config.integer("POSTROOM_TEST_FROM").pipe(Config.withDefault(1)),
  seeds: Config.integer("POSTROOM_TEST_SEEDS").pipe(Config.withDefault(1)),
  operations: Config.integer("POSTROOM_TEST_OPERATIONS").pipe(Config.withDefault(120)),
  isFleet: Config.boolean("POSTROOM_TEST_FLEET").pipe(Config.withDefault(false))
})

const { from, seeds, operations, isFleet } = Effect.runSync(ModelConfig)

describe("a model of phones", () => {
  for (let seed = from; seed < from + seeds; seed++) {
    it.live(
      `phones hold what the mailbox holds once all is quiet: seed ${seed}`,
      () =>
        Effect.scoped(
          isFleet
            ? runFleetModel({ seed, operations })
            : runModel({ seed, operations, restarts: Math.max(1, Math.floor(operations / 1_000)) })
        ),
      (isFleet ? 600_000 : 60_000) + operations * 2_000
    )
  }
})
