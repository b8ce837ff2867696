import { assert, describe, it } from "@effect/vitest"
import { Either } from "effect"
import { readEstimates } from "../../../../src/protocols/activesync/commands/estimateRequest.ts"
import { readMoves } from "../../../../src/protocols/activesync/commands/moveRequest.ts"
import { readPing } from "../../../../src/protocols/activesync/commands/pingRequest.ts"
import { type Content, type Element, element } from "../../../../src/protocols/activesync/wbxml/element.ts"

const left = <L>(result: Either.Either<unknown, L>): L | null => Either.getOrNull(Either.flip(result))

describe("readMoves", () => {
  const move = (...content: ReadonlyArray<Content>) => element("Move:Move", ...content)
  const source = [element("Move:SrcMsgId", "7"), element("Move:SrcFldId", "1")]
  const target = (id: string) => element("Move:DstFldId", id)
  const moves = (...content: ReadonlyArray<Element>) => readMoves(element("Move:MoveItems", ...content))

  it("MS-ASCMD_R5879: reads the moves in order", () => {
    assert.deepStrictEqual(Either.getOrThrow(moves(move(...source, target("4")))), [
      { sourceMessage: "7", sourceFolder: "1", destinations: ["4"] }
    ])
  })

  it("MS-ASCMD_R4222: keeps several destinations, for the move alone fails", () => {
    const [read] = Either.getOrThrow(moves(move(...source, target("4"), target("5"))))
    assert.deepStrictEqual(read?.destinations, ["4", "5"])
  })

  it("MS-ASCMD_R5653, MS-ASCMD MoveItems_Status103: more than 1000 are refused", () => {
    const many = (count: number) => Array.from({ length: count }, () => move(...source, target("4")))
    assert.lengthOf(Either.getOrThrow(moves(...many(1000))), 1000)
    assert.strictEqual(left(moves(...many(1001))), 103)
  })

  it("refuses what is no request", () => {
    assert.strictEqual(left(moves()), 103)
    assert.strictEqual(left(moves(move(...source))), 103)
    assert.strictEqual(left(moves(move(target("4")))), 103)
    assert.strictEqual(left(readMoves(element("Ping:Ping"))), 103)
    // It would have to be answered as it came.
    for (const id of ["", "7".repeat(65)]) {
      const [, folder] = source
      assert.strictEqual(left(moves(move(element("Move:SrcMsgId", id), folder, target("4")))), 103)
    }
  })
})

describe("readPing", () => {
  const limits = { minHeartbeatSeconds: 60, maxHeartbeatSeconds: 3540, maxFolders: 2 }
  const ping = (...content: ReadonlyArray<Content>) => readPing(element("Ping:Ping", ...content), limits)
  const heartbeat = (value: string | number) => element("Ping:HeartbeatInterval", value)
  const folders = (...ids: ReadonlyArray<string>) =>
    element("Ping:Folders", ...ids.map((id) => element("Ping:Folder", element("Ping:Id", id))))

  it("reads what is there and says what is not", () => {
    assert.deepStrictEqual(Either.getOrThrow(ping(heartbeat(480), folders("1", "2"))), {
      heartbeat: 480,
      collectionIds: ["1", "2"]
    })
    assert.deepStrictEqual(Either.getOrThrow(ping(heartbeat(480))), { heartbeat: 480, collectionIds: null })
    assert.deepStrictEqual(Either.getOrThrow(ping()), { heartbeat: null, collectionIds: null })
  })

  it("MS-ASCMD_R5690/R5691/R5837/R4249: a heartbeat out of range is answered with the nearest", () => {
    assert.deepStrictEqual(left(ping(heartbeat(-1))), { status: 5, heartbeat: 60 })
    assert.deepStrictEqual(left(ping(heartbeat(59))), { status: 5, heartbeat: 60 })
    assert.deepStrictEqual(left(ping(heartbeat(3541))), { status: 5, heartbeat: 3540 })
    assert.deepStrictEqual(left(ping(heartbeat("9999999999"))), { status: 5, heartbeat: 3540 })
  })

  it("MS-ASCMD_R4254/R3259: too many folders are answered with how many there may be", () => {
    assert.deepStrictEqual(left(ping(heartbeat(480), folders("1", "2", "3"))), { status: 6, maxFolders: 2 })
  })

  it("MS-ASCMD_R4244/R4228, MS-ASCMD Ping_Status4: what is malformed is 4", () => {
    for (const bad of [
      ping(heartbeat("soon"), folders("1")),
      ping(heartbeat(480), heartbeat(480), folders("1")),
      ping(heartbeat(480), folders("1", "1")),
      ping(heartbeat(480), folders("")),
      ping(heartbeat(480), folders("x".repeat(65))),
      ping(heartbeat(480), folders()),
      ping(heartbeat(480), element("Ping:Folders", element("Ping:Id", "1"))),
      ping(element("Ping:Status", 1)),
      readPing(element("AirSync:Sync"), limits)
    ]) {
      assert.deepStrictEqual(left(bad), { status: 4 })
    }
  })
})

describe("readEstimates", () => {
  const estimates = (...content: ReadonlyArray<Element>) =>
    readEstimates(
      element("GetItemEstimate:GetItemEstimate", element("GetItemEstimate:Collections", ...content))
    )
  const collection = (...content: ReadonlyArray<Content>) => element("GetItemEstimate:Collection", ...content)
  const key = element("AirSync:SyncKey", "4")
  const id = element("GetItemEstimate:CollectionId", "1")
  const filter = (value: number | string) => element("AirSync:FilterType", value)

  it("reads the schema of 14.0 and later, with Options", () => {
    const options = element("AirSync:Options", filter(2), element("AirSync:Class", "Email"))
    const read = estimates(collection(key, id, element("AirSync:ConversationMode", 1), options))
    assert.deepStrictEqual(Either.getOrThrow(read), [
      { collectionId: "1", syncKey: "4", filterType: 2, conversationMode: true, classes: ["Email"] }
    ])
  })

  it("reads the schema of 12.1, where the filter stands in the collection", () => {
    const read = estimates(collection(element("GetItemEstimate:Class", "Email"), id, filter(3), key))
    assert.deepStrictEqual(Either.getOrThrow(read), [
      { collectionId: "1", syncKey: "4", filterType: 3, conversationMode: null, classes: [] }
    ])
  })

  it("MS-ASCMD_R5647: more than 1000 collections are refused", () => {
    const many = (count: number) => Array.from({ length: count }, () => collection(key, id))
    assert.lengthOf(Either.getOrThrow(estimates(...many(1000))), 1000)
    assert.strictEqual(left(estimates(...many(1001))), 103)
  })

  it("MS-ASCMD_R2984, MS-ASCMD GetItemEstimate_InvalidFilterType: a FilterType that no class knows is refused", () => {
    for (const unknown of [9, 10, -1, "week"])
      assert.strictEqual(left(estimates(collection(key, id, filter(unknown)))), 103)
  })

  it("refuses what is no request", () => {
    assert.strictEqual(left(estimates()), 103)
    assert.strictEqual(left(estimates(collection(id))), 103)
    assert.strictEqual(left(estimates(collection(key))), 103)
    const long = element("GetItemEstimate:CollectionId", "1".repeat(65))
    assert.strictEqual(left(estimates(collection(key, long))), 103)
    assert.strictEqual(left(readEstimates(element("GetItemEstimate:GetItemEstimate"))), 103)
  })
})
