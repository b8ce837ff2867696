import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { FolderId } from "../../../../src/domain/ids.ts"
import { operationsRunner, operationsWorld } from "../../../support/activesync/operationsWorld.ts"
import { itLints } from "../../../support/activesync/wbxml.ts"

const responses: Array<Uint8Array> = []
const { run, statuses } = operationsRunner(responses)

const item = (serverId: string, options = "", collectionId = "1") =>
  `<Fetch><Store>Mailbox</Store><AirSync:CollectionId>${collectionId}</AirSync:CollectionId><AirSync:ServerId>${serverId}</AirSync:ServerId>${options === "" ? "" : `<Options>${options}</Options>`}</Fetch>`

const attachment = (reference: string, options = "") =>
  `<Fetch><Store>Mailbox</Store><AirSyncBase:FileReference>${reference}</AirSyncBase:FileReference>${options === "" ? "" : `<Options>${options}</Options>`}</Fetch>`

const preferring = (type: number, more = "") =>
  `<AirSyncBase:BodyPreference><Type>${type}</Type>${more}</AirSyncBase:BodyPreference>`

const plain = "From: a@b.test\r\nTo: c@d.test\r\nSubject: hello\r\n\r\nHello"
const withFile = `From: a@b.test\r\nSubject: file\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\ntext\r\n--b\r\nContent-Type: text/csv; charset=utf-8\r\nContent-Disposition: attachment; filename=x.csv\r\nContent-Transfer-Encoding: base64\r\n\r\n${Buffer.from("0123456789").toString("base64")}\r\n--b\r\nContent-Disposition: attachment; filename=empty.txt\r\n\r\n\r\n--b--\r\n`

const base64 = (text: string) => Buffer.from(text).toString("base64")

