import { assert, describe, it } from "@effect/vitest"
import { Either } from "effect"
import { parseSync } from "../../../../src/protocols/activesync/sync/parseSync.ts"
import type { CollectionRequest } from "../../../../src/protocols/activesync/sync/SyncRequest.ts"
import { type Content, type Element, element } from "../../../../src/protocols/activesync/wbxml/element.ts"

const terms = { version: "16.1", maxCollections: 3 } as const

const key = (value = "1") => element("AirSync:SyncKey", value)
const id = (value = "2") => element("AirSync:CollectionId", value)
const collection = (...content: ReadonlyArray<Content>) => element("AirSync:Collection", ...content)
const sync = (collections: ReadonlyArray<Element>, ...content: ReadonlyArray<Content>) =>
  element("AirSync:Sync", element("AirSync:Collections", ...collections), ...content)

const read = (document: Element) => parseSync(document, terms)
const one = (...content: ReadonlyArray<Content>) => read(sync([collection(...content)]))

const refused = (result: ReturnType<typeof read>) => Either.getOrNull(Either.flip(result))
const only = (...content: ReadonlyArray<Content>): CollectionRequest => {
  const request = Either.getOrThrow(one(key(), id(), ...content))
  assert.lengthOf(request.collections, 1)
  return request.collections[0] ?? assert.fail("no collection")
}

const assertProtocolError = (result: ReturnType<typeof read>) =>
  assert.deepStrictEqual(refused(result), { status: 4, limit: null })

describe("parseSync: shape", () => {
  it("MS-ASCMD_R4545/R4431: a collection without CollectionId or SyncKey is a protocol error", () => {
    assertProtocolError(one(key(), element("AirSync:Supported")))
    assertProtocolError(one(id()))
  })

  it("MS-ASCMD_R4546/R976: elements of a collection stand in their order", () => {
    assertProtocolError(one(id(), key()))
    assertProtocolError(one(key("0"), element("AirSync:Supported"), id()))
    assertProtocolError(one(key(), id(), element("AirSync:WindowSize", 5), element("AirSync:GetChanges")))
    assertProtocolError(one(key(), id(), element("AirSync:Commands"), element("AirSync:Options")))
  })

  it("MS-ASCMD_R6319: Class may stand in front, as it does until 12.1", () => {
    const request = Either.getOrThrow(one(element("AirSync:Class", "Email"), key(), id()))
    assert.strictEqual(request.collections[0]?.collectionId, "2")
  })

  it("MS-ASCMD_R5779: what may come once does not come twice, and nothing unknown comes at all", () => {
    assertProtocolError(one(key(), key(), id()))
    assertProtocolError(one(key(), id(), element("AirSync:MoreAvailable")))
    assertProtocolError(read(element("AirSync:Sync", element("AirSync:Collections", element("AirSync:Add")))))
    assertProtocolError(read(element("AirSync:Sync", element("AirSync:Collections"))))
    assertProtocolError(read(element("AirSync:Sync", element("AirSync:Status", 1))))
    assertProtocolError(read(element("Ping:Ping")))
    assertProtocolError(read(sync([collection(key(), id()), collection(key(), id())])))
  })

  it("MS-ASCMD_R3642/R3643: Partial needs company, and then no collections", () => {
    assertProtocolError(read(element("AirSync:Sync", element("AirSync:Partial"))))
    const request = Either.getOrThrow(
      read(element("AirSync:Sync", element("AirSync:Wait", 2), element("AirSync:Partial")))
    )
    assert.isTrue(request.isPartial)
    assert.deepStrictEqual(request.collections, [])
  })

  it("MS-ASCMD_R4464/R3231: too many collections are 15 with how many there may be", () => {
    const many = ["1", "2", "3", "4"].map((name) => collection(key(), id(name)))
    assert.deepStrictEqual(refused(read(sync(many))), { status: 15, limit: 3 })
    assert.isTrue(Either.isRight(read(sync(many.slice(1)))))
  })
})

