import { assert, layer } from "@effect/vitest"
import { Effect } from "effect"
import { childText } from "../../../src/protocols/activesync/wbxml/element.ts"
import type { RpcClient } from "../../../src/rpc/client.ts"
import { folderIds, syncAll, syncFolders, syncOne } from "../../support/activesync/handset.ts"
import { letters, phone, Running } from "../../support/activesync/running.ts"
import { remove } from "../../support/activesync/talk.ts"

const { inbox, deleted } = folderIds

/** What somebody does with the mailbox from elsewhere. */
const elsewhere = <A>(start: (calls: RpcClient["mailbox"]) => Promise<A>) =>
  Effect.flatMap(Running, (platform) =>
    Effect.flatMap(platform.client("alice@demo.test"), (client) => client.call(() => start(client.mailbox)))
  ).pipe(Effect.orDie)

const told = (...named: Parameters<typeof syncOne>) =>
  Effect.map(syncOne(...named), (collection) =>
    (collection?.changes ?? []).map(({ op, serverId }) => [op, serverId])
  )

layer(Running.layer(), { timeout: 60_000, excludeTestServices: true })("an undo, as phones see it", (it) => {
  it.scoped("brings mail back that went, and takes it away again by its redo", () =>
    Effect.gen(function* () {
      const [id = ""] = yield* letters(["thrown away by mistake"])
      const handset = yield* phone()
      yield* syncAll(handset, inbox)
      yield* syncAll(handset, deleted)
      yield* elsewhere((calls) => calls.deleteMessages({ messageIds: [BigInt(id)], operationId: "delete" }))
      assert.deepStrictEqual(yield* told(handset, inbox), [["Delete", id]])
      assert.deepStrictEqual(yield* told(handset, deleted), [["Add", id]])
      yield* elsewhere((calls) => calls.undo({ undoes: "delete", operationId: "undo" }))
      assert.deepStrictEqual(yield* told(handset, inbox), [["Add", id]])
      assert.deepStrictEqual(yield* told(handset, deleted), [["Delete", id]])
      yield* elsewhere((calls) => calls.undo({ undoes: "undo" }))
      assert.deepStrictEqual(yield* told(handset, inbox), [["Delete", id]])
    })
  )

  it.scoped("leaves a phone that saw all and one that slept through it with the same", () =>
    Effect.gen(function* () {
      const [id = ""] = yield* letters(["read by mistake"])
      const [asleep, awake] = [yield* phone(), yield* phone()]
      for (const handset of [asleep, awake]) yield* syncAll(handset, inbox)
      const folderId = BigInt(inbox)
      yield* elsewhere((calls) => calls.markAllRead({ folderId, operationId: "read-all" }))
      yield* syncOne(awake, inbox)
      assert.isTrue(awake.items.get(inbox)?.get(id)?.isRead)
      yield* elsewhere((calls) => calls.undo({ undoes: "read-all" }))
      yield* syncOne(awake, inbox)
      yield* syncOne(asleep, inbox)
      for (const handset of [asleep, awake]) assert.isFalse(handset.items.get(inbox)?.get(id)?.isRead)
      assert.deepStrictEqual(asleep.items.get(inbox), awake.items.get(inbox))
    })
  )

  it.scoped("leaves what the phone did meanwhile", () =>
    Effect.gen(function* () {
      const [id = "", other = ""] = yield* letters(["kept", "taken back"])
      const handset = yield* phone()
      yield* syncAll(handset, deleted)
      const messageIds = [BigInt(id), BigInt(other)]
      yield* elsewhere((calls) => calls.deleteMessages({ messageIds, operationId: "both" }))
      yield* syncOne(handset, deleted)
      yield* syncOne(handset, deleted, { commands: [remove(id)], deletesAsMoves: false })
      const undone = yield* elsewhere((calls) => calls.undo({ undoes: "both" }))
      assert.deepStrictEqual([undone.restored, undone.gone], [1, 1])
      assert.deepStrictEqual(yield* told(handset, deleted), [["Delete", other]])
    })
  )

  it.scoped("gives a folder its name and place back", () =>
    Effect.gen(function* () {
      const handset = yield* phone()
      const { folderId } = yield* elsewhere((calls) => calls.createFolder({ name: "Plans" }))
      yield* syncFolders(handset)
      yield* elsewhere((calls) => calls.deleteFolder({ folderId, operationId: "bin" }))
      yield* syncFolders(handset)
      assert.strictEqual(handset.folders.get(String(folderId))?.parentId, deleted)
      yield* elsewhere((calls) => calls.undo({ undoes: "bin" }))
      const changes = yield* syncFolders(handset)
      assert.deepStrictEqual(
        changes.map((change) => [change.tag, childText(change, "FolderHierarchy:ParentId")]),
        [["FolderHierarchy:Update", "0"]]
      )
    })
  )
})
