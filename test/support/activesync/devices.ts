import { Effect, Layer, Stream } from "effect"
import type { Device } from "../../../src/domain/Device.ts"
import { defaultRules } from "../../../src/domain/DevicePolicy.ts"
import { DeviceId } from "../../../src/domain/ids.ts"
import { Devices } from "../../../src/rpc/Devices.ts"
import { mailboxId } from "../alice.ts"

/** A device that nobody asked anything of yet. */
export const deviceWith = (parts: Partial<Device> = {}): Device => ({
  mailboxId,
  deviceId: DeviceId("device1"),
  type: "SmartPhone",
  userAgent: "phone/1",
  userAgentChanges: 0,
  protocolVersions: ["16.1"],
  information: {},
  firstSeenAt: 0,
  lastSeenAt: 0,
  access: "allowed",
  accessReason: "",
  offered: null,
  acknowledged: null,
  wipe: null,
  heartbeats: { count: 0, changed: 0, expired: 0, gone: 0, lastSeconds: 0, longestSeconds: 0 },
  ...parts
})

/** A Core that knows every device, and lets it in. */
export const layerEveryDevice = Layer.mock(Devices, {
  standingChanges: Stream.never,
  own: {
    meet: (_, { deviceId }) =>
      Effect.succeed({
        isActive: true,
        maySync: true,
        rules: defaultRules,
        device: deviceWith({ deviceId })
      }),
    describe: () => Effect.void,
    offerPolicy: () => Effect.succeed(1),
    acknowledgePolicy: () => Effect.succeed(2),
    tellWipe: () => Effect.void,
    settleWipe: () => Effect.succeed(false),
    countHeartbeat: () => Effect.void
  }
})
