import { assert, describe, it } from "@effect/vitest"
import { Either } from "effect"
import type { DecodeError } from "../../../../src/protocols/activesync/wbxml/DecodeError.ts"
import {
  type DecodeLimits,
  Decoder,
  decode,
  defaultDecodeLimits
} from "../../../../src/protocols/activesync/wbxml/decode.ts"
import { element } from "../../../../src/protocols/activesync/wbxml/element.ts"
import { decoded, toXml } from "../../../support/activesync/wbxml.ts"

/** Bytes as numbers and texts, behind the header. */
const document = (...parts: ReadonlyArray<number | string>): Uint8Array =>
  Buffer.concat([
    Buffer.of(3, 1, 0x6a, 0),
    ...parts.map((part) => (typeof part === "number" ? Buffer.of(part) : Buffer.from(part)))
  ])

const failure = (bytes: Uint8Array, limits?: DecodeLimits): DecodeError | null =>
  Either.match(decode(bytes, limits), { onLeft: (error) => error, onRight: () => null })

/** `reason status offset`. */
const refusal = (bytes: Uint8Array, limits: Partial<DecodeLimits> = {}): string => {
  const error = failure(bytes, { ...defaultDecodeLimits, ...limits })
  return error === null ? "read" : `${error.reason} ${error.status} ${error.offset}`
}

const SYNC = 0x45
const STATUS = 0x4e
const END = 1
const STR_I = 3
const OPAQUE = 0xc3

describe("what a device sends", () => {
  it("MS-ASWBXML_R802, R804, R8, R655: an inline string in a tag of the first page, and ends", () => {
    assert.deepStrictEqual(
      decoded(document(SYNC, STATUS, STR_I, "1\0", END, 0x1c, END)),
      element("AirSync:Sync", element("AirSync:Status", "1"), element("AirSync:Collections"))
    )
  })

  it("MS-ASWBXML_R801: a page is in force until the next one, across ends", () => {
    const bytes = document(0, 7, 0x56, 0x4c, STR_I, "1\0", END, 0, 0, 0x0e, 0, 17, 0, 7, 0x12, END)
    assert.strictEqual(
      toXml(decoded(bytes)),
      "<FolderHierarchy:FolderSync>\n  <Status>1</Status>\n  <AirSync:Status/>\n  <SyncKey/>\n</FolderHierarchy:FolderSync>"
    )
  })

  it("MS-ASWBXML_R819: opaque data of a tag of byte arrays, byte for byte", () => {
    const bytes = document(0, 21, 0x45, 0x50, OPAQUE, 5, 0, 255, 1, 0x0d, 0, END, END)
    assert.deepStrictEqual(
      decoded(bytes),
      element("ComposeMail:SendMail", element("ComposeMail:Mime", Uint8Array.of(0, 255, 1, 0x0d, 0)))
    )
  })

  it("MS-ASWBXML_R819: the length of opaque data is a number of several bytes, with leading zeros or not", () => {
    const text = "x".repeat(200)
    for (const length of [
      [0x81, 0x48],
      [0x80, 0x80, 0x80, 0x81, 0x48]
    ]) {
      assert.deepStrictEqual(
        decoded(document(SYNC, OPAQUE, ...length, text, END)),
        element("AirSync:Sync", text)
      )
    }
  })

  it("opaque data where text belongs is text, and a string where bytes belong is bytes", () => {
    assert.deepStrictEqual(
      decoded(document(0, 17, 0x4b, OPAQUE, 5, "Grü", 0xc3, END)),
      element("AirSyncBase:Data", "Grü\ufffd")
    )
    assert.deepStrictEqual(
      decoded(document(0, 21, 0x50, STR_I, 0xff, "\r\n\0", END)),
      element("ComposeMail:Mime", Uint8Array.of(0xff, 0x0d, 0x0a))
    )
  })

  it("an element that says it has content may have none", () => {
    assert.deepStrictEqual(decoded(document(SYNC, END)), element("AirSync:Sync"))
    assert.deepStrictEqual(decoded(document(SYNC, STR_I, 0, OPAQUE, 0, END)), element("AirSync:Sync"))
  })

  it("texts that follow each other are one", () => {
    assert.deepStrictEqual(
      decoded(document(SYNC, STR_I, "a\0", OPAQUE, 1, "b", STR_I, "c\0", END)),
      element("AirSync:Sync", "abc")
    )
  })

  it("characters that XML does not have are left out, and what is no UTF-8 is replaced", () => {
    const bytes = document(SYNC, OPAQUE, 8, "a\0\u0001b\t\n\r\uffff".slice(0, 7), "c", END)
    assert.deepStrictEqual(decoded(bytes), element("AirSync:Sync", "ab\t\n\rc"))
    assert.deepStrictEqual(
      decoded(document(SYNC, STR_I, "\u0008\ufffe\uffff\ud83d\ude00", 0xed, 0xa0, 0x80, 0, END)),
      element("AirSync:Sync", "😀\ufffd\ufffd\ufffd")
    )
  })
})

