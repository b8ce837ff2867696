import { assert, describe, it } from "@effect/vitest"
import { Duration } from "effect"
import type { Device } from "../../../src/domain/Device.ts"
import { type DevicePolicy, permissivePolicy } from "../../../src/domain/DevicePolicy.ts"
import type { CommandName, Request } from "../../../src/protocols/activesync/Command.ts"
import { refusalOf } from "../../../src/protocols/activesync/policy.ts"
import { policyVersion } from "../../../src/protocols/activesync/policyDocument.ts"
import type { DeviceStanding } from "../../../src/rpc/Devices.ts"
import { deviceWith } from "../../support/activesync/devices.ts"
import { request } from "../../support/activesync/request.ts"

const strict: DevicePolicy = {
  settings: { DevicePasswordEnabled: true },
  allowsNonProvisionable: false,
  allowsExternallyManaged: false,
  refreshHours: null
}

const standing = (parts: {
  readonly device?: Partial<Device> | null
  readonly policy?: DevicePolicy | null
  readonly isActive?: boolean
  readonly maySync?: boolean
}): DeviceStanding => ({
  isActive: parts.isActive ?? true,
  maySync: parts.maySync ?? true,
  rules: { policy: parts.policy ?? null, defaultAccess: "allowed", maxDevices: 10 },
  device: parts.device === null ? null : deviceWith(parts.device)
})

const provisioned = (policy = strict): Pick<Device, "acknowledged"> => ({
  acknowledged: { key: 17, version: policyVersion(policy), compliance: "full", at: 0 }
})

const ask = (of: DeviceStanding, parts: Partial<Request> = {}, now = 0) => refusalOf(of, request(parts), now)

const wipe = (scope: "device" | "account", state: "pending" | "sent" | "acknowledged" | "failed") => ({
  wipe: { scope, state, askedAt: 0, changedAt: 0 }
})

const everyCommand: ReadonlyArray<CommandName> = [
  "Sync",
  "FolderSync",
  "Ping",
  "Settings",
  "Find",
  "SendMail"
]

