import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "@effect/vitest"
import { helpText, readArgs } from "../../../src/args.ts"
import { document } from "../../../src/settings/document.ts"
import "../../../src/settings/otherPrograms.ts"
import { allSettings } from "../../../src/settings/setting.ts"
import "../../../src/roles.ts"
import "../../../src/roles/fleet.ts"
import "../../../src/observability/boundaries.ts"
import "../../../src/observability/logging.ts"
import { Either } from "effect"

const source = fileURLToPath(new URL("../../../src", import.meta.url))
const named = (file: string) =>
  readFileSync(join(source, file), "utf8").match(/(?<=["`])POSTROOM_[A-Z0-9_]+(?=["`])/g)
const names = new Set(allSettings().map(({ name }) => name))

describe("the table of settings", () => {
  it("has everything that the command line reads", () => {
    const files = readdirSync(join(source, "cli")).map((file) => join("cli", file))
    const read = files.flatMap((file) => named(file) ?? []).filter((name) => name !== "POSTROOM_DATA")
    assert.isAbove(read.length, 5)
    assert.deepEqual(
      read.filter((name) => !names.has(name)),
      []
    )
  })

  it("has what every flag sets", () => {
    const flags = [...helpText().matchAll(/^ {2}--([\w-]+)( [A-Z])?/gm)].filter(
      ([, name]) => name !== "help" && name !== "settings"
    )
    assert.isAbove(flags.length, 8)
    for (const [, name, value] of flags) {
      const { settings } = Either.getOrThrow(
        readArgs(value === undefined ? [`--${name}`] : [`--${name}`, "1"])
      )
      const unknown = [...settings.keys()].filter((set) => set !== "POSTROOM_DATA" && !names.has(set))
      assert.deepEqual(unknown, [], name)
    }
  })

  it("has no name that another one's file would have", () => {
    assert.deepEqual(
      [...names].filter((name) => names.has(name.replace(/_FILE$/, "")) && name.endsWith("_FILE")),
      []
    )
  })

  it("is written as Markdown, each setting once, by area", () => {
    const page = document(allSettings())
    for (const name of names) assert.strictEqual(page.split(`| \`${name}\` |`).length, 2, name)
    assert.include(
      page,
      "| `POSTROOM_SMTP_PORT` | integer, 0 to 65535 | 2525 | Mail from the world, with STARTTLS. |"
    )
    assert.isBelow(page.indexOf("POSTROOM_BLOBS_DEADLINE"), page.indexOf("POSTROOM_SMTP_RECIPIENTS"))
    assert.notInclude(page, "## Others", "a setting belongs to none of the areas in document.ts")
  })
})
