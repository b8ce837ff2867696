import { existsSync, readFileSync, statSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"

const built = fileURLToPath(new URL("../../../dist/web", import.meta.url))
const manifest = join(built, ".vite", "manifest.json")

const Manifest = Schema.parseJson(
  Schema.Record({
    key: Schema.String,
    value: Schema.Struct({ file: Schema.String, imports: Schema.optional(Schema.Array(Schema.String)) })
  })
)

/** Octets of script, as they travel, that are fetched before `entry` can run. */
const weightOf = (entry: string): number => {
  const chunks = Schema.decodeUnknownSync(Manifest)(readFileSync(manifest, "utf8"))
  const needed = new Set<string>()
  const visit = (name: string): void => {
    if (needed.has(name)) return
    needed.add(name)
    for (const next of chunks[name]?.imports ?? []) visit(next)
  }
  visit(entry)
  const sizes = [...needed].map((name) => {
    const file = join(built, chunks[name]?.file ?? "")
    return statSync(existsSync(`${file}.gz`) ? `${file}.gz` : file).size
  })
  return sizes.reduce((sum, size) => sum + size, 0)
}

describe.skipIf(!existsSync(manifest))("what a page weighs (needs a build)", () => {
  it("the shell takes at most 250 KB of script, as gzip", () => {
    const weight = weightOf("index.html")
    assert.isAbove(weight, 50_000)
    assert.isAtMost(weight, 250_000)
  })

  it("neither the console nor the way to it over Connect is part of the shell", () => {
    for (const entry of ["src/console/ConsolePage.tsx", "src/session/SignIn.tsx"])
      assert.isAbove(weightOf(entry), weightOf("index.html"))
  })
})
