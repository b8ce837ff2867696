import { type Element, element } from "../wbxml/element.ts"
import type { ItemClass } from "./itemClasses.ts"
import type { SyncRefusal } from "./SyncRequest.ts"

/** What a collection of a Sync is answered (MS-ASCMD 2.2.3.29.2). */
export interface AnsweredCollection {
  readonly collectionId: string
  readonly syncKey: string
  readonly status: number
  /** What became of the device's commands, where it must be told. */
  readonly responses: ReadonlyArray<Response>
  /** What the device does not know yet. */
  readonly changes: ReadonlyArray<ItemChange>
  readonly moreAvailable: boolean
}

export type Response =
  | {
      readonly _tag: "Add"
      readonly clientId: string
      /** Null where there is no item. */
      readonly serverId: string | null
      readonly status: number
      readonly itemClass: ItemClass | null
      /** Of 16.x: references of new attachments. */
      readonly properties: Element | null
    }
  | {
      readonly _tag: "Change"
      readonly serverId: string
      readonly instanceId: string | null
      readonly status: number
      readonly properties: Element | null
    }
  | {
      readonly _tag: "Delete"
      readonly serverId: string
      readonly instanceId: string | null
      readonly status: number
    }
  | {
      readonly _tag: "Fetch"
      readonly serverId: string
      readonly status: number
      readonly properties: Element | null
    }

export type ItemChange =
  | { readonly _tag: "Add" | "Change"; readonly serverId: string; readonly properties: Element }
  | { readonly _tag: "Delete" | "SoftDelete"; readonly serverId: string }

export const syncAnswer = (collections: ReadonlyArray<AnsweredCollection>): Element =>
  element("AirSync:Sync", element("AirSync:Collections", collections.map(collectionElement)))

/** The whole request failed; Limit and Collections exclude each other (MS-ASCMD 2.2.3.94). */
export const syncRefused = ({ status, limit }: SyncRefusal): Element =>
  element(
    "AirSync:Sync",
    element("AirSync:Status", status),
    limit === null ? null : element("AirSync:Limit", limit)
  )

/** Empty containers are left out: each must hold something (MS-ASCMD_R2053, R3836). */
const collectionElement = (answer: AnsweredCollection): Element =>
  element(
    "AirSync:Collection",
    element("AirSync:SyncKey", answer.syncKey),
    element("AirSync:CollectionId", answer.collectionId),
    element("AirSync:Status", answer.status),
    answer.moreAvailable ? element("AirSync:MoreAvailable") : null,
    answer.responses.length === 0
      ? null
      : element("AirSync:Responses", answer.responses.map(responseElement)),
    answer.changes.length === 0 ? null : element("AirSync:Commands", answer.changes.map(changeElement))
  )

const responseElement = (response: Response): Element => {
  const status = element("AirSync:Status", response.status)
  switch (response._tag) {
    case "Add":
      return element(
        "AirSync:Add",
        response.itemClass === null ? null : element("AirSync:Class", response.itemClass),
        element("AirSync:ClientId", response.clientId),
        response.serverId === null ? null : element("AirSync:ServerId", response.serverId),
        status,
        response.properties
      )
    case "Change":
      return element("AirSync:Change", identity(response), status, response.properties)
    case "Delete":
      return element("AirSync:Delete", identity(response), status)
    case "Fetch":
      return element(
        "AirSync:Fetch",
        element("AirSync:ServerId", response.serverId),
        status,
        response.properties
      )
  }
}

const identity = (item: { readonly serverId: string; readonly instanceId: string | null }) => [
  element("AirSync:ServerId", item.serverId),
  item.instanceId === null ? null : element("AirSyncBase:InstanceId", item.instanceId)
]

const changeElement = (change: ItemChange): Element => {
  const serverId = element("AirSync:ServerId", change.serverId)
  switch (change._tag) {
    case "Add":
      return element("AirSync:Add", serverId, change.properties)
    case "Change":
      return element("AirSync:Change", serverId, change.properties)
    case "Delete":
      return element("AirSync:Delete", serverId)
    case "SoftDelete":
      return element("AirSync:SoftDelete", serverId)
  }
}
