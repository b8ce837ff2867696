import { assert, describe, it } from "@effect/vitest"
import { type Element, element } from "../../../../src/protocols/activesync/wbxml/element.ts"
import { encode, encodeChunks } from "../../../../src/protocols/activesync/wbxml/encode.ts"
import { decoded, fromXml, toXml } from "../../../support/activesync/wbxml.ts"

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex")

/** Without the header. */
const bodyOf = (document: Element) => hex(encode(document)).replace(/^03016a00/, "")

describe("what a device is sent", () => {
  it("MS-ASWBXML_R6: WBXML 1.3, public id 1, UTF-8, no string table", () => {
    assert.strictEqual(hex(encode(element("AirSync:Sync"))), "03016a0005")
  })

  it("MS-ASWBXML_R802, R804: an element with text is its tag, an inline string and an end", () => {
    assert.strictEqual(bodyOf(element("AirSync:Status", 1)), "4e03310001")
    assert.strictEqual(bodyOf(element("AirSync:Status", "ä€😀")), "4e03c3a4e282acf09f98800001")
  })

  it("MS-ASWBXML_R801: the page is switched where it changes, and only there", () => {
    const document = element(
      "ItemOperations:ItemOperations",
      element("ItemOperations:Status", 1),
      element("AirSync:ServerId"),
      element("AirSync:CollectionId"),
      element("ItemOperations:Properties")
    )
    assert.strictEqual(bodyOf(document), "001445" + "4d03310001" + "00000d12" + "00140b" + "01")
  })

  it("MS-ASWBXML_R819: byte arrays are opaque, be they given as bytes or as text", () => {
    assert.strictEqual(
      bodyOf(element("Email2:ConversationId", Uint8Array.of(0, 1, 255))),
      "001649c3030001ff01"
    )
    assert.strictEqual(bodyOf(element("ComposeMail:Mime", "ü")), "001550c302c3bc01")
  })

  it("bytes where text belongs are sent as text", () => {
    assert.strictEqual(
      bodyOf(element("AirSyncBase:Data", Buffer.from("a\0b\xff", "latin1"))),
      "00114b036162efbfbd0001"
    )
  })

  it("MS-ASWBXML_R819: the length of opaque data, at each number of bytes it may take", () => {
    for (const [length, written] of [
      [127, "7f"],
      [128, "8100"],
      [16_383, "ff7f"],
      [16_384, "818000"],
      [2_097_152, "81808000"]
    ] as const) {
      const bytes = Buffer.alloc(length, 120)
      assert.strictEqual(
        bodyOf(element("ComposeMail:Mime", bytes)).slice(0, 8 + written.length),
        `001550c3${written}`
      )
      assert.deepStrictEqual(decoded(encode(element("ComposeMail:Mime", bytes))).children, [
        new Uint8Array(bytes)
      ])
    }
  })

  it("characters that XML does not have are left out", () => {
    const text = "a\0\u0001\u0008\u000b\u000c\u000e\u001f\ufffe\uffff\ud800b\udc00\t\n\r😀"
    assert.deepStrictEqual(
      decoded(encode(element("AirSync:Class", text))),
      element("AirSync:Class", "ab\t\n\r😀")
    )
  })

  it("an element is empty where nothing of its content is left", () => {
    for (const content of ["", "\0\u0001", new Uint8Array(0), ["", ""], fromXml("<Email:Attachments/>")]) {
      assert.strictEqual(
        bodyOf(element("AirSync:Sync", element("AirSync:Status", content), "1")),
        "450e03310001"
      )
    }
    assert.strictEqual(bodyOf(element("ComposeMail:Mime", "")), "001510")
  })

  it("nothing is lost where elements inside each other outgrow the stack", () => {
    const depth = 200_000
    const nested = Array.from({ length: depth }).reduce<Element>(
      (inner) => element("AirSync:Sync", inner),
      element("AirSync:Sync")
    )
    assert.lengthOf(encode(nested), 4 + 2 * depth + 1)
  })
})

describe("pieces", () => {
  const items = (count: number, body: string) =>
    element(
      "AirSync:Sync",
      Array.from({ length: count }, (_, index) =>
        element(
          "AirSync:ApplicationData",
          element("Email:Subject", `Grüße ${index}`),
          element("AirSyncBase:Body", element("AirSyncBase:Data", body), element("AirSyncBase:Type", 2))
        )
      )
    )

  it("a small document is one piece", () => {
    assert.lengthOf([...encodeChunks(items(3, "short"))], 1)
  })

  it("a large one is pieces of at most 64 KiB that are the same together", () => {
    const document = items(50, "€".repeat(20_001))
    const pieces = [...encodeChunks(document)]
    assert.isAbove(pieces.length, 40)
    for (const piece of pieces) assert.isAtMost(piece.length, 64 * 1024)
    assert.strictEqual(hex(Buffer.concat(pieces)), hex(encode(document)))
    assert.strictEqual(toXml(decoded(Buffer.concat(pieces))), toXml(document))
  })

  it("the first piece is there before the last is made", () => {
    let read = 0
    const counted = Array.from({ length: 100_000 }, () => element("AirSync:Status", 1))
    const children = new Proxy(counted, {
      get: (target, key, receiver) => {
        if (typeof key === "string" && /^\d+$/.test(key)) read = Number(key)
        return Reflect.get(target, key, receiver)
      }
    })
    const first = encodeChunks({ tag: "AirSync:Sync", children }).next()
    assert.isFalse(first.done)
    assert.isBelow(read, 2000)
  })

  it("a large byte array is passed on, not copied", () => {
    const bytes = Buffer.alloc(1024 * 1024, 120)
    const pieces = [...encodeChunks(element("ItemOperations:Fetch", element("ComposeMail:Mime", bytes)))]
    assert.isTrue(pieces.includes(bytes))
    assert.lengthOf(pieces, 3)
  })

  it("a pair of surrogates is not torn where a long text is cut", () => {
    for (const shift of [0, 1]) {
      const text = "x".repeat(shift) + "😀".repeat(40_000)
      assert.deepStrictEqual(
        decoded(encode(element("AirSyncBase:Data", text))),
        element("AirSyncBase:Data", text)
      )
    }
  })
})
