import { assert, layer } from "@effect/vitest"
import { Effect } from "effect"
import type { ProtocolVersion } from "../../src/protocols/activesync/Command.ts"
import {
  type Content,
  childElements,
  childOf,
  childrenOf,
  childText,
  type Element,
  element,
  type Tag,
  textOf
} from "../../src/protocols/activesync/wbxml/element.ts"
import type { Phone } from "../support/activesync/client.ts"
import { deviceInformation, elementAt, textAt } from "../support/activesync/documents.ts"
import { layerPhones, newPhone } from "../support/activesync/phones.ts"
import { Running } from "../support/activesync/running.ts"

const settings = (phone: Phone, ...properties: ReadonlyArray<Content>) =>
  Effect.map(phone.ask("Settings", element("Settings:Settings", ...properties)), ({ document }) => document)

const statusOf = (document: Element | null) => textAt(document, "Settings:Status")
const tagsOf = (document: Element | null) =>
  childElements(document ?? element("Settings:Settings")).map(({ tag }) => tag)

const oof = (...content: ReadonlyArray<Content>) => element("Settings:Oof", ...content)
const setOof = (...content: ReadonlyArray<Content>) => oof(element("Settings:Set", ...content))
const getOof = (type: string) => oof(element("Settings:Get", element("Settings:BodyType", type)))
const oofStatus = (document: Element | null) => textAt(document, "Settings:Oof", "Settings:Status")
const state = (value: number | string) => element("Settings:OofState", value)
const times = (from: string | null, to: string | null) => [
  from === null ? null : element("Settings:StartTime", from),
  to === null ? null : element("Settings:EndTime", to)
]

const audienceTags = [
  "Settings:AppliesToInternal",
  "Settings:AppliesToExternalKnown",
  "Settings:AppliesToExternalUnknown"
] as const satisfies ReadonlyArray<Tag>
type AudienceTag = (typeof audienceTags)[number]

const message = (
  audience: AudienceTag,
  { enabled = "1", text, type }: { enabled?: string; text?: string; type?: string }
) =>
  element(
    "Settings:OofMessage",
    element(audience),
    element("Settings:Enabled", enabled),
    text === undefined ? null : element("Settings:ReplyMessage", text),
    type === undefined ? null : element("Settings:BodyType", type)
  )

/** What is said to an audience: enabled, message, format. */
const told = (document: Element | null, audience: AudienceTag) => {
  const get = elementAt(document, "Settings:Oof", "Settings:Get")
  const found = childrenOf(get, "Settings:OofMessage").find((one) => childText(one, audience) !== undefined)
  return (["Settings:Enabled", "Settings:ReplyMessage", "Settings:BodyType"] as const).map((tag) =>
    childText(found, tag)
  )
}

const device = (phone: Phone) =>
  Effect.gen(function* () {
    const { client } = yield* Running
    const { devices, call } = yield* client(phone.options.address)
    const { deviceId } = phone.options
    return (yield* call((signal) => devices.getDevice({ deviceId }, { signal }))).device
  }).pipe(Effect.scoped, Effect.orDie)

const password = (text: string | null) =>
  element(
    "Settings:DevicePassword",
    element("Settings:Set", text === null ? null : element("Settings:Password", text))
  )
const passwordStatus = (document: Element | null) =>
  textAt(document, "Settings:DevicePassword", "Settings:Status")

const userInformation = element("Settings:UserInformation", element("Settings:Get"))
const rights = element("Settings:RightsManagementInformation", element("Settings:Get"))

/** The addresses of UserInformation, and where they stand. */
const addressesIn = (document: Element | null) => {
  const get = elementAt(document, "Settings:UserInformation", "Settings:Get")
  const account = elementAt(get ?? null, "Settings:Accounts", "Settings:Account")
  const found = childOf(account ?? get, "Settings:EmailAddresses")
  return {
    // Nothing else is told of an account.
    place: account === undefined ? "alone" : childElements(account).length === 1 ? "account" : "more",
    all: childrenOf(found, "Settings:SMTPAddress").map(textOf),
    primary: childText(found, "Settings:PrimarySmtpAddress")
  }
}

const versions = ["12.1", "14.0", "14.1", "16.0", "16.1"] as const
const isAtLeast141 = (version: ProtocolVersion) => Number(version) >= 14.1

const [morning, evening] = ["2030-01-01T08:00:00.000Z", "2030-01-01T18:00:00.000Z"]