describe("what is no document", () => {
  const unused = [
    ["R803", "ENTITY", 0x02],
    ["R805", "LITERAL", 0x04],
    ["R806", "EXT_I_0", 0x40],
    ["R807", "EXT_I_1", 0x41],
    ["R808", "EXT_I_2", 0x42],
    ["R809", "PI", 0x43],
    ["R810", "LITERAL_C", 0x44],
    ["R811", "EXT_T_0", 0x80],
    ["R812", "EXT_T_1", 0x81],
    ["R813", "EXT_T_2", 0x82],
    ["R814", "STR_T", 0x83],
    ["R815", "LITERAL_A", 0x84],
    ["R816", "EXT_0", 0xc0],
    ["R817", "EXT_1", 0xc1],
    ["R818", "EXT_2", 0xc2],
    ["R820", "LITERAL_AC", 0xc4]
  ] as const
  for (const [requirement, name, byte] of unused) {
    it(`MS-ASWBXML_${requirement}: ${name} is none of the tokens of this algorithm: 102`, () => {
      assert.strictEqual(refusal(document(SYNC, byte, 0, END)), "Unsupported 102 5")
      assert.strictEqual(refusal(document(byte, 0, END)), "Unsupported 102 4")
    })
  }

  it("MS-ASWBXML_R656: attributes and string tables are not used: 102", () => {
    assert.strictEqual(refusal(document(SYNC | 0x80, END, END)), "Unsupported 102 4")
    assert.strictEqual(refusal(document(0x85, END)), "Unsupported 102 4")
    assert.strictEqual(refusal(Buffer.from([3, 1, 0x6a, 3, 65, 66, 0, 5])), "Unsupported 102 3")
  })

  it("no byte at all, or another kind of body: 101", () => {
    assert.strictEqual(refusal(Buffer.alloc(0)), "Empty 101 0")
    assert.strictEqual(refusal(Buffer.from('<?xml version="1.0"?><Sync/>')), "NotWbxml 101 0")
    assert.strictEqual(refusal(Buffer.from([2, 1, 0x6a, 0, 5])), "NotWbxml 101 0")
    assert.strictEqual(refusal(Buffer.from([3, 1, 4, 0, 5])), "NotWbxml 101 2")
  })

  it("MS-ASCMD_R4815: bytes that end too early, or go on after the end: 102", () => {
    const whole = document(SYNC, STATUS, OPAQUE, 2, "12", END, END)
    assert.strictEqual(refusal(whole), "read")
    for (let length = 1; length < whole.length; length++) {
      assert.strictEqual(refusal(whole.subarray(0, length)), `Truncated 102 ${length}`)
    }
    for (const more of [END, 0, STR_I, SYNC, 0x20]) {
      assert.strictEqual(refusal(Buffer.concat([whole, Buffer.of(more)])), `Misplaced 102 ${whole.length}`)
    }
    assert.strictEqual(refusal(document(SYNC, STR_I, "never ends")), "Truncated 102 16")
  })

  it("text or an end outside of every element: 102", () => {
    assert.strictEqual(refusal(document(STR_I, "a\0")), "Misplaced 102 4")
    assert.strictEqual(refusal(document(OPAQUE, 1, "a")), "Misplaced 102 4")
    assert.strictEqual(refusal(document(END)), "Misplaced 102 4")
  })

  it("a token that its page does not have, and a page that there is none of: 102", () => {
    assert.strictEqual(refusal(document(SYNC, 0x3f, END)), "UnknownTag 102 5")
    assert.strictEqual(refusal(document(0, 26, 0x05)), "UnknownTag 102 6")
    assert.strictEqual(refusal(document(0, 255, 0x45, END)), "UnknownTag 102 6")
  })

  it("a length that is no 32-bit number: 102", () => {
    assert.strictEqual(refusal(document(SYNC, OPAQUE, 0x90, 0x80, 0x80, 0x80, 0x00)), "BadLength 102 5")
    assert.strictEqual(refusal(document(SYNC, OPAQUE, 0x81, 0x80, 0x80, 0x80, 0x80, 0)), "BadLength 102 5")
    assert.strictEqual(refusal(document(SYNC, OPAQUE, 0xff)), "Truncated 102 7")
  })
})

