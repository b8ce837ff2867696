import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { present } from "../../../src/domain/Absence.ts"
import { defaultRules } from "../../../src/domain/DevicePolicy.ts"
import type { CoreError } from "../../../src/domain/errors.ts"
import { DeviceId } from "../../../src/domain/ids.ts"
import { Devices } from "../../../src/rpc/Devices.ts"
import { DeviceService } from "../../../src/rpc/gen/postroom/core/v1/devices_pb.ts"
import { PeopleService } from "../../../src/rpc/gen/postroom/core/v1/people_pb.ts"
import { People } from "../../../src/rpc/People.ts"
import { alice, calling, layerCore, makeWorld, principals } from "./fakes.ts"

const device = { mailboxId: alice, deviceId: DeviceId("one") }

const refusalOf = (all: Record<string, Effect.Effect<unknown, CoreError>>, name: string) =>
  Effect.flip(Effect.asVoid(all[name] ?? Effect.dieMessage(`no call of ${name}`)))

describe("the guard of devices and people", () => {
  for (const method of DeviceService.methods) {
    it.effect(`stands before ${method.name} for who is neither the person nor an admin`, () =>
      Effect.gen(function* () {
        const world = makeWorld()
        const devices = yield* Effect.provide(Devices, layerCore(world))
        const call = calling(principals.bob)
        const all = {
          listDevices: devices.listDevices(call, { mailboxId: alice, after: null, limit: null }),
          getDevice: devices.getDevice(call, device),
          setDeviceAccess: devices.setDeviceAccess(call, { ...device, access: "allowed", reason: "" }),
          wipeDevice: devices.wipeDevice(call, { ...device, scope: "device" }),
          cancelWipe: devices.cancelWipe(call, device),
          removeDevice: devices.removeDevice(call, device),
          resetDevice: devices.resetDevice(call, { ...device, folderId: null }),
          setDeviceSync: devices.setDeviceSync(call, { mailboxId: alice, maySync: false }),
          getDeviceRules: devices.getDeviceRules(call, { tenant: null }),
          setDeviceRules: devices.setDeviceRules(call, { tenant: null, rules: defaultRules })
        } satisfies Record<keyof typeof DeviceService.method, unknown>
        const error = yield* refusalOf(all, method.localName)
        assert.strictEqual(error._tag, "PermissionDenied")
        assert.strictEqual(world.audited[0]?.action, `DeviceService/${method.name}`)
      })
    )
  }

  for (const method of PeopleService.methods) {
    it.effect(`stands before ${method.name} for who may not`, () =>
      Effect.gen(function* () {
        const world = makeWorld()
        const people = yield* Effect.provide(People, layerCore(world))
        // Everybody looks people up; parts of the platform have no colleagues.
        const call = calling(method.name === "FindPeople" ? principals.service : principals.bob)
        const all = {
          findPeople: people.findPeople(call, { tenant: null, query: "", offset: 0, limit: null }),
          getPerson: people.getPerson(call, { mailboxId: alice }),
          getAbsence: people.getAbsence(call, { mailboxId: alice }),
          setAbsence: people.setAbsence(call, { mailboxId: alice, absence: present })
        } satisfies Record<keyof typeof PeopleService.method, unknown>
        const error = yield* refusalOf(all, method.localName)
        assert.strictEqual(error._tag, "PermissionDenied")
        assert.strictEqual(world.audited[0]?.action, `PeopleService/${method.name}`)
      })
    )
  }

  it.effect("lets nobody but people have devices", () =>
    Effect.gen(function* () {
      const world = makeWorld()
      const { own } = yield* Effect.provide(Devices, layerCore(world))
      for (const principal of [principals.operator, principals.service]) {
        const error = yield* Effect.flip(own.tellWipe(calling(principal), { deviceId: DeviceId("one") }))
        assert.strictEqual(error._tag, "PermissionDenied")
      }
    })
  )
})
