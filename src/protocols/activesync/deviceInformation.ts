import type { DeviceInformation } from "../../domain/Device.ts"
import { childElements, childOf, type Element, element, type Tag, textOf } from "./wbxml/element.ts"

/** Statuses of a property (MS-ASCMD 2.2.3.177.15). */
const malformed = 2
const tooLong = 5

/** What a device says of itself, or the status of what it said wrongly. */
export type ReadInformation = { readonly information: DeviceInformation } | { readonly status: number }

/** By their elements (MS-ASCMD 2.2.3.45). What else there is, like EnableOutboundSMS, is not kept. */
const names: Readonly<Partial<Record<string, keyof DeviceInformation>>> = {
  "Settings:Model": "model",
  "Settings:IMEI": "imei",
  "Settings:FriendlyName": "friendlyName",
  "Settings:OS": "os",
  "Settings:OSLanguage": "osLanguage",
  "Settings:PhoneNumber": "phoneNumber",
  "Settings:MobileOperator": "mobileOperator",
  "Settings:UserAgent": "userAgent"
} satisfies Partial<Record<Tag, keyof DeviceInformation>>

/** MS-ASCMD_R3441 and the like. */
const maxLength = 1024

/** An empty element takes back what was said (MS-ASCMD_R3947). Something must be said (MS-ASCMD_R3944). */
export const readDeviceInformation = (container: Element): ReadInformation => {
  const set = childOf(container, "Settings:Set")
  const all = set === undefined ? [] : childElements(set)
  if (all.length === 0) return { status: malformed }
  if (all.some((one) => textOf(one).length > maxLength)) return { status: tooLong }
  const said = all.flatMap((one) => {
    const name = names[one.tag]
    return name === undefined ? [] : [[name, textOf(one)] as const]
  })
  return { information: Object.fromEntries(said) }
}

export const deviceInformationAnswer = (status: number): Element =>
  element("Settings:DeviceInformation", element("Settings:Status", status))
