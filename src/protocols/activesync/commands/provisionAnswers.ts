import type { WipeScope } from "../../../domain/Device.ts"
import type { Answer } from "../Command.ts"
import { type Content, type Element, element, type Tag } from "../wbxml/element.ts"

/** The one that versions from 12.0 on know (MS-ASPROV_R971). */
export const wbxmlPolicies = "MS-EAS-Provisioning-WBXML"

/** Statuses of the command and of a policy (MS-ASPROV 2.2.2.54). */
export const ok = 1
export const protocolError = 2
const unknownPolicyType = 3
const wrongPolicyKey = 5

/** In the order of Microsoft's schema: the device's own, the status, the policies, the wipe. */
const answer = (...content: ReadonlyArray<Content>): Answer => ({
  _tag: "Document",
  document: element("Provision:Provision", ...content)
})

export const statusAlone = (status: number): Answer => answer(element("Provision:Status", status))

const wipeTags = {
  device: "Provision:RemoteWipe",
  account: "Provision:AccountOnlyRemoteWipe"
} as const satisfies Record<WipeScope, Tag>

export const wipeAnswer = (scope: WipeScope, status: number): Answer =>
  answer(element("Provision:Status", status), element(wipeTags[scope]))

const policies = (type: string, status: number, ...content: ReadonlyArray<Element>): Element =>
  element(
    "Provision:Policies",
    element(
      "Provision:Policy",
      element("Provision:PolicyType", type),
      element("Provision:Status", status),
      content
    )
  )

const keyElement = (key: number) => element("Provision:PolicyKey", key)

export const offerAnswer = (
  information: Element | null,
  { key, document }: { readonly key: number; readonly document: Element }
): Answer =>
  answer(
    information,
    element("Provision:Status", ok),
    policies(wbxmlPolicies, ok, keyElement(key), element("Provision:Data", document))
  )

/** Null = the key is not the one that was sent. */
export const acknowledgementAnswer = (granted: number | null): Answer =>
  answer(
    element("Provision:Status", ok),
    granted === null
      ? policies(wbxmlPolicies, wrongPolicyKey)
      : policies(wbxmlPolicies, ok, keyElement(granted))
  )

export const unknownTypeAnswer = (type: string): Answer =>
  answer(element("Provision:Status", ok), policies(type, unknownPolicyType))
