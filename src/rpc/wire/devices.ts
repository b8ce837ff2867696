import { create, type MessageInitShape } from "@bufbuild/protobuf"
import { timestampFromMs } from "@bufbuild/protobuf/wkt"
import type { Compliance, Device, DeviceAccess, WipeScope, WipeState } from "../../domain/Device.ts"
import {
  type DevicePolicy,
  type DeviceRules,
  maxRefreshHours,
  type PolicyName,
  type PolicyValue,
  policyNameOf,
  readPolicyValue
} from "../../domain/DevicePolicy.ts"
import { InvalidRequest } from "../../domain/errors.ts"
import * as wire from "../gen/postroom/core/v1/devices_pb.ts"

const refuse = (message: string): never => {
  throw new InvalidRequest({ message })
}

const accesses = {
  allowed: wire.DeviceAccess.ALLOWED,
  blocked: wire.DeviceAccess.BLOCKED,
  quarantined: wire.DeviceAccess.QUARANTINED
} satisfies Record<DeviceAccess, wire.DeviceAccess>

export const accessFromWire = (access: wire.DeviceAccess): DeviceAccess => {
  switch (access) {
    case wire.DeviceAccess.ALLOWED:
      return "allowed"
    case wire.DeviceAccess.BLOCKED:
      return "blocked"
    case wire.DeviceAccess.QUARANTINED:
      return "quarantined"
    default:
      return refuse("A device is allowed, blocked or quarantined.")
  }
}

const scopes = {
  device: wire.WipeScope.DEVICE,
  account: wire.WipeScope.ACCOUNT
} satisfies Record<WipeScope, wire.WipeScope>

export const scopeFromWire = (scope: wire.WipeScope): WipeScope => {
  if (scope === wire.WipeScope.DEVICE) return "device"
  return scope === wire.WipeScope.ACCOUNT
    ? "account"
    : refuse("Say whether the device or the account is wiped.")
}

const states = {
  pending: wire.WipeState.PENDING,
  sent: wire.WipeState.SENT,
  acknowledged: wire.WipeState.ACKNOWLEDGED,
  failed: wire.WipeState.FAILED
} satisfies Record<WipeState, wire.WipeState>

const compliances = {
  full: wire.PolicyCompliance.FULL,
  partial: wire.PolicyCompliance.PARTIAL,
  refused: wire.PolicyCompliance.REFUSED,
  managed: wire.PolicyCompliance.MANAGED
} satisfies Record<Compliance, wire.PolicyCompliance>

export const deviceToWire = (device: Device): MessageInitShape<typeof wire.DeviceSchema> => ({
  mailboxId: device.mailboxId,
  deviceId: device.deviceId,
  type: device.type,
  userAgent: device.userAgent,
  userAgentChanges: device.userAgentChanges,
  protocolVersions: [...device.protocolVersions],
  firstSeenAt: timestampFromMs(device.firstSeenAt),
  lastSeenAt: timestampFromMs(device.lastSeenAt),
  access: accesses[device.access],
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
        compliance: compliances[acknowledged.compliance],
        policyAcknowledgedAt: timestampFromMs(acknowledged.at)
      }

const wipeToWire = ({ wipe }: Device) =>
  wipe === null
    ? {}
    : {
        wipeScope: scopes[wipe.scope],
        wipeState: states[wipe.state],
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

export const rulesToWire = ({ policy, defaultAccess, maxDevices }: DeviceRules) => ({
  ...(policy === null ? {} : { policy: policyToWire(policy) }),
  defaultAccess: accesses[defaultAccess],
  maxDevices
})

const policyToWire = (policy: DevicePolicy): MessageInitShape<typeof wire.DevicePolicySchema> => ({
  settings: Object.fromEntries(
    Object.entries(policy.settings).map(([name, value]) => [
      name,
      create(wire.PolicyValueSchema, { value: valueToWire(value) })
    ])
  ),
  allowsNonProvisionable: policy.allowsNonProvisionable,
  allowsExternallyManaged: policy.allowsExternallyManaged,
  refreshHours: policy.refreshHours ?? 0
})

const valueToWire = (value: PolicyValue) => {
  if (typeof value === "boolean") return { case: "flag", value } as const
  if (typeof value === "number") return { case: "number", value: BigInt(value) } as const
  return { case: "list", value: create(wire.PolicyListSchema, { entries: [...value] }) } as const
}

const maxDevices = 10_000

export const rulesFromWire = (rules: wire.DeviceRules | undefined): DeviceRules => {
  if (rules === undefined) return refuse("Say the rules.")
  if (rules.maxDevices > maxDevices) return refuse(`A mailbox has at most ${maxDevices} devices.`)
  return {
    policy: rules.policy === undefined ? null : policyFromWire(rules.policy),
    defaultAccess: accessFromWire(rules.defaultAccess),
    maxDevices: rules.maxDevices
  }
}

const policyFromWire = (policy: wire.DevicePolicy): DevicePolicy => {
  if (policy.refreshHours > maxRefreshHours) {
    return refuse(`Policies are fetched anew after at most ${maxRefreshHours} hours.`)
  }
  return {
    settings: Object.fromEntries(
      Object.entries(policy.settings).map(([name, { value }]) => settingFromWire(name, value))
    ),
    allowsNonProvisionable: policy.allowsNonProvisionable,
    allowsExternallyManaged: policy.allowsExternallyManaged,
    refreshHours: policy.refreshHours === 0 ? null : policy.refreshHours
  }
}

const settingFromWire = (name: string, value: wire.PolicyValue["value"]): [PolicyName, PolicyValue] => {
  const known = policyNameOf(name) ?? refuse("A setting of the policy is not known.")
  return [known, readPolicyValue(known, valueText(value)) ?? refuse(`${known} cannot have this value.`)]
}

const valueText = (value: wire.PolicyValue["value"]): string => {
  switch (value.case) {
    case "flag":
      return value.value ? "1" : "0"
    case "number":
      return String(value.value)
    case "list":
      return value.value.entries.join(",")
    case undefined:
      return ""
  }
}
