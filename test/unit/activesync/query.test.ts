import { assert, describe, it } from "@effect/vitest"
import { FastCheck } from "effect"
import { type Query, readQuery } from "../../../src/protocols/activesync/query.ts"

const empty: Omit<Query, "command" | "deviceId" | "deviceType"> = {
  version: null,
  language: null,
  policyKey: null,
  attachmentName: null,
  collectionId: null,
  itemId: null,
  longId: null,
  occurrence: null,
  saveInSent: false,
  acceptsMultipart: false
}

describe("a base64 query", () => {
  it("MS-ASHTTP_R18: is read as the example of the specification says", () => {
    assert.deepStrictEqual(readQuery("jAAJBAp2MTQwRGV2aWNlAApTbWFydFBob25l"), {
      ...empty,
      version: "14.0",
      command: "Sync",
      language: "en",
      deviceId: "v140Device",
      deviceType: "SmartPhone"
    })
  })

  it("MS-ASHTTP_R34, MS-ASHTTP_R40: has a GUID as device id, and a policy key", () => {
    assert.deepStrictEqual(readQuery("jAkHBBCoHzHhi8b5YrNnTZh4inyaBAAAAAACV1A="), {
      ...empty,
      version: "14.0",
      command: "FolderSync",
      language: "de",
      policyKey: "0",
      deviceId: "a81f31e18bc6f962b3674d98788a7c9a",
      deviceType: "WP"
    })
  })

  it("MS-ASHTTP_R94: asks for multipart answers by a flag", () => {
    const query = readQuery("jBMHBBCoHzHhi8b5YrNnTZh4inyaBAAAAAACV1AHAQI=")
    assert.strictEqual(query?.command, "ItemOperations")
    assert.isTrue(query?.acceptsMultipart)
    assert.isFalse(query?.saveInSent)
  })

  it("keeps its meaning where + stands for itself, without padding, URL-safe or percent-encoded", () => {
    const text = "jAkHBBC32YBsEj5p+IUKLTDTcJoYBAAAAAALV2luZG93c01haWw="
    const read = readQuery(text)
    assert.strictEqual(read?.deviceType, "WindowsMail")
    assert.strictEqual(read?.deviceId, "b7d9806c123e69f8850a2d30d3709a18")
    for (const other of [text.replace("=", ""), text.replace("+", "-"), encodeURIComponent(text)]) {
      assert.deepStrictEqual(readQuery(other), read, other)
    }
  })

  it("has every parameter of MS-ASHTTP 2.2.1.1.1.1.3", () => {
    const field = (text: string) => Buffer.from([text.length, ...Buffer.from(text)])
    const parameter = (tag: number, value: string) => [Buffer.from([tag]), field(value)]
    const bytes = Buffer.concat([
      Buffer.from([121, 2, 0x0c, 0x04]),
      field("phone"),
      field("\u0001\u0002\u0003\u0004"),
      field("SP"),
      ...parameter(0, "5:1"),
      ...parameter(1, "5"),
      ...parameter(3, "5:7"),
      ...parameter(4, "long"),
      ...parameter(6, "20260101T000000Z"),
      ...parameter(7, "\u0001"),
      ...parameter(8, "somebody else")
    ])
    assert.deepStrictEqual(readQuery(bytes.toString("base64")), {
      command: "SmartForward",
      version: "12.1",
      language: "fr",
      deviceId: "phone",
      deviceType: "SP",
      policyKey: String(0x04030201),
      attachmentName: "5:1",
      collectionId: "5",
      itemId: "5:7",
      longId: "long",
      occurrence: "20260101T000000Z",
      saveInSent: true,
      acceptsMultipart: false
    })
  })

  it("MS-ASHTTP_R38: is malformed where it ends early, or has a policy key of another length than 0 or 4", () => {
    const whole = Buffer.from("jAkHBBCoHzHhi8b5YrNnTZh4inyaBAAAAAACV1A=", "base64")
    for (let length = 0; length < whole.length; length++) {
      assert.isNull(readQuery(whole.subarray(0, length).toString("base64")), `${length} bytes`)
    }
    const threeBytes = Buffer.from([140, 0, 9, 4, 1, 0x61, 3, 1, 2, 3, 1, 0x62])
    assert.isNull(readQuery(threeBytes.toString("base64")))
  })
})

describe("a plain query", () => {
  it("MS-ASHTTP_R16: says what the base64 query of the specification's example says", () => {
    assert.deepStrictEqual(readQuery("Cmd=Sync&User=rmjones&DeviceId=v140Device&DeviceType=SmartPhone"), {
      ...empty,
      command: "Sync",
      deviceId: "v140Device",
      deviceType: "SmartPhone"
    })
  })

  it("is read in any order, in any case, percent-decoded; of a repeated parameter the first counts", () => {
    assert.deepStrictEqual(
      readQuery(
        "devicetype=SP&SAVEINSENT=t&ItemId=5%3A7&CollectionId=5&cmd=smartREPLY&DeviceId=a&DeviceId=b&PolicyKey=17"
      ),
      {
        ...empty,
        command: "SmartReply",
        deviceId: "a",
        deviceType: "SP",
        itemId: "5:7",
        collectionId: "5",
        saveInSent: true,
        policyKey: "17"
      }
    )
  })

  it("MS-ASHTTP_R122: does not save what was sent unless it says so", () => {
    assert.isFalse(readQuery("Cmd=SendMail&DeviceId=a&DeviceType=b&SaveInSent=F")?.saveInSent)
    assert.isFalse(readQuery("Cmd=SendMail&DeviceId=a&DeviceType=b")?.saveInSent)
  })

  it("of an unknown command has none; without a command it is malformed", () => {
    assert.isNull(readQuery("Cmd=NotExist&DeviceId=a&DeviceType=b")?.command)
    for (const name of ["toString", "__proto__", "constructor"]) {
      assert.isNull(readQuery(`Cmd=${name}&DeviceId=a&DeviceType=b`)?.command, name)
    }
    for (const text of ["", "User=a&DeviceId=b", "%", "&&&", "Cmd"]) assert.isNull(readQuery(text), text)
  })
})

it("whatever stands there, a query is read or is malformed", () => {
  FastCheck.assert(
    FastCheck.property(FastCheck.string({ unit: "binary", maxLength: 60 }), (text) => {
      readQuery(text)
    })
  )
  FastCheck.assert(
    FastCheck.property(FastCheck.uint8Array({ maxLength: 300 }), (bytes) => {
      readQuery(Buffer.from(bytes).toString("base64"))
    })
  )
})