describe("ItemOperations fetches", () => {
  it.effect("MSASCMD_S08_TC05: an item is fetched", () =>
    Effect.gen(function* () {
      const { mail, core } = yield* operationsWorld
      yield* mail.store(plain)
      const { xml } = yield* run(core, item("1"))
      assert.include(
        xml,
        "<AirSync:ServerId>1</AirSync:ServerId>\n      <AirSync:Class>Email</AirSync:Class>"
      )
      assert.include(xml, "<Email:Subject>hello</Email:Subject>")
      assert.include(xml, "<Data>Hello</Data>")
      assert.deepStrictEqual(yield* statuses(core, item("1")), [1, 1])
    })
  )

  it.effect("an item is fetched by the id that a search gave", () =>
    Effect.gen(function* () {
      const { mail, core } = yield* operationsWorld
      yield* mail.store(plain)
      const longId = "<Fetch><Store>Mailbox</Store><Search:LongId>L1</Search:LongId></Fetch>"
      const { xml } = yield* run(core, longId)
      assert.include(xml, "<Search:LongId>L1</Search:LongId>")
      assert.include(xml, "<Data>Hello</Data>")
    })
  )

  it.effect(
    "MSASCMD_S08_TC02, MS-ASCMD_R3547, R4154: an option that means nothing is status 2 of the whole",
    () =>
      Effect.gen(function* () {
        const { core } = yield* operationsWorld
        assert.deepStrictEqual(yield* statuses(core, item("", "<Range></Range>")), [2])
        assert.deepStrictEqual(yield* statuses(core, item("1", "<DeleteSubFolders/>")), [2])
      })
  )

  it.effect("MSASCMD_S08_TC03: an unknown store is status 9 of its fetch", () =>
    Effect.gen(function* () {
      const { core } = yield* operationsWorld
      const fetch = item("1").replace("Mailbox", "InvalidStore")
      assert.deepStrictEqual(yield* statuses(core, fetch), [1, 9])
    })
  )

  it.effect("MSASCMD_S08_TC04: an item that is not there is status 6 of its fetch", () =>
    Effect.gen(function* () {
      const { mail, core } = yield* operationsWorld
      yield* mail.store(plain)
      const fetches = item("InvalidServerID") + item("2") + item("1", "", "2")
      assert.deepStrictEqual(yield* statuses(core, fetches), [1, 6, 6, 6])
    })
  )

  it.effect("MS-ASCMD_R4156, R4157: there is no document library", () =>
    Effect.gen(function* () {
      const { core } = yield* operationsWorld
      const fetch = (link: string) =>
        `<Fetch><Store>DocumentLibrary</Store><DocumentLibrary:LinkId>${link}</DocumentLibrary:LinkId></Fetch>`
      assert.deepStrictEqual(
        yield* statuses(core, fetch("nonsense") + fetch("\\\\host\\share\\x.doc")),
        [1, 4, 5]
      )
    })
  )

  it.effect("MSASCMD_S08_TC08: MIMESupport says whether MIME comes", () =>
    Effect.gen(function* () {
      const { mail, core } = yield* operationsWorld
      yield* mail.store(plain)
      const xmlWith = (support: number) =>
        Effect.map(
          run(core, item("1", `<AirSync:MIMESupport>${support}</AirSync:MIMESupport>${preferring(4)}`)),
          ({ xml }) => xml
        )
      assert.notInclude(yield* xmlWith(0), "Data>")
      assert.notInclude(yield* xmlWith(1), "Data>")
      const all = yield* xmlWith(2)
      assert.include(all, "<Type>4</Type>")
      assert.include(all, `<EstimatedDataSize>${plain.length}</EstimatedDataSize>`)
      assert.include(all, `<Data>${plain}</Data>`)
    })
  )

  it.effect(
    "MSASCMD_S08_TC07, MSASAIRS_S02_TC14: bodies and attachments go beside the document where the device takes parts",
    () =>
      Effect.gen(function* () {
        const { mail, core } = yield* operationsWorld
        yield* mail.store(plain)
        yield* mail.store(withFile)
        const operations = item("1") + attachment("2:2") + item("2")
        const { xml, parts } = yield* run(core, operations, { acceptsMultipart: true })
        assert.notInclude(xml, "Data>")
        assert.deepStrictEqual(
          [...xml.matchAll(/Part>(\d+)</g)].map(([, number]) => Number(number)),
          [1, 2, 3]
        )
        assert.deepStrictEqual(parts.map(String), ["Hello", "0123456789", "text"])
        assert.notInclude((yield* run(core, operations)).xml, "Part>")
      })
  )

  it.effect("MSASAIRS_S03_TC01, MSASCMD_S08_TC17: an attachment that is none is status 15 of its fetch", () =>
    Effect.gen(function* () {
      const { mail, core } = yield* operationsWorld
      yield* mail.store(withFile)
      const fetches = ["", "InvalidAttachmentID", "2:1", "1:99"]
        .map((reference) => attachment(reference))
        .join("")
      assert.deepStrictEqual(yield* statuses(core, fetches), [1, 15, 15, 15, 15])
    })
  )

  it.effect("MSASCMD_S08_TC18: two FileReferences in a fetch are status 2", () =>
    Effect.gen(function* () {
      const { core } = yield* operationsWorld
      const twice = attachment("1:1").replace(
        "</Fetch>",
        "<AirSyncBase:FileReference>1:1</AirSyncBase:FileReference></Fetch>"
      )
      assert.deepStrictEqual(yield* statuses(core, twice), [2])
    })
  )

  it.effect(
    "MS-ASCMD_R234, R2130: an attachment comes in base64 with its type; wherever its message lies",
    () =>
      Effect.gen(function* () {
        const { mail, core } = yield* operationsWorld
        const message = yield* mail.store(withFile)
        mail.messages.set(message.id, { ...message, folderId: FolderId(8) })
        const { xml } = yield* run(core, attachment("1:2"))
        assert.include(xml, "<AirSyncBase:ContentType>text/csv; charset=utf-8</AirSyncBase:ContentType>")
        assert.include(xml, `<Data>${Buffer.from("0123456789").toString("base64")}</Data>`)
      })
  )

  it.effect(
    "MS-ASCMD_R3711, R3716, R4160, R4162, R4163: a range of an attachment, and what cannot be had of it",
    () =>
      Effect.gen(function* () {
        const { mail, core } = yield* operationsWorld
        yield* mail.store(withFile)
        const range = (of: string) => attachment("1:2", `<Range>${of}</Range>`)
        const { xml } = yield* run(core, range("2-4") + range("8-999"))
        assert.deepStrictEqual(
          [...xml.matchAll(/<(?:Range|Total|Data)>([^<]+)</g)].map(([, text]) => text),
          ["2-4", "10", base64("234"), "8-9", "10", base64("89")]
        )
        const refused = range("10-12") + range("4-2") + attachment("1:3")
        assert.deepStrictEqual(yield* statuses(core, refused), [1, 8, 8, 10])
        assert.deepStrictEqual(yield* statuses(core, attachment("1:2"), { contentBytes: 9 }), [1, 11])
      })
  )

  it.effect("an answer holds no more than it may, over all its fetches", () =>
    Effect.gen(function* () {
      const { mail, core } = yield* operationsWorld
      yield* mail.store(withFile)
      const fetches = attachment("1:2").repeat(3)
      assert.deepStrictEqual(yield* statuses(core, fetches, { contentBytes: 25 }), [1, 1, 1, 11])
    })
  )

  it.effect("the raw message is an attachment of an item that could not be rendered", () =>
    Effect.gen(function* () {
      const { mail, core } = yield* operationsWorld
      yield* mail.store(plain)
      const { xml } = yield* run(core, attachment("1:raw"))
      assert.include(xml, "<AirSyncBase:ContentType>message/rfc822</AirSyncBase:ContentType>")
      assert.include(xml, `<Data>${Buffer.from(plain).toString("base64")}</Data>`)
    })
  )

  it.effect("MS-ASEMAIL_R63: a schema leaves only what it names", () =>
    Effect.gen(function* () {
      const { mail, core } = yield* operationsWorld
      yield* mail.store(plain)
      const { xml } = yield* run(core, item("1", "<Schema><Email:Subject/><AirSyncBase:Body/></Schema>"))
      const properties = xml.slice(xml.indexOf("<Properties>"))
      assert.deepStrictEqual(
        [...properties.matchAll(/<(Email\w*:\w+|AirSyncBase:\w+)>/g)].map(([, tag]) => tag),
        ["Email:Subject", "AirSyncBase:Body"]
      )
    })
  )

  it.effect("MSASCON_S03_TC08: body and message part by what was asked for", () =>
    Effect.gen(function* () {
      const { mail, core } = yield* operationsWorld
      yield* mail.store(plain)
      const part =
        "<AirSyncBase:BodyPartPreference><Type>2</Type><TruncationSize>12</TruncationSize></AirSyncBase:BodyPartPreference>"
      const seen = yield* Effect.forEach(["", preferring(2), part, part + preferring(2)], (options) =>
        Effect.map(run(core, item("1", options)), ({ xml }) => [
          xml.includes("<AirSyncBase:Body>"),
          xml.includes("<AirSyncBase:BodyPart>")
        ])
      )
      assert.deepStrictEqual(seen, [
        [true, false],
        [true, false],
        [false, true],
        [true, true]
      ])
    })
  )

  it.effect(
    "MSASCON_S03_TC07, MS-ASCON_R241: a message part in another form than HTML is status 164 of its fetch",
    () =>
      Effect.gen(function* () {
        const { mail, core } = yield* operationsWorld
        yield* mail.store(plain)
        const part = "<AirSyncBase:BodyPartPreference><Type>3</Type></AirSyncBase:BodyPartPreference>"
        assert.deepStrictEqual(yield* statuses(core, item("1", part) + item("1")), [1, 164, 1])
      })
  )

  it.effect(
    "ids that are longer than ids may be are status 2 of the whole: they would be answered as they came",
    () =>
      Effect.gen(function* () {
        const { core } = yield* operationsWorld
        const long = "1".repeat(65)
        const empty = `<EmptyFolderContents><AirSync:CollectionId>${long}</AirSync:CollectionId></EmptyFolderContents>`
        for (const bad of [item(long), item("1", "", long), empty])
          assert.deepStrictEqual(yield* statuses(core, bad), [2])
      })
  )

  it.effect.each([
    ["MS-ASAIRS_R346: a type that is no number", "<Type>a</Type>"],
    ["MS-ASAIRS_R10030: AllOrNone twice", "<Type>1</Type><AllOrNone>1</AllOrNone><AllOrNone>1</AllOrNone>"],
    ["MS-ASAIRS_R10031: children out of order", "<TruncationSize>1</TruncationSize><Type>1</Type>"],
    ["MS-ASAIRS_R10032: a child that belongs elsewhere", "<Type>1</Type><Body/>"]
  ])("status 2 of the whole: %s", ([, inner]) =>
    Effect.gen(function* () {
      const { core } = yield* operationsWorld
      const preference = `<AirSyncBase:BodyPreference>${inner}</AirSyncBase:BodyPreference>`
      assert.deepStrictEqual(yield* statuses(core, item("1", preference)), [2])
    })
  )

  itLints(responses)
})
