import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { contentsOf, html, partOf, render } from "../../../support/activesync/bodies.ts"

describe("a message part", () => {
  const text = "<p>Hello</p>"

  it.effect(
    "MS-ASAIRS_R120, R271, R283, R294, MS-ASCON_R38, R39, R234, R236, R247: comes alone where it alone is asked for",
    () =>
      Effect.gen(function* () {
        const item = yield* render(html(text), { part: {} })
        assert.deepStrictEqual(contentsOf(item, "AirSyncBase:BodyPart"), {
          Status: "1",
          Type: "2",
          EstimatedDataSize: "12",
          Data: text
        })
        assert.isUndefined(contentsOf(item, "AirSyncBase:Body"))
      })
  )

  it.effect("MS-ASCON_R243, R248: comes beside the body where both are asked for", () =>
    Effect.gen(function* () {
      const item = yield* render(html(text), { part: {}, prefer: [{ type: 1 }] })
      assert.strictEqual(contentsOf(item, "AirSyncBase:BodyPart")?.["Data"], text)
      assert.strictEqual(contentsOf(item, "AirSyncBase:Body")?.["Data"], "Hello")
    })
  )

  it.effect(
    "MS-ASAIRS_R62, R63, R188, R282, R403, R407, R408, MS-ASCON_R239, R240: is cut, or does not come, by its size",
    () =>
      Effect.gen(function* () {
        const cut = { Status: "1", Type: "2", EstimatedDataSize: "12", Truncated: "1" }
        assert.deepStrictEqual(yield* partOf(html(text), { part: { truncationSize: 5 } }), {
          ...cut,
          Data: "<p>He"
        })
        assert.deepStrictEqual(
          yield* partOf(html(text), { part: { truncationSize: 5, allOrNone: true } }),
          cut
        )
      })
  )

  it.effect("MS-ASAIRS_R253, R255, R256, R2599: has a preview of at most the characters asked for", () =>
    Effect.gen(function* () {
      const part = yield* partOf(html("<p>A longer text</p>"), { part: { preview: 8 } })
      assert.strictEqual(part?.["Preview"], "A longer")
    })
  )

  it.effect("MS-ASCON_R237, R340, MS-ASAIRS_R1062: does not come unasked, nor before 14.1", () =>
    Effect.gen(function* () {
      assert.isUndefined(yield* partOf(html(text), {}))
      assert.isUndefined(yield* partOf(html(text), { part: {}, version: "14.0" }))
    })
  )
})
