import { Either } from "effect"
import { maxIdLength } from "../content/serverId.ts"
import { booleanOf } from "../scalars.ts"
import { childElements, childOf, childText, type Element, element } from "../wbxml/element.ts"
import { isItemClass } from "./itemClasses.ts"
import { type ClientCommand, protocolError, type SyncRefusal } from "./SyncRequest.ts"

/** An empty Commands is no error (MS-ASCMD 2.2.3.32). */
export const parseCommands = (
  commands: Element | undefined
): Either.Either<ReadonlyArray<ClientCommand>, SyncRefusal> =>
  commands === undefined
    ? Either.right([])
    : Either.all(childElements(commands).map((command) => Either.fromNullable(parse(command), refused)))

const refused = () => protocolError

const parse = (command: Element): ClientCommand | undefined => {
  switch (command.tag) {
    case "AirSync:Add":
      return parseAdd(command)
    case "AirSync:Change":
      return parseChange(command)
    case "AirSync:Delete":
      return withServerId(command, (serverId) => ({
        _tag: "Delete",
        serverId,
        instanceId: childText(command, "AirSyncBase:InstanceId") ?? null
      }))
    case "AirSync:Fetch":
      return withServerId(command, (serverId) => ({ _tag: "Fetch", serverId }))
    default:
      return undefined
  }
}

const parseAdd = (command: Element): ClientCommand | undefined => {
  const clientId = childText(command, "AirSync:ClientId")
  const properties = childOf(command, "AirSync:ApplicationData")
  const itemClass = childText(command, "AirSync:Class") ?? null
  const send = sends(command)
  if (clientId === undefined || clientId === "" || clientId.length > maxIdLength) return undefined
  if (properties === undefined || send === undefined) return undefined
  if (itemClass !== null && !isItemClass(itemClass)) return undefined
  return { _tag: "Add", clientId, itemClass, properties, send }
}

const parseChange = (command: Element): ClientCommand | undefined => {
  const send = sends(command)
  // A draft that is only sent brings no properties (MS-ASEMAIL 2.2.2.69).
  const properties =
    childOf(command, "AirSync:ApplicationData") ??
    (send === true ? element("AirSync:ApplicationData") : undefined)
  if (properties === undefined || send === undefined) return undefined
  return withServerId(command, (serverId) => ({
    _tag: "Change",
    serverId,
    instanceId: childText(command, "AirSyncBase:InstanceId") ?? null,
    properties,
    send
  }))
}

const withServerId = (
  command: Element,
  make: (serverId: string) => ClientCommand
): ClientCommand | undefined => {
  const serverId = childText(command, "AirSync:ServerId")
  return serverId === undefined || serverId === "" || serverId.length > maxIdLength
    ? undefined
    : make(serverId)
}

/** `email2:Send`, empty or a boolean (MS-ASEMAIL 2.2.2.69). */
const sends = (command: Element): boolean | undefined => {
  const send = childOf(command, "Email2:Send")
  return send === undefined ? false : booleanOf(send)
}
