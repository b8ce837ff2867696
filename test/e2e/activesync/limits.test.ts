import { assert, layer } from "@effect/vitest"
import { Effect } from "effect"
import { childElements, element } from "../../../src/protocols/activesync/wbxml/element.ts"
import { estimate } from "../../support/activesync/estimate.ts"
import { ask, askSync, folderIds, keyOf, serverIdsOf, syncOne } from "../../support/activesync/handset.ts"
import { letters, phone, Running } from "../../support/activesync/running.ts"

const { inbox } = folderIds

/** A folder of alice's with so many times twenty messages. */
const fullFolder = (name: string, times: number) =>
  Effect.gen(function* () {
    const { mailbox, call } = yield* Effect.flatMap(Running, ({ client }) => client("alice@demo.test"))
    const twenty = yield* letters(Array.from({ length: 20 }, (_, n) => `copied ${n}`))
    const { folderId: toFolderId } = yield* call((signal) => mailbox.createFolder({ name }, { signal }))
    const copy = call((signal) =>
      mailbox.copyMessages({ messageIds: twenty.map(BigInt), toFolderId }, { signal })
    )
    yield* Effect.repeatN(copy, times - 1)
    return String(toFolderId)
  })

layer(Running.layer(), { timeout: 60_000, excludeTestServices: true })("Limits of phones", (it) => {
  it.scoped(
    "CMD_S19_TC07, MS-ASCMD_R3225/R4460/R4461/R5780: a heartbeat out of range is 14, with the nearest that may be",
    () =>
      Effect.gen(function* () {
        const handset = yield* phone()
        yield* syncOne(handset, inbox)
        for (const [heartbeat, limit] of [
          [59, "60"],
          [3541, "3540"]
        ] as const) {
          const collections = [{ id: inbox, key: keyOf(handset, inbox) }]
          assert.deepStrictEqual(yield* askSync(handset, { collections, heartbeat }), {
            status: "14",
            limit,
            collections: []
          })
        }
      })
  )

  it.scoped("CMD_S19_TC47, MS-ASCMD_R4459/R4746/R5781/R5782: so is a time to wait, in minutes", () =>
    Effect.gen(function* () {
      const handset = yield* phone()
      yield* syncOne(handset, inbox)
      for (const [wait, limit] of [
        [0, "1"],
        [60, "59"]
      ] as const) {
        const collections = [{ id: inbox, key: keyOf(handset, inbox) }]
        assert.deepStrictEqual(yield* askSync(handset, { collections, wait }), {
          status: "14",
          limit,
          collections: []
        })
      }
    })
  )

  it.scoped(
    "CMD_S19_TC37, MS-ASCMD_R3460/R4764: of more than 512 changes there are more, whatever the window",
    () =>
      Effect.gen(function* () {
        const id = yield* fullFolder("more than 512", 26)
        for (const asked of [{}, { window: 512 }, { window: 0 }]) {
          const handset = yield* phone()
          yield* syncOne(handset, id)
          const first = yield* syncOne(handset, id, asked)
          assert.isTrue(first?.more)
          assert.isAtMost(first?.changes.length ?? 0, 512)
          let rounds = 0
          while ((yield* syncOne(handset, id, asked))?.more === true) rounds += 1
          assert.isAtMost(rounds, 6)
          assert.lengthOf(serverIdsOf(handset, id), 520)
        }
      })
  )

  it.scoped("CMD_S04_TC10, MS-ASCMD_R5775: FolderSync brings no items; Sync brings them afterwards", () =>
    Effect.gen(function* () {
      const [id = ""] = yield* letters(["not told by FolderSync"])
      const handset = yield* phone()
      yield* syncOne(handset, inbox)
      const document = yield* ask(
        handset,
        "FolderSync",
        element("FolderHierarchy:FolderSync", element("FolderHierarchy:SyncKey", 0))
      )
      const tagsIn = (of: Parameters<typeof childElements>[0]): ReadonlyArray<string> => [
        of.tag,
        ...childElements(of).flatMap(tagsIn)
      ]
      assert.isTrue(
        tagsIn(document ?? assert.fail("no answer")).every((tag) => tag.startsWith("FolderHierarchy:"))
      )
      const told = yield* syncOne(handset, inbox)
      const isTold = told?.changes.some(({ op, serverId }) => op === "Add" && serverId === id)
      assert.isTrue(isTold)
    })
  )

  it.scoped("CMD_S07_TC08, MS-ASCMD_R3272: more than one MaxItems is no error", () =>
    Effect.gen(function* () {
      const handset = yield* phone()
      yield* syncOne(handset, inbox)
      const { status } = yield* estimate(
        handset,
        inbox,
        keyOf(handset, inbox),
        element("AirSync:Options", element("AirSync:MaxItems", 1), element("AirSync:MaxItems", 2))
      )
      assert.strictEqual(status, "1")
    })
  )
})
