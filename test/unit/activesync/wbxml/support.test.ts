import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { element } from "../../../../src/protocols/activesync/wbxml/element.ts"
import { encode } from "../../../../src/protocols/activesync/wbxml/encode.ts"
import { decoded, fromXml, hasLint, lint, toXml } from "../../../support/activesync/wbxml.ts"

const folderSync = element(
  "FolderHierarchy:FolderSync",
  element("FolderHierarchy:Status", 1),
  element("FolderHierarchy:SyncKey", "1 & <2>"),
  element("FolderHierarchy:Changes", element("FolderHierarchy:Count", 0))
)

const folderSyncXml = `<FolderHierarchy:FolderSync>
  <Status>1</Status>
  <SyncKey>1 &amp; &lt;2&gt;</SyncKey>
  <Changes>
    <Count>0</Count>
  </Changes>
</FolderHierarchy:FolderSync>`

describe("what other tests stand on", () => {
  it("a document reads as XML and XML as a document", () => {
    assert.strictEqual(toXml(folderSync), folderSyncXml)
    assert.deepStrictEqual(fromXml(folderSyncXml), folderSync)
    assert.deepStrictEqual(decoded(encode(folderSync)), folderSync)
  })

  it("a namespace may be said once, with and without a colon", () => {
    const xml =
      '<Sync xmlns="AirSync"><Status>1</Status><Body xmlns="AirSyncBase:"><Type>1</Type></Body></Sync>'
    const asTags =
      "<AirSync:Sync><Status>1</Status><AirSyncBase:Body><Type>1</Type></AirSyncBase:Body></AirSync:Sync>"
    assert.deepStrictEqual(fromXml(xml), fromXml(asTags))
  })

  it("XML with a tag that does not exist, or that is not well-formed, is refused", () => {
    for (const xml of [
      "<AirSync:Nothing/>",
      "<AirSync:Sync>",
      "</AirSync:Sync>",
      "<AirSync:Sync></Sync></Sync>",
      ""
    ]) {
      assert.throws(() => fromXml(xml))
    }
  })
})

describe.skipIf(!hasLint)("lint (needs libwbxml2-utils, libxml2-utils, python3)", () => {
  it.effect("passes what Microsoft's schemas allow and says where they do not", () =>
    Effect.gen(function* () {
      const find =
        '<Find xmlns="Find"><Status>1</Status><Response><ItemOperations:Store>Mailbox</ItemOperations:Store><Status>1</Status></Response></Find>'
      const good = [encode(folderSync), encode(fromXml(find))]
      assert.deepStrictEqual(yield* lint(good), [])

      const twice = element("FolderHierarchy:FolderSync", element("FolderHierarchy:Add"))
      const faults = yield* lint([
        ...good,
        encode(twice),
        encode(fromXml(find.replace("<Status>1", "<Status>x"))),
        Buffer.from("hello")
      ])
      assert.lengthOf(faults, 3)
      assert.match(faults[0] ?? "", /^2\.wbxml: .*Add.*not expected.*<FolderHierarchy:FolderSync>/s)
      assert.match(faults[1] ?? "", /^3\.wbxml: .*Status/)
      assert.match(faults[2] ?? "", /^4\.wbxml: the header is 68656c6c/)
    })
  )
})