describe("parseSync: waiting", () => {
  const waiting = (...content: ReadonlyArray<Content>) => read(sync([collection(key(), id())], ...content))

  it("MS-ASCMD_R3162/R4748, MS-ASCMD Sync_HeartbeatIntervalAndWait_StatusIs4: Wait and HeartbeatInterval exclude each other", () => {
    assertProtocolError(waiting(element("AirSync:Wait", 2), element("AirSync:HeartbeatInterval", 120)))
  })

  it("MS-ASCMD_R3227, MS-ASCMD Sync_Limit_WaitIsLessThan1: a Wait below 1 is told 1", () => {
    assert.deepStrictEqual(refused(waiting(element("AirSync:Wait", 0))), { status: 14, limit: 1 })
    assert.deepStrictEqual(refused(waiting(element("AirSync:Wait", -1))), { status: 14, limit: 1 })
  })

  it("MS-ASCMD_R3228/R4746/R5781, MS-ASCMD Sync_Limit_WaitIsGreaterThan59: a Wait above 59 is told 59", () => {
    assert.deepStrictEqual(refused(waiting(element("AirSync:Wait", 60))), { status: 14, limit: 59 })
  })

  it("MS-ASCMD_R3229/R4461, MS-ASCMD Sync_Limit_HeartbeatIntervalIsLessThan60: a heartbeat below 60 is told 60", () => {
    assert.deepStrictEqual(refused(waiting(element("AirSync:HeartbeatInterval", 59))), {
      status: 14,
      limit: 60
    })
  })

  it("MS-ASCMD_R3230/R3160/R4460, MS-ASCMD Sync_Limit_HeartbeatIntervalIsLargerThan3540: a heartbeat above 3540 is told 3540", () => {
    assert.deepStrictEqual(refused(waiting(element("AirSync:HeartbeatInterval", 3541))), {
      status: 14,
      limit: 3540
    })
  })

  it("the bounds themselves are legal, and a wait counts in seconds", () => {
    for (const [content, seconds] of [
      [element("AirSync:Wait", 1), 60],
      [element("AirSync:Wait", 59), 3540],
      [element("AirSync:HeartbeatInterval", 60), 60],
      [element("AirSync:HeartbeatInterval", 3540), 3540]
    ] as const) {
      assert.strictEqual(Either.getOrThrow(waiting(content)).waitSeconds, seconds)
    }
    assert.isNull(Either.getOrThrow(waiting()).waitSeconds)
    assertProtocolError(waiting(element("AirSync:Wait", "soon")))
  })
})

describe("parseSync: a collection", () => {
  it("MS-ASCMD_R3459/R4767/R4768: no WindowSize is 100, 0 and above 512 are 512", () => {
    for (const [written, meant] of [
      ["0", 512],
      ["1", 1],
      ["512", 512],
      ["513", 512],
      ["4000000000", 512]
    ] as const) {
      assert.strictEqual(only(element("AirSync:WindowSize", written)).windowSize, meant)
    }
    assert.strictEqual(only().windowSize, 100)
    assertProtocolError(one(key(), id(), element("AirSync:WindowSize", "many")))
  })

  it("MS-ASCMD_R3128/R5838: GetChanges, empty or 1, at key 0 is a protocol error", () => {
    assertProtocolError(one(key("0"), id(), element("AirSync:GetChanges")))
    assertProtocolError(one(key("0"), id(), element("AirSync:GetChanges", 1)))
  })

  it("MS-ASCMD_R3129/R5839/R5555: at key 0 it is 0, whether said or not", () => {
    for (const content of [[], [element("AirSync:GetChanges", 0)]]) {
      const request = Either.getOrThrow(one(key("0"), id(), ...content))
      assert.isFalse(request.collections[0]?.getChanges)
    }
  })

  it("MS-ASCMD_R3125/R3126/R3127/R5556: later it is 1 unless it says 0", () => {
    assert.isTrue(only().getChanges)
    assert.isTrue(only(element("AirSync:GetChanges")).getChanges)
    assert.isTrue(only(element("AirSync:GetChanges", 1)).getChanges)
    assert.isFalse(only(element("AirSync:GetChanges", 0)).getChanges)
    assertProtocolError(one(key(), id(), element("AirSync:GetChanges", 2)))
  })

  it("MS-ASCMD_R2160/R2161/R5874/R5875: DeletesAsMoves is true unless it says 0", () => {
    assert.isTrue(only().deletesAsMoves)
    assert.isTrue(only(element("AirSync:DeletesAsMoves")).deletesAsMoves)
    assert.isTrue(only(element("AirSync:DeletesAsMoves", 1)).deletesAsMoves)
    assert.isFalse(only(element("AirSync:DeletesAsMoves", 0)).deletesAsMoves)
  })
})

