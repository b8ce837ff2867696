import { assert } from "@effect/vitest"
import { Effect } from "effect"
import {
  type AnyTag,
  bytesOf,
  childElements,
  childOf,
  type Element,
  element,
  textOf
} from "../../../src/protocols/activesync/wbxml/element.ts"
import { elementAt, textAt } from "./documents.ts"
import { ask, folderIds, type Handset, syncAll, syncOne } from "./handset.ts"
import { newHandset } from "./phones.ts"
import { letters } from "./running.ts"
import { change } from "./talk.ts"

const { inbox } = folderIds

/** Which form of a body a phone would take, in the order of MS-ASAIRS_R150. */
export interface Preferred {
  readonly type: number
  readonly size?: number
  readonly allOrNone?: 0 | 1
}

export const prefer = (wish: Preferred) => element("AirSyncBase:BodyPreference", wished(wish))
export const preferPart = (wish: Preferred) => element("AirSyncBase:BodyPartPreference", wished(wish))

const wished = ({ type, size, allOrNone }: Preferred) => [
  element("AirSyncBase:Type", type),
  size === undefined ? null : element("AirSyncBase:TruncationSize", size),
  allOrNone === undefined ? null : element("AirSyncBase:AllOrNone", allOrNone)
]

/** What stands in an element of an item, by tags; undefined where there is no such element. */
export const contentAt = (
  properties: Element | undefined,
  tag: AnyTag
): Readonly<Record<string, string>> | undefined => {
  const found = childOf(properties, tag)
  return found === undefined
    ? undefined
    : Object.fromEntries(childElements(found).map((one) => [one.tag, textOf(one)]))
}

export const tagsOf = (properties: Element): ReadonlyArray<AnyTag> =>
  childElements(properties).map(({ tag }) => tag)

export const bodyOf = (properties: Element | undefined) => contentAt(properties, "AirSyncBase:Body")

/** A letter, a phone that changes it and another of the same mailbox that is told. */
export const watchedLetter = Effect.gen(function* () {
  const [id = ""] = yield* letters(["watched"])
  const [writer, reader] = [yield* newHandset(), yield* newHandset()]
  yield* syncAll(writer, inbox)
  yield* syncAll(reader, inbox)
  /** The status of a change; undefined where it was done without words. */
  const write = (...properties: ReadonlyArray<Element>) =>
    Effect.map(
      Effect.suspend(() => syncOne(writer, inbox, { commands: [change(id, ...properties)] })),
      (answered) => {
        assert.deepInclude(answered, { status: "1", changes: [] })
        return answered?.responses[0]?.status
      }
    )
  /** The properties that changed; undefined where none did. */
  const told = Effect.map(
    Effect.suspend(() => syncOne(reader, inbox)),
    (answered) => {
      const changes = answered?.changes.filter(({ serverId }) => serverId === id) ?? []
      assert.isAtMost(changes.length, 1)
      for (const { op } of changes) assert.strictEqual(op, "Change")
      return changes[0]?.properties
    }
  )
  return { id, write, told }
})

/** An item as a phone is told it that begins anew with these options. */
export const syncedItem = (id: string, options: ReadonlyArray<Element> = [], folder: string = inbox) =>
  Effect.gen(function* () {
    const handset = yield* newHandset()
    yield* syncOne(handset, folder)
    const told = yield* syncOne(handset, folder, options.length === 0 ? {} : { options })
    const found = told?.changes.find(({ serverId }) => serverId === id)
    return { handset, properties: found?.properties ?? assert.fail(`${id} is not told`) }
  })

/** ItemOperations of one item: how it ended, and the item. */
export const fetchedItem = (
  handset: Handset,
  id: string,
  {
    options = [],
    folder = inbox
  }: { readonly options?: ReadonlyArray<Element>; readonly folder?: string } = {}
) =>
  Effect.map(
    ask(
      handset,
      "ItemOperations",
      element(
        "ItemOperations:ItemOperations",
        element(
          "ItemOperations:Fetch",
          element("ItemOperations:Store", "Mailbox"),
          element("AirSync:CollectionId", folder),
          element("AirSync:ServerId", id),
          options.length === 0 ? null : element("ItemOperations:Options", options)
        )
      )
    ),
    (document) => {
      const fetch = ["ItemOperations:Response", "ItemOperations:Fetch"] as const
      return {
        status: textAt(document, "ItemOperations:Status"),
        fetchStatus: textAt(document, ...fetch, "ItemOperations:Status"),
        properties: elementAt(document, ...fetch, "ItemOperations:Properties")
      }
    }
  )

/** The only item of a conversation, as Search gives it. */
export const foundItem = (
  handset: Handset,
  conversationId: Uint8Array,
  {
    options = [],
    folder = inbox
  }: { readonly options?: ReadonlyArray<Element>; readonly folder?: string } = {}
) =>
  Effect.map(
    ask(
      handset,
      "Search",
      element(
        "Search:Search",
        element(
          "Search:Store",
          element("Search:Name", "Mailbox"),
          element(
            "Search:Query",
            element(
              "Search:And",
              element("AirSync:Class", "Email"),
              element("AirSync:CollectionId", folder),
              element("Search:ConversationId", conversationId)
            )
          ),
          element("Search:Options", element("Search:RebuildResults"), options)
        )
      )
    ),
    (document) => elementAt(document, "Search:Response", "Search:Store", "Search:Result", "Search:Properties")
  )

/** An item by each of the commands that give items. */
export const everywhere = (id: string, options: ReadonlyArray<Element> = [], folder: string = inbox) =>
  Effect.gen(function* () {
    const { handset, properties } = yield* syncedItem(id, options, folder)
    const conversation = childOf(properties, "Email2:ConversationId") ?? assert.fail("no conversation")
    const fetched = yield* fetchedItem(handset, id, { options, folder })
    const found = yield* foundItem(handset, bytesOf(conversation), { options, folder })
    assert.deepStrictEqual([fetched.status, fetched.fetchStatus], ["1", "1"])
    return [properties, fetched.properties, found]
  })
