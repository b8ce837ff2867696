import { type ConfigError, Effect, Layer } from "effect"
import { Router } from "../actors/mailbox/MailboxProtocol.ts"
import type { DeviceId } from "../domain/ids.ts"
import { DeviceStore } from "../storage/devices/DeviceStore.ts"
import { Directory } from "../storage/directory/Directory.ts"
import { AdminConfig } from "./AdminConfig.ts"
import { Devices, type OfDevice, type OwnDeviceMethods } from "./Devices.ts"
import { DevicesConfig } from "./DevicesConfig.ts"
import { DeviceService } from "./gen/postroom/core/v1/devices_pb.ts"
import { Guard, type GuardMethods } from "./guard.ts"
import { makeDeviceHandlers } from "./handlers/devices.ts"
import { makeOwnDeviceHandlers } from "./handlers/ownDevices.ts"
import { makeSightings } from "./handlers/sightings.ts"

/** `Devices` in this process: every handler behind the guard. A method of the service without one does not compile. */
export const layer: Layer.Layer<Devices, ConfigError.ConfigError, Guard | Directory | DeviceStore | Router> =
  Layer.scoped(
    Devices,
    Effect.gen(function* () {
      const guard = yield* Guard
      const store = yield* DeviceStore
      const directory = yield* Directory
      const { recordInterval } = yield* DevicesConfig
      const router = yield* Router
      const handlers = makeDeviceHandlers({ store, directory, router, limits: yield* AdminConfig })
      const { method } = DeviceService
      const device = {
        resource: ({ mailboxId, deviceId }: OfDevice) => `mailbox:${mailboxId}/device:${deviceId}`
      }
      const rules = { resource: () => "device-rules" }
      return {
        standingChanges: store.standingChanges,
        own: guarded(
          guard,
          makeOwnDeviceHandlers({ store, router, sightings: yield* makeSightings(store, recordInterval) })
        ),
        listDevices: guard.owned(method.listDevices, handlers.listDevices),
        getDevice: guard.owned(method.getDevice, handlers.getDevice, device),
        setDeviceAccess: guard.platform(method.setDeviceAccess, handlers.setDeviceAccess, {
          ...device,
          details: ({ access }) => ({ access })
        }),
        wipeDevice: guard.owned(method.wipeDevice, handlers.wipeDevice, device),
        cancelWipe: guard.owned(method.cancelWipe, handlers.cancelWipe, device),
        removeDevice: guard.owned(method.removeDevice, handlers.removeDevice, device),
        resetDevice: guard.owned(method.resetDevice, handlers.resetDevice, device),
        setDeviceSync: guard.platform(method.setDeviceSync, handlers.setDeviceSync, {
          resource: ({ mailboxId }) => `mailbox:${mailboxId}`,
          details: ({ maySync }) => ({ maySync })
        }),
        getDeviceRules: guard.platform(method.getDeviceRules, handlers.getDeviceRules, rules),
        setDeviceRules: guard.platform(method.setDeviceRules, handlers.setDeviceRules, rules)
      } satisfies Devices["Type"] & Record<keyof typeof DeviceService.method, unknown>
    })
  )

/** What changes how far a device is trusted is audited; what it says with every request is not. */
const guarded = (guard: GuardMethods, own: ReturnType<typeof makeOwnDeviceHandlers>): OwnDeviceMethods => {
  const device = { resource: ({ deviceId }: { readonly deviceId: DeviceId }) => `device:${deviceId}` }
  return {
    meet: guard.own("Devices/Meet", own.meet),
    describe: guard.own("Devices/Describe", own.describe),
    offerPolicy: guard.own("Devices/OfferPolicy", own.offerPolicy),
    acknowledgePolicy: guard.own("Devices/AcknowledgePolicy", own.acknowledgePolicy, device),
    tellWipe: guard.own("Devices/TellWipe", own.tellWipe, device),
    settleWipe: guard.own("Devices/SettleWipe", own.settleWipe, device),
    countHeartbeat: (call, heartbeat) =>
      Effect.ignore(guard.own("Devices/CountHeartbeat", own.countHeartbeat)(call, heartbeat))
  }
}
