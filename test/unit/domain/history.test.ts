import { Either } from "effect"
import fc from "fast-check"
import { assert, it } from "vitest"
import type { Command } from "../../../src/domain/Command.ts"
import type { FolderId } from "../../../src/domain/ids.ts"
import { anyCommand } from "../../support/commands.ts"
import { applyChange, createMailbox, emptyModel, type Model, run } from "../../support/domain.ts"

const history = (commands: ReadonlyArray<Command>): Model =>
  [createMailbox, ...commands].reduce<Model>(
    (model, command) => Either.getOrElse(run(model, command), () => model),
    emptyModel
  )

/** What the folders must say, counted from the messages themselves. */
const counted = (model: Model, id: FolderId) => {
  const inside = [...model.messages.values()].filter((message) => message.folderId === id)
  return {
    total: inside.length,
    unread: inside.filter(({ flags }) => !flags.includes("\\Seen")).length,
    sizeBytes: inside.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
  }
}

it("whatever is asked, modseq is gapless and the journal alone rebuilds the mailbox", () => {
  fc.assert(
    fc.property(fc.array(anyCommand, { maxLength: 60 }), (commands) => {
      const model = history(commands)
      const replayed = model.journal.reduce(applyChange, emptyModel)
      assert.equal(model.state.modSeq, model.journal.length)
      assert.deepEqual(replayed.state, model.state)
      assert.deepEqual(replayed.messages, model.messages)
    }),
    { numRuns: 300 }
  )
})

it("whatever is asked, counters agree with the messages, numbers are unique and the tree has no cycle", () => {
  fc.assert(
    fc.property(fc.array(anyCommand, { maxLength: 60 }), (commands) => {
      const { state, messages } = history(commands)
      const places = new Set<string>()
      let used = 0
      for (const message of messages.values()) {
        assert.isTrue(state.folders.has(message.folderId))
        assert.isTrue(message.id < state.nextMessageId)
        places.add(`${message.folderId}/${message.uid}`)
        used += message.sizeBytes
      }
      assert.equal(places.size, messages.size)
      assert.equal(state.usedBytes, used)
      for (const folder of state.folders.values()) {
        const { total, unread, sizeBytes } = folder
        assert.deepEqual({ total, unread, sizeBytes }, counted({ state, messages, journal: [] }, folder.id))
        let at = folder.parentId
        for (let depth = 0; at !== null; depth++) {
          assert.isBelow(depth, 31)
          at = state.folders.get(at)?.parentId ?? null
        }
      }
    }),
    { numRuns: 300 }
  )
})
