import type { MessageInitShape } from "@bufbuild/protobuf"
import { assert, layer } from "@effect/vitest"
import { Effect } from "effect"
import type { ProtocolVersion } from "../../src/protocols/activesync/Command.ts"
import { childElements, element } from "../../src/protocols/activesync/wbxml/element.ts"
import {
  DeviceAccess,
  type DeviceRulesSchema,
  WipeScope
} from "../../src/rpc/gen/postroom/core/v1/devices_pb.ts"
import type { Phone } from "../support/activesync/client.ts"
import {
  deviceInformation,
  elementAt,
  policyAcknowledged,
  policyData,
  policyKey,
  policyStatus,
  policyWanted,
  provisionStatus,
  textAt
} from "../support/activesync/documents.ts"
import { layerPhones, newPhone, probe } from "../support/activesync/phones.ts"
import { Running } from "../support/activesync/running.ts"

type Rules = MessageInitShape<typeof DeviceRulesSchema>

const noRules: Rules = { defaultAccess: DeviceAccess.ALLOWED, maxDevices: 100 }
const strict: Rules = {
  ...noRules,
  policy: { settings: { DevicePasswordEnabled: { value: { case: "flag", value: true } } } }
}

/** Says what the tenant asks of devices. */
const setRules = (rules: Rules) =>
  Effect.gen(function* () {
    const { operator } = yield* Running
    const { devices, call } = yield* operator
    yield* call((signal) => devices.setDeviceRules({ tenant: "demo", rules }, { signal }))
  }).pipe(Effect.scoped, Effect.orDie)

const isAtLeast141 = (version: ProtocolVersion) => Number(version) >= 14.1

const wanted = (phone: Phone) =>
  policyWanted(undefined, ...(isAtLeast141(phone.options.version) ? [deviceInformation()] : []))

/** Both phases; the phone with its key. */
const provisioned = (phone: Phone) =>
  Effect.gen(function* () {
    const first = yield* phone.ask("Provision", wanted(phone))
    const second = yield* phone.ask("Provision", policyAcknowledged(policyKey(first.document) ?? ""))
    return phone.but({ policyKey: policyKey(second.document) ?? null })
  })

/** Asks for the wipe of a phone of alice's, as alice. */
const wipe = (phone: Phone, scope: WipeScope) =>
  Effect.gen(function* () {
    const { client } = yield* Running
    const { devices, call } = yield* client(phone.options.address)
    yield* call((signal) => devices.wipeDevice({ deviceId: phone.options.deviceId, scope }, { signal }))
  }).pipe(Effect.scoped, Effect.orDie)

const question = element("Provision:Provision")

const versions = ["12.1", "14.0", "14.1", "16.0", "16.1"] as const

