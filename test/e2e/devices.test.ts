import { assert, layer } from "@effect/vitest"
import { Effect, Schedule, Schema } from "effect"
import { element } from "../../src/protocols/activesync/wbxml/element.ts"
import {
  deviceInformation,
  policyAcknowledged,
  policyKey,
  policyWanted,
  textAt
} from "../support/activesync/documents.ts"
import { layerPhones, newPhone, probe } from "../support/activesync/phones.ts"
import { Running } from "../support/activesync/running.ts"
import { commandLine } from "../support/commandLine.ts"
import { demoPassword } from "../support/platform.ts"

const decodeRow = Schema.decodeUnknownSync(
  Schema.parseJson(Schema.Record({ key: Schema.String, value: Schema.Unknown }))
)
const decodeRows = Schema.decodeUnknownSync(
  Schema.parseJson(Schema.Array(Schema.Record({ key: Schema.String, value: Schema.Unknown })))
)

const run = (...argv: ReadonlyArray<string>) =>
  Effect.flatMap(Running, (platform) =>
    commandLine(platform, [...argv, "--output", "json"], { env: { POSTROOM_PASSWORD: demoPassword } })
  )

/** A command that must succeed; what it printed. */
const postroom = (...argv: ReadonlyArray<string>) =>
  Effect.map(run(...argv), ({ code, out, err }) => {
    assert.strictEqual(code, 0, err)
    return out
  })

const exitOf = (...argv: ReadonlyArray<string>) => Effect.map(run(...argv), ({ code }) => code)

const ofAlice = ["--user", "alice@demo.test"] as const
const asAlice = ["--as", "alice@demo.test"] as const
/** No admin. */
const ofBob = ["--user", "bob@demo.test"] as const
const asBob = ["--as", "bob@demo.test"] as const
const ofDemo = ["--tenant", "demo"] as const