describe("bounds", () => {
  it("bytes in all; opaque data is refused before it has arrived", () => {
    const bytes = document(SYNC, STR_I, "abc\0", END)
    assert.strictEqual(refusal(bytes, { maxBytes: bytes.length }), "read")
    assert.strictEqual(refusal(bytes, { maxBytes: bytes.length - 1 }), "TooLarge 101 0")
    const decoder = new Decoder({ ...defaultDecodeLimits, maxBytes: 1000 })
    assert.isTrue(Either.isLeft(decoder.push(document(SYNC, OPAQUE, 0x87, 0x68))))
    assert.isTrue(Either.isLeft(decoder.end()))
    assert.strictEqual(refusal(document(SYNC, OPAQUE, 0x8f, 0xff, 0xff, 0xff, 0x7f)), "TooLarge 101 5")
  })

  it("elements inside each other, which no stack of ours holds: 103", () => {
    const nested = (depth: number) =>
      Buffer.concat([document(), Buffer.alloc(depth, SYNC), Buffer.alloc(depth, END)])
    assert.strictEqual(refusal(nested(32)), "read")
    assert.strictEqual(refusal(nested(33)), "TooDeep 103 36")
    assert.strictEqual(refusal(nested(100_000), { maxDepth: 100_000 }), "read")
  })

  it("elements, texts and page switches in all: 103", () => {
    const many = (token: ReadonlyArray<number>, count: number) =>
      Buffer.concat([document(SYNC), Buffer.alloc(count * token.length, Buffer.from(token)), Buffer.of(END)])
    for (const token of [[0x0e], [STR_I, 0], [OPAQUE, 0], [0, 0]]) {
      assert.strictEqual(refusal(many(token, 9), { maxTokens: 10 }), "read")
      assert.strictEqual(refusal(many(token, 10), { maxTokens: 10 }), `TooMany 103 ${5 + token.length * 9}`)
    }
    assert.match(refusal(many([0x0e], 100_000)), /^TooMany/)
  })
})

describe("a document that arrives in pieces", () => {
  const bytes = document(
    ...[0, 21, 0x45, 0x51, STR_I, "Grüße\0", END],
    ...[0x50, OPAQUE, 0x81, 0x48, "m".repeat(200), END, 0, 0, 0x4e, STR_I, "1\0", END, END]
  )

  it("reads the same in pieces of any size", () => {
    for (let size = 1; size <= bytes.length; size++) {
      const decoder = new Decoder()
      for (let at = 0; at < bytes.length; at += size) {
        assert.isTrue(Either.isRight(decoder.push(bytes.subarray(at, at + size))))
      }
      assert.deepStrictEqual(Either.getOrThrow(decoder.end()), decoded(bytes))
    }
  })

  it("is refused by the piece that is wrong, and by everything after it", () => {
    const decoder = new Decoder()
    assert.isTrue(Either.isRight(decoder.push(bytes.subarray(0, 10))))
    assert.isTrue(Either.isLeft(decoder.push(Buffer.from("\0\x01\x02\x02"))))
    assert.isTrue(Either.isLeft(decoder.push(bytes.subarray(10))))
    assert.isTrue(Either.isLeft(decoder.end()))
  })

  it("costs no more for being in many pieces", () => {
    // 16 MB of opaque data and of one string, a kilobyte at a time: copied at every piece it would be 130 GB.
    const piece = Buffer.alloc(1024, 65)
    const pushed = (begin: ReadonlyArray<number>, end: ReadonlyArray<number>) => {
      const decoder = new Decoder()
      const pieces = [
        document(SYNC, ...begin),
        ...Array.from({ length: 16 * 1024 }, () => piece),
        Buffer.from(end)
      ]
      for (const one of pieces) assert.isTrue(Either.isRight(decoder.push(one)))
      return toXml(Either.getOrThrow(decoder.end())).length
    }
    const length = 16 * 1024 * 1024 + "<AirSync:Sync></AirSync:Sync>".length
    assert.strictEqual(pushed([OPAQUE, 0x88, 0x80, 0x80, 0], [END]), length)
    assert.strictEqual(pushed([STR_I], [0, END]), length)
  })
})
