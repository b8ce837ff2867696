import { assert, describe, it } from "@effect/vitest"
import { MessageId } from "../../../../src/domain/ids.ts"
import { ResultSets } from "../../../../src/protocols/activesync/commands/search/ResultSets.ts"

const set = (key: string, foundAt = 0) => ({ key, messageIds: [MessageId(1)], foundAt })

describe("what devices found last", () => {
  it("is kept for each device and what it looked for", () => {
    const sets = new ResultSets(10)
    sets.keep("a", set("plans"))
    assert.deepStrictEqual(sets.get("a", "plans", 0)?.messageIds, [MessageId(1)])
    assert.isUndefined(sets.get("a", "others", 0))
    assert.isUndefined(sets.get("b", "plans", 0))
    sets.keep("a", set("others"))
    assert.isUndefined(sets.get("a", "plans", 0))
  })

  it("is forgotten after a quarter of an hour", () => {
    const sets = new ResultSets(10)
    sets.keep("a", set("plans", 1_000))
    assert.isDefined(sets.get("a", "plans", 900_999))
    assert.isUndefined(sets.get("a", "plans", 901_000))
  })

  it("is that of so many devices: the one that searched longest ago makes room", () => {
    const sets = new ResultSets(2)
    for (const device of ["a", "b", "a", "c"]) sets.keep(device, set("plans"))
    assert.isUndefined(sets.get("b", "plans", 0))
    assert.isDefined(sets.get("a", "plans", 0))
    assert.isDefined(sets.get("c", "plans", 0))
  })
})