layer(layerPhones, { excludeTestServices: true, timeout: 120_000 })("Provision", (it) => {
  for (const version of versions) {
    it.effect(`${version}: a policy is downloaded and acknowledged in two phases`, () =>
      Effect.gen(function* () {
        yield* setRules(strict)
        const phone = yield* newPhone({ version })
        const challenge = version === "12.1" ? 449 : 142
        assert.strictEqual(yield* probe(phone), challenge)
        const { document: first } = yield* phone.ask("Provision", wanted(phone))
        assert.deepStrictEqual([provisionStatus(first), policyStatus(first)], ["1", "1"])
        assert.strictEqual(textAt(policyData(first) ?? null, "Provision:DevicePasswordEnabled"), "1")
        const temporary = policyKey(first) ?? ""
        assert.match(temporary, /^[1-9]\d{0,9}$/)
        // The temporary key is good for nothing but the acknowledgement.
        assert.strictEqual(yield* probe(phone.but({ policyKey: temporary })), version === "12.1" ? 449 : 144)
        const { document: second } = yield* phone.ask("Provision", policyAcknowledged(temporary))
        assert.deepStrictEqual([provisionStatus(second), policyStatus(second)], ["1", "1"])
        assert.isUndefined(policyData(second))
        const permanent = policyKey(second) ?? ""
        assert.notStrictEqual(permanent, temporary)
        assert.strictEqual(yield* probe(phone.but({ policyKey: permanent })), 1)
        assert.strictEqual(yield* probe(phone.but({ policyKey: permanent, query: "base64" })), 1)
      })
    )
  }

  it.effect(
    "MS-ASPROV_R466, MS-ASPROV_R441, MS-ASPROV_R888, MS-ASPROV_R209, MS-ASPROV_R310, MS-ASPROV_R601, MS-ASPROV_R605, MS-ASPROV_R417, MS-ASPROV_R419, MS-ASPROV_R650, MS-ASPROV_R657, MS-ASPROV_R662, MS-ASPROV_R486, MS-ASPROV_R378, MS-ASPROV_R394, MS-ASPROV_R495, MS-ASPROV_R678, MS-ASPROV_R688, MS-ASPROV_R703, MS-ASCMD_R4990, MS-ASCMD_R4992, MS-ASCMD_R5026, MS-ASCMD_R5028: the answers of both phases have what they must and nothing else",
    () =>
      Effect.gen(function* () {
        yield* setRules(strict)
        const phone = yield* newPhone()
        const first = yield* phone.ask("Provision", wanted(phone))
        const tags = (document: typeof first.document) =>
          childElements(elementAt(document, "Provision:Policies", "Provision:Policy") ?? question).map(
            ({ tag }) => tag
          )
        assert.deepStrictEqual(tags(first.document), [
          "Provision:PolicyType",
          "Provision:Status",
          "Provision:PolicyKey",
          "Provision:Data"
        ])
        assert.strictEqual(textAt(first.document, "Settings:DeviceInformation", "Settings:Status"), "1")
        const second = yield* phone.ask("Provision", policyAcknowledged(policyKey(first.document) ?? ""))
        assert.deepStrictEqual(tags(second.document), [
          "Provision:PolicyType",
          "Provision:Status",
          "Provision:PolicyKey"
        ])
      })
  )

  it.effect(
    "MS-ASPROV_R206, MS-ASPROV_R207, MS-ASPROV_R1044, MS-ASPROV_R1045: what is unset is taken back",
    () =>
      Effect.gen(function* () {
        const attachments = (value: boolean): Rules => ({
          ...noRules,
          policy: { settings: { AttachmentsEnabled: { value: { case: "flag", value } } } }
        })
        const phone = yield* newPhone()
        const sent = Effect.map(
          phone.ask("Provision", wanted(phone)),
          ({ document }) => policyData(document) ?? null
        )
        yield* setRules(attachments(false))
        assert.strictEqual(textAt(yield* sent, "Provision:AttachmentsEnabled"), "0")
        yield* setRules({ ...noRules, policy: {} })
        const unset = yield* sent
        assert.strictEqual(textAt(unset, "Provision:AttachmentsEnabled"), "1")
        assert.strictEqual(textAt(unset, "Provision:MaxAttachmentSize"), "")
      })
  )

  it.effect("a policy that changed is fetched anew, once, by every version (pain 10)", () =>
    Effect.gen(function* () {
      yield* setRules(strict)
      for (const version of versions) {
        const phone = yield* provisioned(yield* newPhone({ version }))
        yield* setRules({
          ...noRules,
          policy: { settings: { MaxEmailAgeFilter: { value: { case: "number", value: 3n } } } }
        })
        assert.strictEqual(yield* probe(phone), version === "12.1" ? 449 : 143)
        const again = yield* provisioned(phone)
        for (let n = 0; n < 3; n++) assert.strictEqual(yield* probe(again), 1)
        // The same device, spoken in another version, has nothing to fetch.
        assert.strictEqual(yield* probe(again.but({ version: "16.1" })), 1)
        yield* setRules(strict)
      }
    })
  )

  it.effect("without a policy no device is challenged, and one that asks gets one that forbids nothing", () =>
    Effect.gen(function* () {
      yield* setRules(noRules)
      const phone = yield* newPhone()
      assert.strictEqual(yield* probe(phone), 1)
      assert.strictEqual(yield* probe(phone.but({ policyKey: "0" })), 1)
      const { document } = yield* phone.ask("Provision", wanted(phone))
      assert.strictEqual(textAt(policyData(document) ?? null, "Provision:DevicePasswordEnabled"), "0")
      assert.strictEqual(yield* probe(yield* provisioned(phone)), 1)
    })
  )

  it.effect("MS-ASCMD_R4989: a request without a policy type has status 2", () =>
    Effect.gen(function* () {
      yield* setRules(strict)
      const phone = yield* newPhone()
      const documents = [
        element("Provision:Provision", element("Provision:Policies", element("Provision:Policy"))),
        element("Provision:Provision", element("Provision:Policies")),
        policyWanted("")
      ]
      for (const document of documents) {
        assert.strictEqual(provisionStatus((yield* phone.ask("Provision", document)).document), "2")
      }
    })
  )

  it.effect(
    "MS-ASPROV_R395, MS-ASPROV_R450, MS-ASPROV_R497, MS-ASPROV_R679: what is no Provision request has status 2",
    () =>
      Effect.gen(function* () {
        const phone = yield* newPhone()
        const documents = [
          element("Provision:Provision", element("Provision:Status", 1)),
          element("Provision:Provision", element("Provision:RemoteWipe")),
          element("Provision:Provision", element("Provision:RemoteWipe", element("Provision:Status", 9))),
          policyAcknowledged("1", 9),
          policyAcknowledged("1", ""),
          element("Settings:Settings"),
          null
        ]
        for (const document of documents) {
          assert.strictEqual(provisionStatus((yield* phone.ask("Provision", document)).document), "2")
        }
      })
  )

  it.effect("MS-ASPROV_R380, MS-ASPROV_R471, MS-ASPROV_R502: an unknown policy type has status 3", () =>
    Effect.gen(function* () {
      yield* setRules(strict)
      const phone = yield* newPhone()
      for (const type of ["MS-WAP-Provisioning-XML", "InvalidPolicyType"]) {
        const { document } = yield* phone.ask("Provision", policyWanted(type, deviceInformation()))
        assert.deepStrictEqual([provisionStatus(document), policyStatus(document)], ["1", "3"])
        assert.isUndefined(policyKey(document))
      }
    })
  )

  it.effect(
    "MS-ASPROV_R382, MS-ASPROV_R475, MS-ASPROV_R507, MS-ASPROV_R692, MS-ASPROV_R695, MS-ASPROV_R708, MS-ASPROV_R761: a wrong or old key acknowledges nothing",
    () =>
      Effect.gen(function* () {
        yield* setRules(strict)
        const [phone, other] = [yield* newPhone(), yield* newPhone()]
        const key = policyKey((yield* phone.ask("Provision", wanted(phone))).document) ?? ""
        for (const wrong of [String(Number(key) - 1), "0", "-1", "key", "", "99999999999"]) {
          const { document } = yield* phone.ask("Provision", policyAcknowledged(wrong))
          assert.deepStrictEqual([provisionStatus(document), policyStatus(document)], ["1", "5"], wrong)
        }
        yield* other.ask("Provision", wanted(other))
        assert.strictEqual(
          policyStatus((yield* other.ask("Provision", policyAcknowledged(key))).document),
          "5"
        )
        yield* phone.ask("Provision", wanted(phone))
        assert.strictEqual(
          policyStatus((yield* phone.ask("Provision", policyAcknowledged(key))).document),
          "5"
        )
      })
  )

  it.effect("an acknowledgement whose answer was lost is answered again", () =>
    Effect.gen(function* () {
      yield* setRules(strict)
      const phone = yield* newPhone()
      const key = policyKey((yield* phone.ask("Provision", wanted(phone))).document) ?? ""
      yield* phone.ask("Provision", policyAcknowledged(key))
      const { document } = yield* phone.ask("Provision", policyAcknowledged(key))
      assert.strictEqual(yield* probe(phone.but({ policyKey: policyKey(document) ?? null })), 1)
    })
  )

  it.effect("MS-ASPROV_R537, MS-ASCMD_R4912: a wrong policy key is refused by the next command", () =>
    Effect.gen(function* () {
      yield* setRules(strict)
      const phone = yield* provisioned(yield* newPhone())
      assert.strictEqual(yield* probe(phone.but({ policyKey: "1234567" })), 144)
      assert.strictEqual(yield* probe(phone), 1)
    })
  )

  it.effect(
    "MS-ASPROV_R681, MS-ASPROV_R684, MS-ASPROV_R697, MS-ASPROV_R1046: a device that follows part of the policy",
    () =>
      Effect.gen(function* () {
        yield* setRules(strict)
        const acknowledged = (phone: Phone, status: number) =>
          Effect.gen(function* () {
            const key = policyKey((yield* phone.ask("Provision", wanted(phone))).document) ?? ""
            return yield* phone.ask("Provision", policyAcknowledged(key, status))
          })
        const phone = yield* newPhone()
        for (const status of [2, 3]) {
          assert.strictEqual(provisionStatus((yield* acknowledged(phone, status)).document), "139")
        }
        assert.strictEqual((yield* acknowledged(yield* newPhone({ version: "12.1" }), 2)).code, 403)
        yield* setRules({ ...strict, policy: { ...strict.policy, allowsNonProvisionable: true } })
        const { document } = yield* acknowledged(phone, 2)
        assert.strictEqual(yield* probe(phone.but({ policyKey: policyKey(document) ?? null })), 1)
      })
  )

  it.effect(
    "CMD_S21_TC14, MS-ASPROV_R461, MS-ASPROV_R686, MS-ASPROV_R687, MS-ASCMD_R4917: a device that somebody else manages",
    () =>
      Effect.gen(function* () {
        yield* setRules(strict)
        const phone = yield* newPhone()
        const acknowledged = Effect.gen(function* () {
          const key = policyKey((yield* phone.ask("Provision", wanted(phone))).document) ?? ""
          return (yield* phone.ask("Provision", policyAcknowledged(key, 4))).document
        })
        assert.strictEqual(provisionStatus(yield* acknowledged), "145")
        yield* setRules({ ...strict, policy: { ...strict.policy, allowsExternallyManaged: true } })
        assert.strictEqual(policyStatus(yield* acknowledged), "1")
      })
  )

  it.effect("MS-ASPROV_R458, MS-ASPROV_R682, MS-ASPROV_R685: a device that had a key and sends none", () =>
    Effect.gen(function* () {
      yield* setRules(strict)
      const phone = yield* provisioned(yield* newPhone())
      assert.strictEqual(yield* probe(phone.but({ policyKey: null })), 141)
    })
  )

  it.effect("CMD_S21_TC03, MS-ASCMD_R4954: from 14.1 on a device must say what it is", () =>
    Effect.gen(function* () {
      yield* setRules(strict)
      for (const version of versions) {
        const { document } = yield* (yield* newPhone({ version })).ask("Provision", policyWanted())
        assert.strictEqual(provisionStatus(document), isAtLeast141(version) ? "165" : "1", version)
      }
      const phone = yield* newPhone()
      const nothing = element("Settings:DeviceInformation", element("Settings:Set"))
      const { document } = yield* phone.ask("Provision", policyWanted(undefined, nothing))
      assert.strictEqual(textAt(document, "Settings:DeviceInformation", "Settings:Status"), "2")
      assert.strictEqual(policyStatus(document), "1")
    })
  )

  it.effect(
    "PROV_S02_TC01, MS-ASPROV_R653, MS-ASPROV_R654, MS-ASPROV_R666, MS-ASPROV_R702, MS-ASPROV_R1041, MS-ASPROV_R1042, MS-ASPROV_R1047, MS-ASPROV_R1048, MS-ASPROV_R758: a wipe goes its way",
    () =>
      Effect.gen(function* () {
        yield* setRules(strict)
        for (const version of versions) {
          const phone = yield* provisioned(yield* newPhone({ version }))
          const ask = (document: typeof question) =>
            Effect.map(phone.ask("Provision", document), ({ document: answer }) => ({
              status: provisionStatus(answer),
              isWipe: elementAt(answer, "Provision:RemoteWipe") !== undefined
            }))
          const acknowledge = (status: number) =>
            ask(
              element(
                "Provision:Provision",
                element("Provision:RemoteWipe", element("Provision:Status", status))
              )
            )
          assert.deepStrictEqual(yield* ask(question), { status: "1", isWipe: false })
          yield* wipe(phone, WipeScope.DEVICE)
          assert.strictEqual(yield* probe(phone), version === "12.1" ? 449 : 140)
          assert.deepStrictEqual(yield* ask(question), { status: "1", isWipe: true })
          assert.deepStrictEqual(yield* ask(wanted(phone)), { status: "1", isWipe: true })
          assert.deepStrictEqual(yield* acknowledge(2), { status: "2", isWipe: true })
          assert.strictEqual(yield* probe(phone), version === "12.1" ? 449 : 140)
          assert.deepStrictEqual(yield* acknowledge(1), { status: "1", isWipe: false })
          assert.strictEqual(yield* probe(phone), version === "12.1" ? 403 : 129)
        }
      })
  )

  it.effect(
    "MS-ASPROV_R66609, MS-ASPROV_R66610, MS-ASPROV_R66611, MS-ASPROV_R66613, MS-ASPROV_R66615, MS-ASPROV_R6906: a wipe of the account alone, with 16.1",
    () =>
      Effect.gen(function* () {
        yield* setRules(strict)
        const phone = yield* provisioned(yield* newPhone())
        const ask = (document: typeof question) =>
          Effect.map(phone.ask("Provision", document), ({ document: answer }) => ({
            status: provisionStatus(answer),
            isWipe: elementAt(answer, "Provision:AccountOnlyRemoteWipe") !== undefined,
            isFull: elementAt(answer, "Provision:RemoteWipe") !== undefined
          }))
        const acknowledge = (status: number) =>
          ask(
            element(
              "Provision:Provision",
              element("Provision:AccountOnlyRemoteWipe", element("Provision:Status", status))
            )
          )
        assert.deepStrictEqual(yield* ask(question), { status: "1", isWipe: false, isFull: false })
        yield* wipe(phone, WipeScope.ACCOUNT)
        assert.strictEqual(yield* probe(phone.but({ version: "16.0" })), 129)
        assert.strictEqual(yield* probe(phone), 140)
        assert.deepStrictEqual(yield* ask(question), { status: "1", isWipe: true, isFull: false })
        assert.deepStrictEqual(yield* acknowledge(2), { status: "2", isWipe: true, isFull: false })
        assert.deepStrictEqual(yield* acknowledge(1), { status: "1", isWipe: false, isFull: false })
        assert.strictEqual(yield* probe(phone), 129)
      })
  )
})
