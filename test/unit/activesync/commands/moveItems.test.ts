import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { Busy, type CoreError } from "../../../../src/domain/errors.ts"
import { FolderId, type MessageId, ModSeq } from "../../../../src/domain/ids.ts"
import { moveItems } from "../../../../src/protocols/activesync/commands/moveItems.ts"
import { childrenOf, childText, element } from "../../../../src/protocols/activesync/wbxml/element.ts"
import { Core } from "../../../../src/rpc/Core.ts"
import { request } from "../../../support/activesync/request.ts"
import { summary } from "../../../support/alice.ts"

type Move = readonly [item: number, from: number, to: number]

const moving = (moves: ReadonlyArray<Move>) =>
  request({
    command: "MoveItems",
    document: element(
      "Move:MoveItems",
      moves.map(([item, from, to]) =>
        element(
          "Move:Move",
          element("Move:SrcMsgId", item),
          element("Move:SrcFldId", from),
          element("Move:DstFldId", to)
        )
      )
    )
  })

/** Message n lies in folder 1; what was asked of Core is written down. */
const world = (there: number, busy: CoreError | null = null) => {
  const asked: Array<string> = []
  const looked = (ids: ReadonlyArray<MessageId>) => {
    asked.push(`look at ${ids.length}`)
    return Effect.succeed({
      messages: ids.filter((id) => id <= there).map((id) => ({ message: summary(id), parts: [] }))
    })
  }
  const core = Layer.mock(Core, {
    getMessages: (_, { messageIds }) => busy ?? looked(messageIds),
    moveMessages: (_, { messageIds, toFolderId }) => {
      asked.push(`move ${messageIds.length} to ${toFolderId}`)
      return Effect.succeed({
        modSeq: ModSeq(1),
        missing: [],
        added: [],
        folderId: FolderId(toFolderId),
        more: false,
        isDuplicate: false
      })
    }
  })
  const statuses = (moves: ReadonlyArray<Move>) =>
    Effect.gen(function* () {
      const answer = yield* moveItems(yield* Core)(moving(moves))
      const document = answer._tag === "Document" ? answer.document : assert.fail(answer._tag)
      return childrenOf(document, "Move:Response").map((one) => childText(one, "Move:Status"))
    }).pipe(Effect.provide(core))
  return { asked, statuses }
}

describe("MoveItems", () => {
  it.effect("looks at many messages by one question, and moves them by one command", () =>
    Effect.gen(function* () {
      const { asked, statuses } = world(100)
      const moves = Array.from({ length: 101 }, (_, n): Move => [n + 1, 1, 4])
      assert.deepStrictEqual(yield* statuses(moves), [...Array.from({ length: 100 }, () => "3"), "1"])
      assert.deepStrictEqual(asked, ["look at 101", "move 100 to 4"])
    })
  )

  it.effect("asks nothing about moves that cannot be", () =>
    Effect.gen(function* () {
      const { asked, statuses } = world(1)
      assert.deepStrictEqual(yield* statuses([[1, 1, 1]]), ["4"])
      assert.deepStrictEqual(asked, [])
    })
  )

  it.effect("7 where it may work later, 4 where it never does", () =>
    Effect.gen(function* () {
      const { statuses } = world(2, new Busy({ retryAfterMillis: 1 }))
      assert.deepStrictEqual(
        yield* statuses([
          [1, 1, 4],
          [2, 1, 1]
        ]),
        ["7", "4"]
      )
    })
  )
})