layer(layerPhones, { excludeTestServices: true, timeout: 120_000 })("Settings", (it) => {
  it.effect(
    "MS-ASCMD_R4392, MS-ASCMD_R4396, MS-ASCMD_R485, MS-ASCMD_R486, MS-ASCMD_R3505: who never said anything is not away",
    () =>
      Effect.gen(function* () {
        const document = yield* settings(yield* newPhone({ address: "carol@demo.test" }), getOof("Text"))
        assert.deepStrictEqual([statusOf(document), oofStatus(document)], ["1", "1"])
        assert.strictEqual(textAt(document, "Settings:Oof", "Settings:Get", "Settings:OofState"), "0")
        for (const audience of audienceTags) {
          assert.deepStrictEqual(told(document, audience), ["0", undefined, undefined])
        }
        assert.deepStrictEqual(tagsOf(elementAt(document, "Settings:Oof") ?? null)[0], "Settings:Status")
      })
  )

  it.effect(
    "MS-ASCMD_R783, MS-ASCMD_R785, MS-ASCMD_R786, MS-ASCMD_R787, MS-ASCMD_R793, MS-ASCMD_R794, MS-ASCMD_R795, MS-ASCMD_R796, MS-ASCMD_R5867, MS-ASCMD_R802, MS-ASCMD_R803, MS-ASCMD_R804, MS-ASCMD_R805, MS-ASCMD_R826, MS-ASCMD_R1106, MS-ASCMD_R5866, MS-ASCMD_R2251, MS-ASCMD_R816: each audience is told what was said for it, and the others what they were told before",
    () =>
      Effect.gen(function* () {
        const phone = yield* newPhone()
        for (const [n, audience] of audienceTags.entries()) {
          const set = setOof(state(1), message(audience, { text: `away ${n}`, type: "TEXT" }))
          assert.strictEqual(oofStatus(yield* settings(phone, set)), "1")
        }
        const document = yield* settings(phone, getOof("Text"))
        assert.strictEqual(textAt(document, "Settings:Oof", "Settings:Get", "Settings:OofState"), "1")
        for (const [n, audience] of audienceTags.entries()) {
          assert.deepStrictEqual(told(document, audience), ["1", `away ${n}`, "Text"])
        }
      })
  )

  it.effect("MS-ASCMD_R5194: all three at once, in plain text and in HTML", () =>
    Effect.gen(function* () {
      const phone = yield* newPhone()
      const set = (text: string, type: string) =>
        settings(
          phone,
          setOof(
            state(1),
            audienceTags.map((audience) => message(audience, { text, type }))
          )
        )
      assert.strictEqual(oofStatus(yield* set("one < two\nthree", "Text")), "1")
      const [enabled, html, format] = told(yield* settings(phone, getOof("HTML")), audienceTags[1])
      assert.deepStrictEqual([enabled, format], ["1", "HTML"])
      assert.include(html, "one &lt; two<br>")
      assert.strictEqual(oofStatus(yield* set("<p>Back <b>soon</b></p>", "HTML")), "1")
      const [, text] = told(yield* settings(phone, getOof("Text")), audienceTags[2])
      assert.strictEqual(text?.trim(), "Back soon")
    })
  )

  it.effect("MS-ASCMD_R2252, MS-ASCMD_R5677: without a message no format is needed", () =>
    Effect.gen(function* () {
      const phone = yield* newPhone({ address: "bob@demo.test" })
      const set = setOof(state(1), message(audienceTags[0], { enabled: "0" }))
      assert.strictEqual(oofStatus(yield* settings(phone, set)), "1")
      assert.deepStrictEqual(told(yield* settings(phone, getOof("Text")), audienceTags[0]), [
        "0",
        undefined,
        undefined
      ])
    })
  )

  it.effect("MS-ASCMD_R3533: from one time to another", () =>
    Effect.gen(function* () {
      const phone = yield* newPhone()
      assert.strictEqual(oofStatus(yield* settings(phone, setOof(state(2), times(morning, evening)))), "1")
      const get = elementAt(yield* settings(phone, getOof("Text")), "Settings:Oof", "Settings:Get") ?? null
      assert.deepStrictEqual(
        (["Settings:OofState", "Settings:StartTime", "Settings:EndTime"] as const).map((tag) =>
          textAt(get, tag)
        ),
        ["2", morning, evening]
      )
    })
  )

  it.effect("MS-ASCMD_R3535, MS-ASCMD_R7544: times without a time-based state are taken and not kept", () =>
    Effect.gen(function* () {
      const phone = yield* newPhone()
      for (const value of [0, 1]) {
        assert.strictEqual(
          oofStatus(yield* settings(phone, setOof(state(value), times(morning, evening)))),
          "1"
        )
        const get = elementAt(yield* settings(phone, getOof("Text")), "Settings:Oof", "Settings:Get") ?? null
        assert.isUndefined(textAt(get, "Settings:StartTime"))
      }
    })
  )

  it.effect(
    "MS-ASCMD_R2272, MS-ASCMD_R3992, MS-ASCMD_R5681, MS-ASCMD_R5827: one time without the other has status 2",
    () =>
      Effect.gen(function* () {
        const phone = yield* newPhone()
        for (const set of [setOof(state(2), times(morning, null)), setOof(state(2), times(null, evening))]) {
          const document = yield* settings(phone, set)
          assert.deepStrictEqual([statusOf(document), oofStatus(document)], ["1", "2"])
        }
      })
  )

  it.effect("MS-ASCMD_R484, MS-ASCMD_R5582, MS-ASCMD_R5702: what cannot be has status 5", () =>
    Effect.gen(function* () {
      const phone = yield* newPhone()
      const [internal] = audienceTags
      const wrong = [
        setOof(message(internal, { text: "x", type: "InvalidType" })),
        setOof(message(internal, { enabled: "yes" })),
        setOof(message(internal, { text: "x".repeat(40_000), type: "Text" })),
        setOof(state(3)),
        setOof(state("")),
        setOof(state(2), times(evening, morning)),
        setOof(state(2), times("today", "tomorrow")),
        getOof("RTF")
      ]
      for (const property of wrong) {
        const document = yield* settings(phone, property)
        assert.deepStrictEqual([statusOf(document), oofStatus(document)], ["1", "5"])
      }
    })
  )

  it.effect("MS-ASCMD_R5385, MS-ASCMD_R5583: what contradicts itself has status 6, and changes nothing", () =>
    Effect.gen(function* () {
      const phone = yield* newPhone()
      const [internal, known, unknown] = audienceTags
      const before = told(yield* settings(phone, getOof("Text")), internal)
      const wrong = [
        setOof(message(known, { text: "a", type: "Text" }), message(unknown, { text: "b", type: "Text" })),
        setOof(message(internal, { text: "a", type: "Text" }), message(internal, { text: "a", type: "Text" }))
      ]
      for (const property of wrong) assert.strictEqual(oofStatus(yield* settings(phone, property)), "6")
      assert.deepStrictEqual(told(yield* settings(phone, getOof("Text")), internal), before)
    })
  )

  it.effect("a message for nobody, for two, or without its format has status 2", () =>
    Effect.gen(function* () {
      const phone = yield* newPhone()
      const [internal, known] = audienceTags
      const wrong = [
        element("Settings:OofMessage", element("Settings:Enabled", 1)),
        element("Settings:OofMessage", element(internal), element(known), element("Settings:Enabled", 1)),
        message(internal, { text: "no format" })
      ]
      for (const one of wrong) assert.strictEqual(oofStatus(yield* settings(phone, setOof(one))), "2")
    })
  )

  it.effect(
    "MS-ASCMD_R483, MS-ASCMD_R4398, MS-ASCMD_R5845: what cannot be read is status 2 of the whole, and nothing is done",
    () =>
      Effect.gen(function* () {
        const phone = yield* newPhone()
        const good = setOof(state(1))
        yield* settings(phone, setOof(state(0)))
        const wrong: ReadonlyArray<ReadonlyArray<Content>> = [
          [good, element("Settings:DevicePassword")],
          [good, good],
          [good, oof()],
          [good, element("Settings:UserInformation", element("Settings:Set"))],
          [good, element("Settings:Status", 1)]
        ]
        for (const properties of wrong) {
          const document = yield* settings(phone, properties)
          assert.deepStrictEqual([statusOf(document), tagsOf(document)], ["2", ["Settings:Status"]])
        }
        assert.strictEqual(statusOf((yield* phone.ask("Settings", null)).document), "2")
        const get = yield* settings(phone, getOof("Text"))
        assert.strictEqual(textAt(get, "Settings:Oof", "Settings:Get", "Settings:OofState"), "0")
      })
  )

  it.effect("MS-ASCMD_R4400, MS-ASCMD_R4402: no password is kept, and one too long is told so", () =>
    Effect.gen(function* () {
      const phone = yield* newPhone()
      assert.strictEqual(passwordStatus(yield* settings(phone, password("12345"))), "7")
      assert.strictEqual(passwordStatus(yield* settings(phone, password("1".repeat(257)))), "5")
      assert.strictEqual(passwordStatus(yield* settings(phone, password(null))), "2")
    })
  )

  it.effect(
    "MS-ASCMD_R733, MS-ASCMD_R3679, MS-ASCMD_R4387, MS-ASCMD_R5169, MS-ASCMD_R5178, MS-ASCMD_R5898, MS-ASCMD_R5901, MS-ASCMD_R5905, MS-ASCMD_R5915, MS-ASCMD_R6502, MS-ASCMD_R6504: addresses stand in accounts from 14.1 on, by themselves before",
    () =>
      Effect.gen(function* () {
        const { operator } = yield* Running
        const { admin, call } = yield* operator
        const { user } = yield* call((signal) => admin.getUser({ address: "alice@demo.test" }, { signal }))
        const userId = user?.id ?? ""
        yield* call((signal) => admin.createAlias({ address: "a.second@demo.test", userId }, { signal }))
        for (const version of versions) {
          const document = yield* settings(yield* newPhone({ version }), userInformation)
          assert.deepStrictEqual(addressesIn(document), {
            place: isAtLeast141(version) ? "account" : "alone",
            all: ["alice@demo.test", "a.second@demo.test"],
            primary: isAtLeast141(version) ? "alice@demo.test" : undefined
          })
        }
      }).pipe(Effect.scoped, Effect.orDie)
  )

  it.effect(
    "MS-ASCMD_R469, MS-ASCMD_R478, MS-ASCMD_R480, MS-ASCMD_R481, MS-ASCMD_R482, MS-ASCMD_R5713: properties are done and answered in the order in which they are asked",
    () =>
      Effect.gen(function* () {
        const phone = yield* newPhone()
        const properties = [userInformation, deviceInformation(), setOof(state(0)), password("1"), rights]
        const tags = properties.map(({ tag }) => tag)
        assert.deepStrictEqual(tagsOf(yield* settings(phone, properties)), ["Settings:Status", ...tags])
        const backwards = yield* settings(phone, properties.toReversed())
        assert.deepStrictEqual(tagsOf(backwards), ["Settings:Status", ...tags.toReversed()])
      })
  )

  it.effect(
    "MS-ASCMD_R3863, MS-ASCMD_R4960, MS-ASRM_R418: rights management is off, and unknown before 14.1",
    () =>
      Effect.gen(function* () {
        for (const version of versions) {
          const document = yield* settings(yield* newPhone({ version }), rights)
          const status = textAt(document, "Settings:RightsManagementInformation", "Settings:Status")
          assert.deepStrictEqual(
            [statusOf(document), status],
            isAtLeast141(version) ? ["1", "168"] : ["2", undefined]
          )
        }
      })
  )

  it.effect(
    "MS-ASCMD_R3944, MS-ASCMD_R3947, MS-ASCMD_R3666: a device says what it is, and takes it back",
    () =>
      Effect.gen(function* () {
        const phone = yield* newPhone()
        const status = (...said: ReadonlyArray<Content>) =>
          Effect.map(
            settings(phone, element("Settings:DeviceInformation", element("Settings:Set", ...said))),
            (document) => textAt(document, "Settings:DeviceInformation", "Settings:Status")
          )
        const said = [
          element("Settings:Model", "M1"),
          element("Settings:IMEI", "4901"),
          element("Settings:FriendlyName", "my phone"),
          element("Settings:OS", "OS 1"),
          element("Settings:OSLanguage", "de"),
          element("Settings:PhoneNumber", "+49 1"),
          element("Settings:MobileOperator", "op"),
          element("Settings:EnableOutboundSMS", 0),
          element("Settings:UserAgent", "agent")
        ]
        assert.strictEqual(yield* status(said), "1")
        assert.strictEqual(yield* status(element("Settings:PhoneNumber")), "1")
        const found = yield* device(phone)
        assert.deepStrictEqual(
          [
            found?.model,
            found?.imei,
            found?.friendlyName,
            found?.os,
            found?.osLanguage,
            found?.phoneNumber,
            found?.mobileOperator
          ],
          ["M1", "4901", "my phone", "OS 1", "de", "", "op"]
        )
        assert.strictEqual(yield* status(), "2")
        assert.strictEqual(yield* status(element("Settings:Model", "x".repeat(1024))), "1")
        assert.strictEqual(yield* status(element("Settings:Model", "x".repeat(1025))), "5")
      })
  )
})
