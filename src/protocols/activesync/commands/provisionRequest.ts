import { type Compliance, compliances, type WipeScope } from "../../../domain/Device.ts"
import { childElements, childOf, childrenOf, childText, type Element } from "../wbxml/element.ts"

/** What a Provision request is about (MS-ASPROV 3.1.5.1). */
export type ProvisionRequest =
  /** An empty one: "what am I to do?" */
  | { readonly _tag: "Question" }
  | { readonly _tag: "PolicyWanted"; readonly policyType: string }
  | {
      readonly _tag: "PolicyAcknowledged"
      readonly policyType: string
      readonly key: number
      readonly compliance: Compliance
    }
  | { readonly _tag: "WipeAcknowledged"; readonly scope: WipeScope; readonly succeeded: boolean }

/** Undefined where the request is none that there is. */
export const readProvision = (document: Element): ProvisionRequest | undefined => {
  if (document.tag !== "Provision:Provision") return undefined
  const wipe = childOf(document, "Provision:RemoteWipe")
  if (wipe !== undefined) return readWipe(wipe, "device")
  const accountWipe = childOf(document, "Provision:AccountOnlyRemoteWipe")
  if (accountWipe !== undefined) return readWipe(accountWipe, "account")
  const policies = childOf(document, "Provision:Policies")
  if (policies !== undefined) return readPolicy(policies)
  return childElements(document).every(({ tag }) => tag === "Settings:DeviceInformation")
    ? { _tag: "Question" }
    : undefined
}

const readWipe = (wipe: Element, scope: WipeScope): ProvisionRequest | undefined => {
  const status = childText(wipe, "Provision:Status")
  return status === "1" || status === "2"
    ? { _tag: "WipeAcknowledged", scope, succeeded: status === "1" }
    : undefined
}

const readPolicy = (policies: Element): ProvisionRequest | undefined => {
  const [policy, ...others] = childrenOf(policies, "Provision:Policy")
  const policyType = childText(policy, "Provision:PolicyType")
  if (policyType === undefined || policyType === "" || others.length > 0) return undefined
  const key = childText(policy, "Provision:PolicyKey")
  const status = childText(policy, "Provision:Status")
  if (key === undefined && status === undefined) return { _tag: "PolicyWanted", policyType }
  const compliance = /^[1-4]$/.test(status ?? "") ? compliances[Number(status) - 1] : undefined
  if (key === undefined || compliance === undefined) return undefined
  // A key that is no number is a wrong key like any other.
  return { _tag: "PolicyAcknowledged", policyType, key: Number(key), compliance }
}
