import { assert, describe, it } from "@effect/vitest"
import { Either } from "effect"
import { readArgs } from "../../src/args.ts"

const rolesOf = (...argv: ReadonlyArray<string>) =>
  Either.match(readArgs(argv), { onLeft: (problem) => problem, onRight: ({ roles }) => roles })

describe("roles on the command line", () => {
  it("are everything where none is named, or all is among them", () => {
    assert.strictEqual(rolesOf(), "all")
    assert.strictEqual(rolesOf("all"), "all")
    assert.strictEqual(rolesOf("worker-notify", "all"), "all")
  })

  it("are workers without anything else, each once", () => {
    assert.deepEqual(rolesOf("worker-reconciler", "worker-notify", "worker-notify"), [
      "worker-notify",
      "worker-reconciler"
    ])
  })

  it("are refused where there is no such one", () => {
    assert.include(rolesOf("worker-notify", "janitor"), 'There is no role "janitor".')
  })
})
