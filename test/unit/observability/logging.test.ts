import { assert, describe, it } from "@effect/vitest"
import { ConfigProvider, Effect, Exit, FiberRef, LogLevel } from "effect"
import * as Logging from "../../../src/observability/logging.ts"

const leastAt = (level: string) =>
  FiberRef.get(FiberRef.currentMinimumLogLevel).pipe(
    Effect.provide(Logging.layer),
    Effect.withConfigProvider(ConfigProvider.fromMap(new Map([["POSTROOM_LOG_LEVEL", level]])))
  )

describe("the log level", () => {
  it.effect("is taken in the words that the help uses, and in those of the log itself", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* leastAt("Warning"), LogLevel.Warning)
      assert.strictEqual(yield* leastAt("debug"), LogLevel.Debug)
      assert.strictEqual(yield* leastAt("WARN"), LogLevel.Warning)
      assert.isTrue(Exit.isFailure(yield* Effect.exit(leastAt("loud"))))
    })
  )
})
