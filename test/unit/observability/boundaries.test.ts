import { spawnSync } from "node:child_process"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "@effect/vitest"
import { ConfigProvider, Effect, Exit, Layer } from "effect"
import { boundary, layerCrashAt } from "../../../src/observability/boundaries.ts"

const modulePath = fileURLToPath(new URL("../../../src/observability/boundaries.ts", import.meta.url))

/** A process that passes a boundary three times, saying so each time. */
const program = `
  import { writeSync } from "node:fs"
  import { Effect } from "effect"
  import { boundary, layerCrashAt } from ${JSON.stringify(modulePath)}
  const step = (n) => Effect.zipRight(Effect.zipRight(boundary("claimed"), boundary("blob-stored")), Effect.sync(() => writeSync(1, String(n))))
  Effect.runPromise(Effect.forEach([1, 2, 3], step).pipe(Effect.provide(layerCrashAt)))
`

const run = (setting: Record<string, string>) => {
  const { signal, stdout } = spawnSync(
    process.execPath,
    ["--import", "tsx", "--input-type=module", "-e", program],
    {
      env: { PATH: "", ...setting },
      encoding: "utf8"
    }
  )
  return { signal, stdout }
}

describe("boundaries", () => {
  it("kill the process at the pass that was asked for, and only then", () => {
    assert.deepStrictEqual(run({ POSTROOM_CRASH_AT: "blob-stored:2" }), { signal: "SIGKILL", stdout: "1" })
    assert.deepStrictEqual(run({ POSTROOM_CRASH_AT: "blob-stored:4" }), { signal: null, stdout: "123" })
  }, 30_000)

  it.effect("do nothing by default", () => Effect.provide(boundary("replied"), layerCrashAt))

  it.effect("refuse a setting that names none of them", () =>
    Effect.forEach(["nowhere:1", "claimed", "claimed:0", "claimed:x"], (setting) =>
      Effect.gen(function* () {
        const exit = yield* Layer.build(layerCrashAt).pipe(
          Effect.scoped,
          Effect.withConfigProvider(ConfigProvider.fromMap(new Map([["POSTROOM_CRASH_AT", setting]]))),
          Effect.exit
        )
        assert.isTrue(Exit.isFailure(exit), setting)
      })
    )
  )
})