describe("who is let in", () => {
  it("lets every device in where there is no policy, whatever key it sends (pain 10)", () => {
    for (const policyKey of [null, "", "0", "1", "4294967295", "nonsense"]) {
      assert.isNull(ask(standing({}), { policyKey }), String(policyKey))
    }
  })

  it("MS-ASCMD_R4906, MS-ASPROV_R509: a device without a key is told to provision", () => {
    for (const policyKey of [null, "", "0"]) {
      assert.strictEqual(ask(standing({ policy: strict }), { policyKey }), 142)
    }
  })

  it("MS-ASPROV_R458, MS-ASPROV_R685, MS-ASPROV_R682: one that had a key and submits none is not provisionable", () => {
    const known = standing({ policy: strict, device: provisioned() })
    assert.strictEqual(ask(known, { policyKey: null }), 141)
    assert.strictEqual(ask(known, { policyKey: "" }), 141)
    // One that says 0 is ready to provision: its account was made anew.
    assert.strictEqual(ask(known, { policyKey: "0" }), 142)
  })

  it("lets in who sends no key where the policy lets devices in that cannot provision", () => {
    const lenient = { ...strict, allowsNonProvisionable: true }
    assert.isNull(ask(standing({ policy: lenient }), { policyKey: null }))
    assert.strictEqual(ask(standing({ policy: lenient }), { policyKey: "0" }), 142)
  })

  it("MS-ASCMD_R4912, MS-ASPROV_R537: a wrong key is told from none", () => {
    const known = standing({ policy: strict, device: provisioned() })
    for (const policyKey of ["18", "017x", "-17", "1e1"]) {
      assert.strictEqual(ask(known, { policyKey }), 144, policyKey)
    }
    assert.strictEqual(ask(standing({ policy: strict }), { policyKey: "17" }), 144)
    assert.isNull(ask(known, { policyKey: "17" }))
  })

  it("a changed policy is fetched anew, and one that is the same in other words is not", () => {
    const known = (policy: DevicePolicy) => standing({ policy, device: provisioned() })
    const stricter = { ...strict, settings: { ...strict.settings, AllowCamera: false } }
    assert.strictEqual(ask(known(stricter), { policyKey: "17" }), 143)
    const sameWords = { ...strict, settings: { ...strict.settings, AllowCamera: true } }
    assert.isNull(ask(known(sameWords), { policyKey: "17" }))
    // What is not sent to devices does not make them fetch it (REQUIREMENTS 5.1).
    assert.isNull(ask(known({ ...strict, allowsExternallyManaged: true }), { policyKey: "17" }))
  })

  it("MS-ASCMD_R4909: a policy that is refreshed every few hours is fetched anew after them", () => {
    const known = standing({ policy: { ...strict, refreshHours: 2 }, device: provisioned() })
    const hours = (n: number) => Duration.toMillis(Duration.hours(n))
    assert.isNull(ask(known, { policyKey: "17" }, hours(2)))
    assert.strictEqual(ask(known, { policyKey: "17" }, hours(2) + 1), 143)
  })

  it("what a device acknowledged before there was a policy is not enough for one", () => {
    const device = provisioned(permissivePolicy)
    assert.isNull(ask(standing({ device }), { policyKey: "17" }))
    assert.strictEqual(ask(standing({ device, policy: strict }), { policyKey: "17" }), 143)
  })

  it("Ping and Provision compare no key", () => {
    for (const command of ["Ping", "Provision"] as const) {
      assert.isNull(ask(standing({ policy: strict }), { command, policyKey: null }))
      assert.isNull(ask(standing({ policy: strict }), { command, policyKey: "99" }))
    }
  })

  it("CMD_S21_TC12, MS-ASCMD_R4869: a person for whom devices are switched off is told so by every command", () => {
    for (const command of [...everyCommand, "Provision"] as const) {
      assert.strictEqual(ask(standing({ maySync: false, device: null }), { command }), 126)
    }
  })

  it("MS-ASCMD_R4880: a disabled account is told from one that may not synchronise", () => {
    assert.strictEqual(ask(standing({ isActive: false, maySync: false, device: null })), 131)
  })

  it("MS-ASCMD_R4980: a device too many is told so", () => {
    assert.strictEqual(ask(standing({ device: null })), 177)
  })

  it("MS-ASCMD_R4876: a blocked device gets nothing at all", () => {
    for (const command of [...everyCommand, "Provision"] as const) {
      assert.strictEqual(ask(standing({ device: { access: "blocked" } }), { command }), 129)
    }
  })

  it("a device in quarantine may say what it is, and no more", () => {
    const waiting = standing({ device: { access: "quarantined" } })
    for (const command of ["Provision", "Settings"] as const) assert.isNull(ask(waiting, { command }))
    for (const command of ["Sync", "FolderSync", "Ping", "SendMail", "Find"] as const) {
      assert.strictEqual(ask(waiting, { command }), 129)
    }
  })
})

describe("a wipe", () => {
  it("MS-ASCMD_R5280: is what every command says but Provision, until it is acknowledged", () => {
    for (const state of ["pending", "sent", "failed"] as const) {
      const due = standing({ device: wipe("device", state) })
      for (const command of everyCommand) assert.strictEqual(ask(due, { command }), 140)
      assert.isNull(ask(due, { command: "Provision" }))
    }
  })

  it("comes before the policy, and reaches a blocked device", () => {
    const device = { ...wipe("device", "pending"), access: "blocked" } as const
    assert.strictEqual(ask(standing({ device, policy: strict }), { policyKey: "0" }), 140)
    assert.isNull(ask(standing({ device, policy: strict }), { command: "Provision" }))
  })

  it("of the account alone keeps devices out that cannot be told of it", () => {
    const due = standing({ device: wipe("account", "pending") })
    assert.strictEqual(ask(due, { version: "16.1" }), 140)
    assert.isNull(ask(due, { version: "16.1", command: "Provision" }))
    for (const version of ["12.1", "14.1", "16.0"] as const) {
      assert.strictEqual(ask(due, { version }), 129)
      assert.strictEqual(ask(due, { version, command: "Provision" }), 129)
    }
  })

  it("leaves the device blocked once it is done", () => {
    const done = standing({ device: { ...wipe("device", "acknowledged"), access: "blocked" } })
    assert.strictEqual(ask(done), 129)
    assert.strictEqual(ask(done, { command: "Provision" }), 129)
  })
})
