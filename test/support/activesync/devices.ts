import { Effect, Layer } from "effect"
import type { Device } from "../../../src/domain/Device.ts"
import { defaultRules } from "../../../src/domain/DevicePolicy.ts"
import { CorrelationId, DeviceId, MailboxId, TenantId } from "../../../src/domain/ids.ts"
import type { Request } from "../../../src/protocols/activesync/Command.ts"
import { Devices } from "../../../src/rpc/Devices.ts"

const mailboxId = MailboxId("aaaaaaaa-0000-4000-8000-000000000001")

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

/** A request as the HTTP layer hands it over. */
export const requestWith = (parts: Partial<Request> = {}): Request => ({
  command: "FolderSync",
  version: "16.1",
  principal: {
    _tag: "User",
    mailboxId,
    tenantId: TenantId("aaaaaaaa-0000-4000-8000-000000000000"),
    address: "alice@example.test",
    roles: ["user"]
  },
  mailboxId,
  address: "alice@example.test",
  correlationId: CorrelationId("test"),
  remote: null,
  deviceId: "device1",
  deviceType: "SmartPhone",
  userAgent: "phone/1",
  policyKey: null,
  attachmentName: null,
  collectionId: null,
  itemId: null,
  longId: null,
  occurrence: null,
  saveInSent: false,
  acceptsMultipart: false,
  language: null,
  document: null,
  mime: null,
  gone: Effect.never,
  ...parts
})

/** A Core that knows every device, and lets it in. */
export const layerEveryDevice = Layer.mock(Devices, {
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
