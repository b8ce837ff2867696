import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { afterEach, vi } from "vitest"
import { environment } from "../../../src/settings/environment.ts"

afterEach(() => {
  vi.unstubAllEnvs()
})

describe("the environment", () => {
  it.effect("is what begins with our name, but for what is empty and what Kubernetes put there", () => {
    for (const [name, value] of [
      ["POSTROOM_DATA", "/var/lib/postroom"],
      ["POSTROOM_SMPT_PORT", "25"],
      ["POSTROOM_LOG_LEVEL", ""],
      ["POSTROOM_PORT", "tcp://10.96.0.12:8080"],
      ["POSTROOM_PORT_8080_TCP_ADDR", "10.96.0.12"],
      ["POSTROOM_SMTP_PORT", "tcp://10.96.0.13:25"],
      ["POSTROOM_SMTP_SERVICE_HOST", "10.96.0.13"],
      ["POSTROOM_SMTP_SERVICE_PORT_SMTP", "25"],
      ["OTHER_DATA", "/elsewhere"]
    ] as const) {
      vi.stubEnv(name, value)
    }
    return Effect.map(environment, (given) =>
      assert.deepEqual(
        [...given].filter(([name]) => !name.startsWith("POSTROOM_TEST_")),
        [
          ["POSTROOM_DATA", "/var/lib/postroom"],
          ["POSTROOM_SMPT_PORT", "25"]
        ]
      )
    )
  })
})
