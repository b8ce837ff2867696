import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { getItemEstimate } from "../../../../src/protocols/activesync/commands/getItemEstimate.ts"
import { childrenOf, element } from "../../../../src/protocols/activesync/wbxml/element.ts"
import { Sync } from "../../../../src/rpc/Sync.ts"
import { request } from "../../../support/activesync/request.ts"

const collection = (id: string) =>
  element(
    "GetItemEstimate:Collection",
    element("AirSync:SyncKey", "1-1-x"),
    element("GetItemEstimate:CollectionId", id)
  )

describe("GetItemEstimate", () => {
  it.effect("of the same again and again is looked for once, and answered as often as it is asked", () =>
    Effect.gen(function* () {
      const asked: Array<number> = []
      const layer = Layer.mock(Sync, {
        estimate: (_, { folderId }) =>
          Effect.sync(() => {
            asked.push(folderId)
            return 7
          })
      })
      const document = element(
        "GetItemEstimate:GetItemEstimate",
        element(
          "GetItemEstimate:Collections",
          Array.from({ length: 1_000 }, (_, n) => collection(n === 500 ? "2" : "1"))
        )
      )
      const answer = yield* Effect.flatMap(Sync, (sync) =>
        getItemEstimate(sync)(request({ command: "GetItemEstimate", document }))
      ).pipe(Effect.provide(layer))
      assert.deepStrictEqual(asked, [1, 2])
      const responses =
        answer._tag === "Document" ? childrenOf(answer.document, "GetItemEstimate:Response") : []
      assert.lengthOf(responses, 1_000)
    })
  )
})
