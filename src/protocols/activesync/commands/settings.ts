import { Effect } from "effect"
import type { CoreError } from "../../../domain/errors.ts"
import { DeviceId } from "../../../domain/ids.ts"
import type { Devices } from "../../../rpc/Devices.ts"
import type { PeopleMethods } from "../../../rpc/People.ts"
import { type Answer, type Command, isAtLeast, type Request } from "../Command.ts"
import { callOf } from "../callOf.ts"
import { deviceInformationAnswer, readDeviceInformation } from "../deviceInformation.ts"
import { childElements, childOf, childText, type Element, element } from "../wbxml/element.ts"
import { oof } from "./oof.ts"

/** Statuses of the command and of its properties (MS-ASCMD 2.2.3.177.15). */
const ok = 1
const protocolError = 2
const tooLong = 5
const deniedByPolicy = 7
/** Rights management is switched off (MS-ASCMD 2.2.4). */
const rightsManagementOff = 168

/** MS-ASCMD_R4400. */
const maxPasswordLength = 255

type OwnPerson = Pick<PeopleMethods, "getPerson" | "getAbsence" | "setAbsence">

type Property = (request: Request, property: Element) => Effect.Effect<Element, CoreError>

/**
 * Reads and changes what belongs to the person and the device (MS-ASCMD 2.2.1.18): property after property, answered in
 * the order in which they are asked. A request that cannot be read changes nothing.
 */
export const settings = ({ own }: Pick<Devices["Type"], "own">, people: OwnPerson): Command => {
  const properties: Readonly<Partial<Record<string, Property>>> = {
    "Settings:Oof": (request, property) => oof(people, request, property),
    "Settings:DeviceInformation": Effect.fnUntraced(function* (request: Request, property: Element) {
      const read = readDeviceInformation(property)
      if ("status" in read) return deviceInformationAnswer(read.status)
      const deviceId = DeviceId(request.deviceId)
      yield* own.describe(callOf(request), { deviceId, information: read.information })
      return deviceInformationAnswer(ok)
    }),
    "Settings:DevicePassword": (_, property) => Effect.succeed(passwordAnswer(property)),
    "Settings:UserInformation": (request) =>
      Effect.map(people.getPerson(callOf(request), { mailboxId: request.mailboxId }), (person) =>
        userInformation(request, [person.address, ...person.aliases])
      ),
    "Settings:RightsManagementInformation": () => Effect.succeed(rightsManagement)
  }

  return Effect.fnUntraced(function* (request) {
    const asked = request.document === null ? undefined : readProperties(request.document, request)
    if (asked === undefined) return answer(protocolError)
    const answered: Array<Element> = []
    for (const property of asked) {
      const handler = properties[property.tag]
      if (handler !== undefined) answered.push(yield* handler(request, property))
    }
    return answer(ok, answered)
  })
}

const answer = (status: number, properties: ReadonlyArray<Element> = []): Answer => ({
  _tag: "Document",
  document: element("Settings:Settings", element("Settings:Status", status), properties)
})

/** What each property may hold. */
const operations: Readonly<Partial<Record<string, ReadonlyArray<string>>>> = {
  "Settings:Oof": ["Settings:Get", "Settings:Set"],
  "Settings:DeviceInformation": ["Settings:Set"],
  "Settings:DevicePassword": ["Settings:Set"],
  "Settings:UserInformation": ["Settings:Get"],
  "Settings:RightsManagementInformation": ["Settings:Get"]
}

/** Each at most once (MS-ASCMD_R477); undefined where the request cannot be processed (MS-ASCMD_R483). */
const readProperties = (document: Element, { version }: Request): ReadonlyArray<Element> | undefined => {
  const asked = childElements(document)
  const isRight = asked.every((property) => {
    const [operation, ...others] = childElements(property)
    const allowed = operations[property.tag] ?? []
    return operation !== undefined && others.length === 0 && allowed.includes(operation.tag)
  })
  const areTwins = new Set(asked.map(({ tag }) => tag)).size < asked.length
  const isTooNew =
    !isAtLeast(version, "14.1") && asked.some(({ tag }) => tag === "Settings:RightsManagementInformation")
  return document.tag === "Settings:Settings" && isRight && !areTwins && !isTooNew ? asked : undefined
}

/** The server keeps no passwords of devices; policies say so, too (MS-ASCMD_R4402, MS-ASPROV_R299). */
const passwordAnswer = (property: Element): Element => {
  const password = childText(childOf(property, "Settings:Set"), "Settings:Password")
  const status =
    password === undefined ? protocolError : password.length > maxPasswordLength ? tooLong : deniedByPolicy
  return element("Settings:DevicePassword", element("Settings:Status", status))
}

/** From 14.1 on by accounts, of which everybody has one (MS-ASCMD 2.2.3.5). */
const userInformation = ({ version }: Request, addresses: ReadonlyArray<string>): Element => {
  const all = addresses.map((address) => element("Settings:SMTPAddress", address))
  const get = isAtLeast(version, "14.1")
    ? element(
        "Settings:Accounts",
        element(
          "Settings:Account",
          element("Settings:EmailAddresses", all, element("Settings:PrimarySmtpAddress", addresses[0]))
        )
      )
    : element("Settings:EmailAddresses", all)
  return element("Settings:UserInformation", element("Settings:Status", ok), element("Settings:Get", get))
}

const rightsManagement: Element = element(
  "Settings:RightsManagementInformation",
  element("Settings:Status", rightsManagementOff),
  element("Settings:Get", element("RightsManagement:RightsManagementTemplates"))
)
