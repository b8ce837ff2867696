import { create, type MessageInitShape } from "@bufbuild/protobuf"
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
import { accessFromWire, accessToWire } from "./devices.ts"

const refuse = (message: string): never => {
  throw new InvalidRequest({ message })
}

export const rulesToWire = ({ policy, defaultAccess, maxDevices }: DeviceRules) => ({
  ...(policy === null ? {} : { policy: policyToWire(policy) }),
  defaultAccess: accessToWire(defaultAccess),
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
