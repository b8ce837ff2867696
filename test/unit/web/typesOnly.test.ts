import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "@effect/vitest"

const root = fileURLToPath(new URL("../../../web/src", import.meta.url))

/** What a page imports of the platform as more than a type (dependency-cruiser, over swc, does not tell the two apart). */
const valuesOf = (source: string): ReadonlyArray<string> =>
  [
    ...source.matchAll(
      /^(?:import|export)\s+(?!type\b)[^"']*["'](?:\.\.\/)+src\/((?:domain|protocols)\/[^"']+)["']/gm
    )
  ].map(([, module]) => module ?? "")

describe("what a page takes of the platform", () => {
  it("is types: effect and its schemas are 100 KB of script; what a flag does to a message, where it stands in a list, what people like who never said, and how a file may be called, need none of them", () => {
    const found = readdirSync(root, { recursive: true, encoding: "utf8" })
      .filter((name) => /\.tsx?$/.test(name))
      .flatMap((name) => valuesOf(readFileSync(join(root, name), "utf8")))
    assert.deepStrictEqual([...new Set(found)].sort(), [
      "domain/Flags.ts",
      "domain/MessageList.ts",
      "domain/Preferences.ts",
      "domain/fileName.ts"
    ])
  })

  it("is told apart by its first word", () => {
    assert.deepStrictEqual(valuesOf('import { A } from "../../../src/domain/A.ts"'), ["domain/A.ts"])
    assert.deepStrictEqual(valuesOf('import type { A } from "../../../src/domain/A.ts"'), [])
    assert.deepStrictEqual(valuesOf('import {\n  B\n} from "../../../src/protocols/b.ts"'), [
      "protocols/b.ts"
    ])
  })
})
