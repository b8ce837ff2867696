import { assert } from "@effect/vitest"
import {
  type Content,
  childElements,
  childOf,
  childrenOf,
  childText,
  type Element,
  element
} from "../../../src/protocols/activesync/wbxml/element.ts"

/** What a phone says of one collection. */
export interface CollectionAsked {
  readonly id: string
  readonly key: string
  readonly window?: number
  readonly conversationMode?: boolean
  readonly getChanges?: boolean
  readonly deletesAsMoves?: boolean
  readonly options?: ReadonlyArray<Element>
  readonly commands?: ReadonlyArray<Element>
}

export interface SyncAsked {
  readonly collections: ReadonlyArray<CollectionAsked>
  readonly window?: number
  /** Minutes. */
  readonly wait?: number
  /** Seconds. */
  readonly heartbeat?: number
  readonly partial?: boolean
}

const flag = (value: boolean) => (value ? 1 : 0)

/** A Ping for mail in one folder. */
export const pingDocument = (folder: string, seconds: number): Element =>
  element(
    "Ping:Ping",
    element("Ping:HeartbeatInterval", seconds),
    element(
      "Ping:Folders",
      element("Ping:Folder", element("Ping:Id", folder), element("Ping:Class", "Email"))
    )
  )

/** A Sync as phones write it. */
export const syncDocument = ({ collections, window, wait, heartbeat, partial }: SyncAsked): Element =>
  element(
    "AirSync:Sync",
    collections.length === 0 ? null : element("AirSync:Collections", collections.map(collectionElement)),
    wait === undefined ? null : element("AirSync:Wait", wait),
    heartbeat === undefined ? null : element("AirSync:HeartbeatInterval", heartbeat),
    window === undefined ? null : element("AirSync:WindowSize", window),
    partial === true ? element("AirSync:Partial") : null
  )

const collectionElement = (asked: CollectionAsked): Element =>
  element(
    "AirSync:Collection",
    element("AirSync:SyncKey", asked.key),
    element("AirSync:CollectionId", asked.id),
    asked.deletesAsMoves === undefined ? null : element("AirSync:DeletesAsMoves", flag(asked.deletesAsMoves)),
    asked.getChanges === undefined ? null : element("AirSync:GetChanges", flag(asked.getChanges)),
    asked.window === undefined ? null : element("AirSync:WindowSize", asked.window),
    asked.conversationMode === undefined
      ? null
      : element("AirSync:ConversationMode", flag(asked.conversationMode)),
    asked.options === undefined ? null : element("AirSync:Options", asked.options),
    asked.commands === undefined ? null : element("AirSync:Commands", asked.commands)
  )

export const change = (serverId: string, ...properties: ReadonlyArray<Content>): Element =>
  element(
    "AirSync:Change",
    element("AirSync:ServerId", serverId),
    element("AirSync:ApplicationData", ...properties)
  )
export const markRead = (serverId: string, read: boolean): Element =>
  change(serverId, element("Email:Read", flag(read)))
export const remove = (serverId: string): Element =>
  element("AirSync:Delete", element("AirSync:ServerId", serverId))
export const fetchItem = (serverId: string): Element =>
  element("AirSync:Fetch", element("AirSync:ServerId", serverId))
export const add = (clientId: string, ...properties: ReadonlyArray<Content>): Element =>
  element(
    "AirSync:Add",
    element("AirSync:ClientId", clientId),
    element("AirSync:ApplicationData", ...properties)
  )

export interface AnsweredChange {
  readonly op: "Add" | "Change" | "Delete" | "SoftDelete"
  readonly serverId: string
  readonly properties: Element | undefined
}

export interface AnsweredResponse {
  readonly op: "Add" | "Change" | "Delete" | "Fetch"
  readonly serverId: string | undefined
  readonly clientId: string | undefined
  readonly status: string | undefined
  readonly properties: Element | undefined
}

export interface AnsweredCollection {
  readonly id: string
  readonly key: string
  readonly status: string
  readonly changes: ReadonlyArray<AnsweredChange>
  readonly responses: ReadonlyArray<AnsweredResponse>
  readonly more: boolean
}

export interface SyncAnswered {
  /** Of the whole request; undefined where the collections have their own. */
  readonly status: string | undefined
  readonly limit: string | undefined
  readonly collections: ReadonlyArray<AnsweredCollection>
}

const ops = ["Add", "Change", "Delete", "SoftDelete", "Fetch"] as const
const opOf = ({ tag }: Element) => ops.find((op) => tag === `AirSync:${op}`) ?? assert.fail(`a ${tag}`)

/** An empty answer is one without collections. */
export const readSync = (document: Element | null): SyncAnswered => ({
  status: childText(document ?? undefined, "AirSync:Status"),
  limit: childText(document ?? undefined, "AirSync:Limit"),
  collections: childrenOf(childOf(document ?? undefined, "AirSync:Collections"), "AirSync:Collection").map(
    (collection) => ({
      id: childText(collection, "AirSync:CollectionId") ?? "",
      key: childText(collection, "AirSync:SyncKey") ?? "",
      status: childText(collection, "AirSync:Status") ?? "",
      changes: elementsIn(collection, "AirSync:Commands").map(readChange),
      responses: elementsIn(collection, "AirSync:Responses").map(readResponse),
      more: childOf(collection, "AirSync:MoreAvailable") !== undefined
    })
  )
})

const elementsIn = (collection: Element, tag: "AirSync:Commands" | "AirSync:Responses") => {
  const parent = childOf(collection, tag)
  return parent === undefined ? [] : childElements(parent)
}

const readChange = (of: Element): AnsweredChange => {
  const op = opOf(of)
  return op === "Fetch"
    ? assert.fail("a Fetch among what is new")
    : {
        op,
        serverId: childText(of, "AirSync:ServerId") ?? "",
        properties: childOf(of, "AirSync:ApplicationData")
      }
}

const readResponse = (of: Element): AnsweredResponse => {
  const op = opOf(of)
  return op === "SoftDelete"
    ? assert.fail("an answer to a SoftDelete")
    : {
        op,
        serverId: childText(of, "AirSync:ServerId"),
        clientId: childText(of, "AirSync:ClientId"),
        status: childText(of, "AirSync:Status"),
        properties: childOf(of, "AirSync:ApplicationData")
      }
}
