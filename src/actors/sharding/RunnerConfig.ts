import { hostname } from "node:os"
import { Config, Duration } from "effect"
import { setting } from "../../settings/setting.ts"
import { atLeast, duration, integer, text } from "../../settings/types.ts"

/** Who this runner is to others, and how it moves shards. */
export const RunnerConfig = Config.all({
  name: setting({
    name: "POSTROOM_RUNNER",
    type: text,
    default: hostname(),
    defaultText: "the machine's name",
    meaning: "Name of this runner, kept over restarts; no two of a deployment have the same."
  }),
  address: Config.option(
    setting({
      name: "POSTROOM_RUNNER_ADDRESS",
      type: text,
      defaultText: "POSTROOM_HOST and POSTROOM_RUNNER_PORT",
      meaning: "host:port where the other processes reach this runner."
    })
  ),
  weight: setting({
    name: "POSTROOM_RUNNER_WEIGHT",
    type: integer,
    default: 100,
    meaning: "Its share of the mailboxes in proportion to the other runners'; 0 = none.",
    check: atLeast(0)
  }),
  zone: setting({
    name: "POSTROOM_RUNNER_ZONE",
    type: text,
    default: "",
    meaning: "Runners of one zone may fail together (a machine, a rack, a data centre)."
  }),
  lease: setting({
    name: "POSTROOM_RUNNER_LEASE",
    type: duration,
    default: Duration.seconds(4),
    meaning: "How long a runner that says nothing keeps its mailboxes; renewed four times as often."
  }),
  moves: setting({
    name: "POSTROOM_RUNNER_MOVES",
    type: integer,
    default: 8,
    meaning: "Shards that a runner takes from living owners at the same time.",
    check: atLeast(1)
  }),
  retireWithin: setting({
    name: "POSTROOM_RUNNER_RETIRE_WITHIN",
    type: duration,
    default: Duration.seconds(20),
    meaning: "What a runner that is told to stop waits for others to take its shards."
  })
})
