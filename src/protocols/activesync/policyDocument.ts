import { createHash } from "node:crypto"
import {
  type DevicePolicy,
  type PolicyName,
  type PolicyRule,
  type PolicyValue,
  policyNames,
  policyRules
} from "../../domain/DevicePolicy.ts"
import { type Content, type Element, element } from "./wbxml/element.ts"

/**
 * A policy as devices are sent it. Every element stands in it, with its default where nothing was said: what was asked
 * once and is asked no more is taken back by that (MS-ASPROV_R652). Versions 12.1 to 16.1 all know all of them.
 */
export const policyDocument = ({ settings }: Pick<DevicePolicy, "settings">): Element =>
  element(
    "Provision:EASProvisionDoc",
    policyNames.map((name) => element(`Provision:${name}`, contentOf(name, settings[name])))
  )

const contentOf = (name: PolicyName, value: PolicyValue | undefined): Content => {
  const rule: PolicyRule = policyRules[name]
  switch (rule.kind) {
    case "flag":
      return (value ?? rule.default) ? 1 : 0
    case "number":
      return typeof value === "number" ? value : rule.default
    case "list":
      return Array.isArray(value) ? value.map((entry) => element(entryTag(name), String(entry))) : null
    case "off":
      return 0
  }
}

const entryTag = (name: PolicyName) =>
  name === "ApprovedApplicationList" ? "Provision:Hash" : "Provision:ApplicationName"

const versions = new WeakMap<DevicePolicy, string>()

/** Tells whether a device follows what it would be sent now: a digest of just that. */
export const policyVersion = (policy: DevicePolicy): string => {
  const known = versions.get(policy)
  if (known !== undefined) return known
  const version = createHash("sha256")
    .update(JSON.stringify(policyDocument(policy)))
    .digest("hex")
    .slice(0, 32)
  versions.set(policy, version)
  return version
}
