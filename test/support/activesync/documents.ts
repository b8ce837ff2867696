import {
  childOf,
  type Element,
  element,
  type Tag,
  textOf
} from "../../../src/protocols/activesync/wbxml/element.ts"

/** The text at the end of a path of tags; undefined where there is no such element. */
export const textAt = (document: Element | null, ...path: ReadonlyArray<Tag>): string | undefined => {
  const found = elementAt(document, ...path)
  return found === undefined ? undefined : textOf(found)
}

export const elementAt = (document: Element | null, ...path: ReadonlyArray<Tag>): Element | undefined =>
  path.reduce<Element | undefined>((above, tag) => childOf(above, tag), document ?? undefined)

/** What a phone says of itself with its first Provision from 14.1 on. */
export const deviceInformation = (model = "test phone"): Element =>
  element("Settings:DeviceInformation", element("Settings:Set", element("Settings:Model", model)))

export const wbxmlPolicies = "MS-EAS-Provisioning-WBXML"

/** Phase 1. */
export const policyWanted = (type = wbxmlPolicies, ...before: ReadonlyArray<Element>): Element =>
  element(
    "Provision:Provision",
    before,
    element("Provision:Policies", element("Provision:Policy", element("Provision:PolicyType", type)))
  )

/** Phase 2. */
export const policyAcknowledged = (key: string, status: string | number = 1, type = wbxmlPolicies): Element =>
  element(
    "Provision:Provision",
    element(
      "Provision:Policies",
      element(
        "Provision:Policy",
        element("Provision:PolicyType", type),
        element("Provision:PolicyKey", key),
        element("Provision:Status", status)
      )
    )
  )

const policy = ["Provision:Policies", "Provision:Policy"] as const

export const policyStatus = (document: Element | null) => textAt(document, ...policy, "Provision:Status")
export const policyKey = (document: Element | null) => textAt(document, ...policy, "Provision:PolicyKey")
export const policyData = (document: Element | null) =>
  elementAt(document, ...policy, "Provision:Data", "Provision:EASProvisionDoc")
export const provisionStatus = (document: Element | null) => textAt(document, "Provision:Status")
