import type { MessageInitShape } from "@bufbuild/protobuf"
import { type Timestamp, timestampFromMs, timestampMs } from "@bufbuild/protobuf/wkt"
import type { AcknowledgedPolicy, Device, DeviceInformation, Wipe } from "../../domain/Device.ts"
import { InvalidRequest } from "../../domain/errors.ts"
import { DeviceId, MailboxId } from "../../domain/ids.ts"
import * as wire from "../gen/postroom/core/v1/devices_pb.ts"
import { words } from "./words.ts"

const refuse = (message: string): never => {
  throw new InvalidRequest({ message })
}

const accesses = words({
  allowed: wire.DeviceAccess.ALLOWED,
  blocked: wire.DeviceAccess.BLOCKED,
  quarantined: wire.DeviceAccess.QUARANTINED
})

export const accessToWire = accesses.toWire
export const accessFromWire = (access: wire.DeviceAccess): Device["access"] =>
  accesses.fromWire(access) ?? refuse("A device is allowed, blocked or quarantined.")

const scopes = words({ device: wire.WipeScope.DEVICE, account: wire.WipeScope.ACCOUNT })

export const scopeToWire = scopes.toWire
export const scopeFromWire = (scope: wire.WipeScope): Wipe["scope"] =>
  scopes.fromWire(scope) ?? refuse("Say whether the device or the account is wiped.")

const states = words({
  pending: wire.WipeState.PENDING,
  sent: wire.WipeState.SENT,
  acknowledged: wire.WipeState.ACKNOWLEDGED,
  failed: wire.WipeState.FAILED
})

const compliances = words({
  full: wire.PolicyCompliance.FULL,
  partial: wire.PolicyCompliance.PARTIAL,
  refused: wire.PolicyCompliance.REFUSED,
  managed: wire.PolicyCompliance.MANAGED
})

/** A device as others may see it: without the keys that it holds. */
export interface ShownDevice extends Omit<Device, "offered" | "acknowledged" | "wipe"> {
  readonly acknowledged: Pick<AcknowledgedPolicy, "compliance" | "at"> | null
  readonly wipe: Omit<Wipe, "changedAt"> | null
}

export const deviceToWire = (device: Device): MessageInitShape<typeof wire.DeviceSchema> => ({
  mailboxId: device.mailboxId,
  deviceId: device.deviceId,
  type: device.type,
  userAgent: device.userAgent,
  userAgentChanges: device.userAgentChanges,
  protocolVersions: [...device.protocolVersions],
  firstSeenAt: timestampFromMs(device.firstSeenAt),
  lastSeenAt: timestampFromMs(device.lastSeenAt),
  access: accesses.toWire(device.access),
  accessReason: device.accessReason,
  ...acknowledgedToWire(device),
  ...wipeToWire(device),
  ...informationToWire(device),
  heartbeats: BigInt(device.heartbeats.count),
  heartbeatsChanged: BigInt(device.heartbeats.changed),
  heartbeatsExpired: BigInt(device.heartbeats.expired),
  heartbeatsGone: BigInt(device.heartbeats.gone),
  lastHeartbeatSeconds: device.heartbeats.lastSeconds,
  longestHeartbeatSeconds: device.heartbeats.longestSeconds
})

const acknowledgedToWire = ({ acknowledged }: Device) =>
  acknowledged === null
    ? {}
    : {
        compliance: compliances.toWire(acknowledged.compliance),
        policyAcknowledgedAt: timestampFromMs(acknowledged.at)
      }

const wipeToWire = ({ wipe }: Device) =>
  wipe === null
    ? {}
    : {
        wipeScope: scopes.toWire(wipe.scope),
        wipeState: states.toWire(wipe.state),
        wipeAskedAt: timestampFromMs(wipe.askedAt)
      }

const informationToWire = ({ information }: Device) => ({
  model: information.model ?? "",
  imei: information.imei ?? "",
  friendlyName: information.friendlyName ?? "",
  os: information.os ?? "",
  osLanguage: information.osLanguage ?? "",
  phoneNumber: information.phoneNumber ?? "",
  mobileOperator: information.mobileOperator ?? ""
})

const timeOf = (at: Timestamp | undefined): number => (at === undefined ? 0 : timestampMs(at))

export const deviceFromWire = (device: wire.Device): ShownDevice => ({
  mailboxId: MailboxId(device.mailboxId),
  deviceId: DeviceId(device.deviceId),
  type: device.type,
  userAgent: device.userAgent,
  userAgentChanges: device.userAgentChanges,
  protocolVersions: device.protocolVersions,
  information: informationFromWire(device),
  firstSeenAt: timeOf(device.firstSeenAt),
  lastSeenAt: timeOf(device.lastSeenAt),
  access: accessFromWire(device.access),
  accessReason: device.accessReason,
  acknowledged: acknowledgedFromWire(device),
  wipe: wipeFromWire(device),
  heartbeats: {
    count: Number(device.heartbeats),
    changed: Number(device.heartbeatsChanged),
    expired: Number(device.heartbeatsExpired),
    gone: Number(device.heartbeatsGone),
    lastSeconds: device.lastHeartbeatSeconds,
    longestSeconds: device.longestHeartbeatSeconds
  }
})

const acknowledgedFromWire = (device: wire.Device): ShownDevice["acknowledged"] => {
  const compliance = compliances.fromWire(device.compliance)
  return compliance === undefined ? null : { compliance, at: timeOf(device.policyAcknowledgedAt) }
}

const wipeFromWire = (device: wire.Device): ShownDevice["wipe"] => {
  const [scope, state] = [scopes.fromWire(device.wipeScope), states.fromWire(device.wipeState)]
  return scope === undefined || state === undefined
    ? null
    : { scope, state, askedAt: timeOf(device.wipeAskedAt) }
}

const informationFromWire = (device: wire.Device): Required<Omit<DeviceInformation, "userAgent">> => ({
  model: device.model,
  imei: device.imei,
  friendlyName: device.friendlyName,
  os: device.os,
  osLanguage: device.osLanguage,
  phoneNumber: device.phoneNumber,
  mobileOperator: device.mobileOperator
})
