import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import type { Command } from "../../../src/protocols/activesync/Command.ts"
import { element } from "../../../src/protocols/activesync/wbxml/element.ts"
import { phoneAt } from "../../support/activesync/client.ts"
import { edgeWith } from "../../support/activesync/edge.ts"

const firstFolderSync = element("FolderHierarchy:FolderSync", element("FolderHierarchy:SyncKey", 0))

const folderSync: Command = () =>
  Effect.succeed({
    _tag: "Document",
    document: element(
      "FolderHierarchy:FolderSync",
      element("FolderHierarchy:Status", 1),
      element("FolderHierarchy:SyncKey", 1),
      element("FolderHierarchy:Changes", element("FolderHierarchy:Count", 0))
    )
  })

describe("the HTTP face of ActiveSync", () => {
  it.scopedLive("MS-ASHTTP_R219, MS-ASHTTP_R216: a document has its type and its length", () =>
    Effect.gen(function* () {
      const phone = yield* phoneAt(yield* edgeWith({ FolderSync: folderSync }))
      const answer = yield* phone.ask("FolderSync", firstFolderSync)
      assert.strictEqual(answer.code, 200)
      assert.strictEqual(answer.headers["content-type"], "application/vnd.ms-sync.wbxml")
      assert.strictEqual(answer.headers["content-length"], String(answer.body.length))
    })
  )
})
