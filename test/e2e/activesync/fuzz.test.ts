import { readdirSync, readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { makeWorld } from "../../fuzz/commands/world.ts"
import { itLints } from "../../support/activesync/wbxml.ts"
import { migratedDatabase } from "../../support/postgres.ts"

const folder = fileURLToPath(new URL("../../golden/activesync/fuzz/commands/", import.meta.url))
const names = readdirSync(folder).sort()

const answers: Array<Uint8Array> = []

describe("what npm run fuzz -- commands has found", () => {
  it.scopedLive(
    "is answered, in time, by nothing that is the server's fault, and costs neither a device its keys nor a mailbox its order",
    () =>
      Effect.gen(function* () {
        const world = yield* makeWorld(yield* migratedDatabase, (answer) =>
          Effect.sync(() => void answers.push(answer))
        )
        const ends = yield* Effect.forEach(names, (name) => world.check(readFileSync(`${folder}${name}`)))
        assert.isAbove(new Set(ends).size, 100)
        yield* world.leave
      }),
    120_000
  )

  itLints(answers)
})
