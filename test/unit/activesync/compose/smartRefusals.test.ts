import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { Unavailable } from "../../../../src/domain/errors.ts"
import type { Tag } from "../../../../src/protocols/activesync/wbxml/element.ts"
import { plainMail, sourceOf } from "../../../support/activesync/composing.ts"
import { ask, plainOriginal, sentBy, statusIn, statusOf } from "../../../support/activesync/smart.ts"

describe("SmartReply and SmartForward refuse", () => {
  const both = (expected: number, given: Parameters<typeof ask>[1]) =>
    Effect.gen(function* () {
      assert.strictEqual(yield* statusOf("SmartReply", given), expected)
      assert.strictEqual(yield* statusOf("SmartForward", given), expected)
    })
  const source = (...children: ReadonlyArray<readonly [Tag, string]>) => ({ others: sourceOf(...children) })
  const [folder, item, longId] = [
    ["ComposeMail:FolderId", "1"],
    ["ComposeMail:ItemId", "1"],
    ["ComposeMail:LongId", "L1"]
  ] as const

  it.effect("MS-ASCMD_R4817: 103 without a source, or with an empty one", () =>
    Effect.gen(function* () {
      yield* both(103, { others: [] })
      yield* both(103, source())
      yield* both(103, source(item, item))
      yield* both(103, source(item, ["ComposeMail:ClientId", "1"]))
      yield* both(103, { request: { version: "12.1", document: null, mime: Buffer.from(plainMail()) } })
    })
  )

  it.effect("MS-ASCMD_R4821, R3091, R3243: 105 for a LongId beside others, and for a folder alone", () =>
    Effect.gen(function* () {
      yield* both(105, source(longId, item))
      yield* both(105, source(longId, folder))
      yield* both(105, source(longId, ["ComposeMail:InstanceId", "2010-03-20T22:40:00.000Z"]))
      yield* both(105, source(folder))
    })
  )

  it.effect(
    "MS-ASCMD_R541, R578, R4819 (ASCMD_S17_TC04, ASCMD_S18_TC03): 104 for an InstanceId that is no date",
    () =>
      Effect.gen(function* () {
        for (const text of ["", "tomorrow", "20100320T224000Z", "2010-13-40T22:40:00.000Z"]) {
          yield* both(104, source(folder, item, ["ComposeMail:InstanceId", text]))
        }
      })
  )

  it.effect("MS-ASCMD_R4823: 106 for an id that is none of ours", () =>
    Effect.gen(function* () {
      for (const id of ["", "x", "1.5", "-1", "01", "9".repeat(70)]) {
        yield* both(106, source(folder, ["ComposeMail:ItemId", id]))
      }
      yield* both(106, source(["ComposeMail:LongId", "1"]))
    })
  )

  it.effect(
    "MS-ASCMD_R4930, R4408, R5777 (ASCMD_S17_TC02, ASCMD_S21_TC13): 150 where the original is gone, or has no such occurrence",
    () =>
      Effect.gen(function* () {
        yield* both(150, { original: null })
        yield* both(150, source(["ComposeMail:FolderId", "calendar"], item))
        yield* both(150, source(folder, item, ["ComposeMail:InstanceId", "2010-03-20T22:40:00.000Z"]))
      })
  )

  it.effect(
    "MS-ASCMD_R576, R539, R5420: take the whole of a meeting without an InstanceId, and for any",
    () =>
      Effect.gen(function* () {
        const original = plainOriginal.replace("text/plain", "text/calendar")
        const { types } = yield* sentBy("SmartForward", { original })
        assert.include(types, "text/calendar")
        yield* sentBy("SmartForward", {
          original,
          ...source(folder, item, ["ComposeMail:InstanceId", "2010-03-20T22:40:00.000Z"])
        })
      })
  )

  it.effect("call a message sent whose original cannot be marked, and mark it when asked again", () =>
    Effect.gen(function* () {
      const { world, answer } = ask("SmartReply", {})
      world.onMark = Effect.fail(new Unavailable({ what: "mailbox" }))
      assert.deepStrictEqual(yield* answer, { _tag: "Empty" })
      world.onMark = null
      assert.strictEqual((yield* Effect.flip(answer))._tag, "StatusError")
      assert.deepStrictEqual([world.submitted.length, world.marked], [1, [[1, ["\\Answered"]]]])
    })
  )

  it.effect(
    "MS-ASCMD 2.2.2 (118): call a message sent that was sent, though its original is gone by now",
    () =>
      Effect.gen(function* () {
        const old = { version: "12.1", document: null, mime: Buffer.from(plainMail()), itemId: "1" } as const
        for (const command of ["SmartReply", "SmartForward"] as const) {
          for (const [request, expected] of [
            [{}, 118],
            [old, "Empty"]
          ] as const) {
            const { world, answer } = ask(command, { request })
            assert.deepStrictEqual(yield* answer, { _tag: "Empty" })
            world.messages.clear()
            assert.strictEqual(yield* statusIn(answer), expected)
            assert.strictEqual(world.submitted.length, 1)
            world.submitted.length = 0
            assert.strictEqual(yield* statusIn(answer), 150)
          }
        }
      })
  )

  it.effect("MS-ASEMAIL_R510: tell what was last done with the original, and a retry tells no new time", () =>
    Effect.gen(function* () {
      for (const [command, verb] of [
        ["SmartReply", 1],
        ["SmartForward", 3]
      ] as const) {
        const { world, answer } = ask(command, {})
        assert.deepStrictEqual(yield* answer, { _tag: "Empty" })
        assert.strictEqual((yield* Effect.flip(answer))._tag, "StatusError")
        assert.deepStrictEqual([world.marked.length, world.verbs], [2, [verb]])
      }
    })
  )
})
