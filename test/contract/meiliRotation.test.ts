import { FileSystem } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Option, Schema } from "effect"
import { openSettings } from "../../src/settings/openSettings.ts"
import { Secrets } from "../../src/settings/Secrets.ts"
import { makeMeili } from "../../src/storage/search/meili/Meili.ts"
import { meiliSettings } from "../../src/storage/search/meili/MeiliConfig.ts"
import { elapse } from "../support/elapse.ts"
import { fakeMeili } from "../support/fakeMeili.ts"

describe("Meilisearch's key", () => {
  it.scoped("may be rotated: who is refused asks again with what the file says then", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const fake = yield* fakeMeili
      const file = yield* fs.makeTempFileScoped()
      yield* fs.writeFileString(file, "one")
      const opened = yield* openSettings(
        new Map([
          ["POSTROOM_MEILISEARCH_URL", `${fake.url}/`],
          ["POSTROOM_MEILISEARCH_KEY_FILE", file]
        ])
      )
      const settings = yield* meiliSettings.pipe(
        Effect.provideService(Secrets, opened.secrets),
        Effect.withConfigProvider(opened.provider)
      )
      const { ask } = makeMeili(Option.getOrThrow(settings))
      const status = ask({ method: "GET", path: "/tasks/1", answer: Schema.Unknown }).pipe(
        Effect.match({ onFailure: (away) => away.status, onSuccess: () => 200 })
      )
      yield* Effect.forkScoped(opened.watch)

      fake.key = "one"
      assert.strictEqual(yield* status, 200)
      fake.key = "two"
      assert.strictEqual(yield* status, 403)
      yield* fs.writeFileString(file, "two\n")
      yield* Effect.repeat(Effect.zipRight(elapse("1 second"), status), { until: (seen) => seen === 200 })
    }).pipe(Effect.provide(NodeContext.layer))
  )

  it.effect("belongs to a server that can be asked", () =>
    Effect.gen(function* () {
      for (const url of ["meili:7700", "127.0.0.1:7700", "ftp://meili"]) {
        const { provider } = yield* openSettings(new Map([["POSTROOM_MEILISEARCH_URL", url]]))
        const error = yield* Effect.flip(Effect.withConfigProvider(meiliSettings, provider))
        assert.include(String(error), "POSTROOM_MEILISEARCH_URL", url)
      }
    }).pipe(Effect.provide(NodeContext.layer))
  )
})
