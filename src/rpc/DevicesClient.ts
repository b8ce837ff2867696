import { Effect, type Stream } from "effect"
import type { DeviceAccess, WipeScope } from "../domain/Device.ts"
import type { DeviceRules } from "../domain/DevicePolicy.ts"
import { NotFound } from "../domain/errors.ts"
import { pages, type RpcClient, type RpcClientError } from "./client.ts"
import { rulesFromWire, rulesToWire } from "./wire/deviceRules.ts"
import { accessToWire, deviceFromWire, type ShownDevice, scopeToWire } from "./wire/devices.ts"

type Reply<A> = Effect.Effect<A, RpcClientError>

/** Names a device: the mailbox's UUID, "" for the caller's own. */
export interface DeviceName {
  readonly mailboxId: string
  readonly deviceId: string
}

/** The devices of a server elsewhere, in domain words. */
export interface DevicesClient {
  readonly devices: (mailboxId: string) => Stream.Stream<ShownDevice, RpcClientError>
  readonly device: (of: DeviceName) => Reply<ShownDevice>
  readonly setAccess: (of: DeviceName, access: DeviceAccess, reason: string) => Reply<void>
  readonly wipe: (of: DeviceName, scope: WipeScope) => Reply<void>
  readonly cancelWipe: (of: DeviceName) => Reply<void>
  readonly remove: (of: DeviceName) => Reply<void>
  /** Of all folders where none is said. */
  readonly reset: (of: DeviceName, folderId: number | null) => Reply<void>
  readonly setSync: (mailboxId: string, maySync: boolean) => Reply<void>
  /** Of a tenant by name; "" = the caller's. */
  readonly rules: (tenant: string) => Reply<DeviceRules>
  readonly setRules: (tenant: string, rules: DeviceRules) => Reply<void>
}

export const makeDevicesClient = ({ devices, call }: RpcClient): DevicesClient => ({
  devices: (mailboxId) =>
    pages(
      (pageToken) => call((signal) => devices.listDevices({ mailboxId, pageToken }, { signal })),
      (page) => page.devices.map(deviceFromWire)
    ),
  device: (of) =>
    Effect.flatMap(
      call((signal) => devices.getDevice(of, { signal })),
      ({ device }) =>
        device === undefined
          ? Effect.fail(new NotFound({ what: "device" }))
          : Effect.succeed(deviceFromWire(device))
    ),
  setAccess: (of, access, reason) =>
    Effect.asVoid(
      call((signal) => devices.setDeviceAccess({ ...of, access: accessToWire(access), reason }, { signal }))
    ),
  wipe: (of, scope) =>
    Effect.asVoid(call((signal) => devices.wipeDevice({ ...of, scope: scopeToWire(scope) }, { signal }))),
  cancelWipe: (of) => Effect.asVoid(call((signal) => devices.cancelWipe(of, { signal }))),
  remove: (of) => Effect.asVoid(call((signal) => devices.removeDevice(of, { signal }))),
  reset: (of, folderId) =>
    Effect.asVoid(
      call((signal) =>
        devices.resetDevice(
          { ...of, ...(folderId === null ? {} : { folderId: BigInt(folderId) }) },
          { signal }
        )
      )
    ),
  setSync: (mailboxId, maySync) =>
    Effect.asVoid(call((signal) => devices.setDeviceSync({ mailboxId, maySync }, { signal }))),
  rules: (tenant) =>
    Effect.map(
      call((signal) => devices.getDeviceRules({ tenant }, { signal })),
      ({ rules }) => rulesFromWire(rules)
    ),
  setRules: (tenant, rules) =>
    Effect.asVoid(call((signal) => devices.setDeviceRules({ tenant, rules: rulesToWire(rules) }, { signal })))
})