describe("parseSync: Options", () => {
  const options = (...content: ReadonlyArray<Content>) => element("AirSync:Options", ...content)
  const ofClass = (name: string) => options(element("AirSync:Class", name))

  it("MS-ASCMD_R930, MS-ASCMD Sync_Class_Redefined: the same class may not come twice", () => {
    assertProtocolError(one(key(), id(), ofClass("Calendar"), ofClass("Calendar")))
    assertProtocolError(one(key(), id(), options(), options()))
  })

  it("MS-ASCMD_R3600: one block for mail, one for SMS", () => {
    assert.deepStrictEqual(
      only(ofClass("Email"), ofClass("SMS")).options?.map(({ itemClass }) => itemClass),
      ["Email", "SMS"]
    )
    assertProtocolError(one(key(), id(), ofClass("Pigeons")))
  })

  it("MS-ASCMD_R3598: no block is told apart from an empty one", () => {
    assert.isNull(only().options)
    assert.lengthOf(only(options()).options ?? [], 1)
  })

  it("MS-ASCMD_R3076: no FilterType is all; it must be a number", () => {
    assert.strictEqual(only(options()).options?.[0]?.filterType, 0)
    assert.strictEqual(only(options(element("AirSync:FilterType", 3))).options?.[0]?.filterType, 3)
    assertProtocolError(one(key(), id(), options(element("AirSync:FilterType", "week"))))
  })

  it("MS-ASCMD_R2066/R2067/R2068: the server wins unless Conflict says 0", () => {
    assert.strictEqual(only(options()).options?.[0]?.conflict, "server")
    assert.strictEqual(only(options(element("AirSync:Conflict", 1))).options?.[0]?.conflict, "server")
    assert.strictEqual(only(options(element("AirSync:Conflict", 0))).options?.[0]?.conflict, "client")
    assertProtocolError(one(key(), id(), options(element("AirSync:Conflict", 2))))
  })

  for (const [name, rows, tag] of [
    ["Sync_MoreThanOneFilterTypes", "R3075", "AirSync:FilterType"],
    ["Sync_MoreThanOneMaxItems", "R3280", "AirSync:MaxItems"],
    ["Sync_MoreThanOneMIMESupport", "R3404", "AirSync:MIMESupport"],
    ["Sync_MoreThanOneMIMETruncation", "R3432", "AirSync:MIMETruncation"],
    ["Sync_MoreThanOneConflicts", "R2075", "AirSync:Conflict"]
  ] as const) {
    it(`MS-ASCMD ${name}, MS-ASCMD_${rows}: more than one of it is no error`, () => {
      assert.lengthOf(only(options(element(tag, 0), element(tag, 1))).options ?? [], 1)
    })
  }

  it("MS-ASCMD Sync_MoreThanOneClasses, MS-ASCMD_R938: more than one Class in a block is no error", () => {
    const block = options(element("AirSync:Class", "Email"), element("AirSync:Class", "Email"))
    assert.lengthOf(only(block).options ?? [], 1)
  })
})

describe("parseSync: Commands", () => {
  const commands = (...content: ReadonlyArray<Content>) => element("AirSync:Commands", ...content)
  const data = element("AirSync:ApplicationData")
  const fetches = (count: number) =>
    Array.from({ length: count }, (_, index) =>
      element("AirSync:Fetch", element("AirSync:ServerId", `2:${index}`))
    )

  it("MS-ASCMD_R2058, MS-ASCMD Sync_NoChildElementsForCommands: no command at all is no error", () => {
    assert.deepStrictEqual(only(commands()).commands, [])
  })

  it("MS-ASCMD_R5659, MS-ASCMD Sync_Collection_LimitValue: more than 200 commands are a protocol error", () => {
    assert.lengthOf(only(commands(...fetches(200))).commands, 200)
    assertProtocolError(one(key(), id(), commands(...fetches(201))))
    const both = ["1", "2"].map((name) => collection(key(), id(name), commands(...fetches(101))))
    assertProtocolError(read(sync(both)))
  })

  it("reads every kind, in order", () => {
    const serverId = element("AirSync:ServerId", "2:7")
    const read = only(
      commands(
        element("AirSync:Change", serverId, data),
        element("AirSync:Delete", serverId),
        element("AirSync:Add", element("AirSync:ClientId", "c1"), data, element("Email2:Send")),
        element("AirSync:Fetch", serverId)
      )
    ).commands
    assert.deepStrictEqual(read, [
      { _tag: "Change", serverId: "2:7", instanceId: null, properties: data, send: false },
      { _tag: "Delete", serverId: "2:7", instanceId: null },
      { _tag: "Add", clientId: "c1", itemClass: null, properties: data, send: true },
      { _tag: "Fetch", serverId: "2:7" }
    ])
  })

  it("MS-ASEMAIL 2.2.2.69: a draft that is only sent brings no properties", () => {
    const [change] = only(
      commands(element("AirSync:Change", element("AirSync:ServerId", "2:7"), element("Email2:Send")))
    ).commands
    assert.deepStrictEqual(change, {
      _tag: "Change",
      serverId: "2:7",
      instanceId: null,
      properties: data,
      send: true
    })
  })

  it("MS-ASCMD_R4430/R5778: commands without what they need are a protocol error", () => {
    const serverId = element("AirSync:ServerId", "2:7")
    for (const bad of [
      element("AirSync:Add", data),
      element("AirSync:Add", element("AirSync:ClientId", ""), data),
      element("AirSync:Add", element("AirSync:ClientId", "x".repeat(65)), data),
      element("AirSync:Add", element("AirSync:ClientId", "c1")),
      element("AirSync:Add", element("AirSync:ClientId", "c1"), data, element("AirSync:Class", "Pigeons")),
      element("AirSync:Change", data),
      element("AirSync:Change", serverId),
      element("AirSync:Delete"),
      element("AirSync:Fetch", element("AirSync:ServerId", "")),
      element("AirSync:SoftDelete", serverId)
    ]) {
      assertProtocolError(one(key(), id(), commands(bad)))
    }
  })

  it("ids and keys that are longer than ids may be are a protocol error, for they would be answered as they came", () => {
    const long = "1".repeat(65)
    assertProtocolError(one(element("AirSync:SyncKey", long), id()))
    assertProtocolError(one(key(), element("AirSync:CollectionId", long)))
  })
})