layer(layerPhones, { excludeTestServices: true, timeout: 120_000 })("devices", (it) => {
  it.effect("a phone that came is listed with what it says of itself, for its person and for operators", () =>
    Effect.gen(function* () {
      const phone = yield* newPhone({ version: "14.1", userAgent: "Phone/7" })
      assert.strictEqual(yield* probe(phone), 1)
      yield* phone.ask("Settings", element("Settings:Settings", deviceInformation("model seven")))
      for (const who of [ofAlice, asAlice]) {
        const rows = decodeRows(yield* postroom("device", "list", ...who))
        const row = rows.find(({ device }) => device === phone.options.deviceId)
        assert.deepInclude(row, { type: "TestPhone", model: "model seven", access: "allowed", wipe: null })
      }
      const shown = decodeRow(yield* postroom("device", "show", phone.options.deviceId, ...ofAlice))
      assert.deepInclude(shown, { userAgent: "Phone/7", versions: ["14.1"], heartbeats: 0 })
      assert.strictEqual(decodeRows(yield* postroom("device", "list", "--user", "bob@demo.test")).length, 0)
    })
  )

  it.effect("MS-ASCMD_R4876: a device is blocked, quarantined and let in again", () =>
    Effect.gen(function* () {
      const phone = yield* newPhone()
      const { deviceId } = phone.options
      yield* probe(phone)
      yield* postroom("device", "block", deviceId, "--reason", "lost", ...ofAlice)
      assert.strictEqual(yield* probe(phone), 129)
      assert.strictEqual(yield* probe(phone.but({ version: "12.1" })), 403)
      const shown = decodeRow(yield* postroom("device", "show", deviceId, ...asAlice))
      assert.deepInclude(shown, { access: "blocked", reason: "lost" })
      yield* postroom("device", "quarantine", deviceId, ...ofAlice)
      const { document } = yield* phone.ask("Provision", policyWanted(undefined, deviceInformation("new")))
      assert.isDefined(policyKey(document))
      yield* postroom("device", "allow", deviceId, ...ofAlice)
      assert.strictEqual(yield* probe(phone), 1)
    })
  )

  it.effect("MS-ASCMD_R4869, MS-ASCMD_R7555: nobody's device comes in for whom it is switched off", () =>
    Effect.gen(function* () {
      const phone = yield* newPhone()
      yield* postroom("device", "off", "alice@demo.test")
      assert.strictEqual(yield* probe(phone), 126)
      assert.strictEqual(yield* probe(phone.but({ version: "12.1" })), 403)
      const { document } = yield* phone.ask("FolderSync", element("FolderHierarchy:FolderSync"))
      assert.isNotNull(document)
      yield* postroom("device", "on", "alice@demo.test")
      assert.strictEqual(yield* probe(phone), 1)
    })
  )

  it.effect("what becomes of new devices, and how many there may be, is the tenant's to say", () =>
    Effect.gen(function* () {
      yield* postroom("policy", "set", "--new-devices", "quarantined", ...ofDemo)
      const phone = yield* newPhone({ address: "carol@demo.test" })
      const { document } = yield* phone.ask(
        "ResolveRecipients",
        element("ResolveRecipients:ResolveRecipients")
      )
      assert.strictEqual(textAt(document, "ResolveRecipients:Status"), "129")
      const row = decodeRow(
        yield* postroom("device", "show", phone.options.deviceId, "--user", "carol@demo.test")
      )
      assert.strictEqual(row["access"], "quarantined")
      yield* postroom("policy", "set", "--new-devices", "allowed", "--max-devices", "1", ...ofDemo)
      const second = yield* newPhone({ address: "carol@demo.test" })
      assert.strictEqual(yield* probe(second), 177)
      yield* postroom("device", "remove", phone.options.deviceId, "--user", "carol@demo.test")
      assert.strictEqual(yield* probe(second), 1)
      yield* postroom("policy", "set", "--max-devices", "100", ...ofDemo)
    })
  )

  it.effect(
    "a person has an own device wiped, and takes it back in time; afterwards it must be let in again",
    () =>
      Effect.gen(function* () {
        const phone = yield* newPhone({ address: "bob@demo.test" })
        const { deviceId } = phone.options
        yield* probe(phone)
        yield* postroom("device", "wipe", deviceId, ...asBob)
        assert.strictEqual(yield* probe(phone), 140)
        yield* postroom("device", "wipe", deviceId, "--cancel", ...asBob)
        assert.strictEqual(yield* probe(phone), 1)
        assert.strictEqual(yield* exitOf("device", "wipe", deviceId, "--cancel", ...asBob), 2)
        yield* postroom("device", "wipe", deviceId, "--account", ...asBob)
        const done = element("Provision:AccountOnlyRemoteWipe", element("Provision:Status", 1))
        yield* phone.ask("Provision", element("Provision:Provision", done))
        const shown = decodeRow(yield* postroom("device", "show", deviceId, ...asBob))
        assert.deepInclude(shown, { access: "blocked", reason: "wiped", wipe: "account acknowledged" })
        assert.strictEqual(yield* probe(phone), 129)
        assert.strictEqual(yield* exitOf("device", "allow", deviceId, ...asBob), 4)
        yield* postroom("device", "allow", deviceId, ...ofBob)
        assert.strictEqual(yield* probe(phone), 1)
        const { query } = yield* Running
        const audited = query<{ action: string }>("SELECT action FROM audit.events WHERE resource LIKE $1", [
          `%device:${deviceId}`
        ])
        const wanted = ["WipeDevice", "CancelWipe", "SetDeviceAccess"].map((name) => `DeviceService/${name}`)
        yield* Effect.repeat(audited, {
          until: (rows) =>
            [...wanted, "Devices/SettleWipe"].every((name) => rows.some(({ action }) => action === name)),
          schedule: Schedule.spaced("50 millis")
        })
      })
  )

  it.effect("other people's devices are nobody's business, and a device that is not there is not found", () =>
    Effect.gen(function* () {
      const phone = yield* newPhone()
      yield* probe(phone)
      const { client, query } = yield* Running
      const [alice] = yield* query<{ id: string }>(
        "SELECT id FROM mail_state.users WHERE email = 'alice@demo.test'"
      )
      const { devices, call } = yield* client("bob@demo.test")
      const error = yield* Effect.flip(
        call((signal) => devices.listDevices({ mailboxId: alice?.id ?? "" }, { signal }))
      )
      assert.propertyVal(error, "_tag", "PermissionDenied")
      assert.strictEqual(yield* exitOf("device", "show", "NOBODY", ...ofAlice), 3)
      assert.strictEqual(yield* exitOf("device", "reset", "NOBODY", ...ofAlice), 3)
      assert.strictEqual(yield* exitOf("device", "remove", "NOBODY", ...ofAlice), 3)
      assert.strictEqual(yield* exitOf("policy", "show", ...asBob), 4)
    }).pipe(Effect.scoped)
  )

  it.effect("a device and one of its folders are reset", () =>
    Effect.gen(function* () {
      const phone = yield* newPhone()
      yield* probe(phone)
      yield* postroom("device", "reset", phone.options.deviceId, ...asAlice)
      yield* postroom("device", "reset", phone.options.deviceId, "--folder", "1", ...ofAlice)
      assert.strictEqual(
        yield* exitOf("device", "reset", phone.options.deviceId, "--folder", "0", ...ofAlice),
        2
      )
      assert.strictEqual(yield* probe(phone), 1)
    })
  )

  it.effect("a policy is said setting by setting, shown, and taken away", () =>
    Effect.gen(function* () {
      const set = (...argv: ReadonlyArray<string>) =>
        Effect.map(postroom("policy", "set", ...argv, ...ofDemo), decodeRow)
      const phone = yield* newPhone()
      assert.strictEqual(yield* probe(phone), 1)
      yield* set("devicepasswordenabled=on", "MinDevicePasswordLength=6", "ApprovedApplicationList=aa,bb")
      assert.strictEqual(yield* probe(phone), 142)
      const first = yield* phone.ask("Provision", policyWanted(undefined, deviceInformation()))
      const second = yield* phone.ask("Provision", policyAcknowledged(policyKey(first.document) ?? ""))
      assert.strictEqual(yield* probe(phone.but({ policyKey: policyKey(second.document) ?? null })), 1)
      assert.deepInclude(
        yield* set("MinDevicePasswordLength=", "--refresh-hours", "8", "--externally-managed", "on"),
        {
          DevicePasswordEnabled: true,
          ApprovedApplicationList: ["aa", "bb"],
          refreshHours: 8,
          externallyManaged: true,
          nonProvisionable: false
        }
      )
      const shown = decodeRow(yield* postroom("policy", "show", ...ofDemo))
      assert.notProperty(shown, "MinDevicePasswordLength")
      for (const wrong of [
        "MinDevicePasswordLength=17",
        "AllowCamera=maybe",
        "NoSuch=1",
        "AllowCamera",
        "PasswordRecoveryEnabled=1"
      ]) {
        assert.strictEqual(yield* exitOf("policy", "set", wrong, ...ofDemo), 2, wrong)
      }
      assert.strictEqual((yield* set("--none"))["policy"], false)
      assert.strictEqual(yield* probe(phone), 1)
    })
  )
})
