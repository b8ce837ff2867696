import type { ServiceImpl } from "@connectrpc/connect"
import { InvalidRequest } from "../../domain/errors.ts"
import { DeviceId, MailboxId } from "../../domain/ids.ts"
import type { Principal } from "../../identity/Principal.ts"
import type { Bridge } from "../bridge.ts"
import type { DevicesMethods } from "../Devices.ts"
import type { DeviceService } from "../gen/postroom/core/v1/devices_pb.ts"
import { rulesFromWire, rulesToWire } from "../wire/deviceRules.ts"
import { accessFromWire, deviceToWire, scopeFromWire } from "../wire/devices.ts"
import { mailboxId, optionalCount, optionalFolderId, text, uuid } from "../wire/fromWire.ts"
import { readPageToken, writePageToken } from "../wire/pageToken.ts"

const tenantName = (value: string) => (value === "" ? null : text(value, { name: "The tenant", max: 512 }))

const deviceId = (value: string): DeviceId => {
  if (value === "") throw new InvalidRequest({ message: "Say which device." })
  return DeviceId(text(value, { name: "The device", max: 255 }))
}

const ofDevice = (
  request: { readonly mailboxId: string; readonly deviceId: string },
  principal: Principal
) => ({ mailboxId: mailboxId(request.mailboxId, principal), deviceId: deviceId(request.deviceId) })

/** The requests and responses of `DeviceService`, in front of `Devices`. */
export const deviceRoutes = (devices: DevicesMethods, bridge: Bridge): ServiceImpl<typeof DeviceService> => ({
  listDevices: bridge.unary(devices.listDevices, {
    read: (request, principal) => ({
      mailboxId: mailboxId(request.mailboxId, principal),
      after: readPageToken(request.pageToken, "devices"),
      limit: optionalCount(request.pageSize)
    }),
    write: ({ entries, after }) => ({
      devices: entries.map(deviceToWire),
      nextPageToken: after === null ? "" : writePageToken("devices", after)
    })
  }),
  getDevice: bridge.unary(devices.getDevice, {
    read: ofDevice,
    write: (device) => ({ device: deviceToWire(device) })
  }),
  setDeviceAccess: bridge.unary(devices.setDeviceAccess, {
    read: (request, principal) => ({
      ...ofDevice(request, principal),
      access: accessFromWire(request.access),
      reason: text(request.reason, { name: "The reason", max: 255 })
    }),
    write: () => ({})
  }),
  wipeDevice: bridge.unary(devices.wipeDevice, {
    read: (request, principal) => ({ ...ofDevice(request, principal), scope: scopeFromWire(request.scope) }),
    write: () => ({})
  }),
  cancelWipe: bridge.unary(devices.cancelWipe, { read: ofDevice, write: () => ({}) }),
  removeDevice: bridge.unary(devices.removeDevice, { read: ofDevice, write: () => ({}) }),
  resetDevice: bridge.unary(devices.resetDevice, {
    read: (request, principal) => ({
      ...ofDevice(request, principal),
      folderId: optionalFolderId(request.folderId)
    }),
    write: () => ({})
  }),
  setDeviceSync: bridge.unary(devices.setDeviceSync, {
    read: (request) => ({
      mailboxId: MailboxId(uuid(request.mailboxId, "mailbox_id")),
      maySync: request.maySync
    }),
    write: () => ({})
  }),
  getDeviceRules: bridge.unary(devices.getDeviceRules, {
    read: (request) => ({ tenant: tenantName(request.tenant) }),
    write: (rules) => ({ rules: rulesToWire(rules) })
  }),
  setDeviceRules: bridge.unary(devices.setDeviceRules, {
    read: (request) => ({ tenant: tenantName(request.tenant), rules: rulesFromWire(request.rules) }),
    write: () => ({})
  })
})
