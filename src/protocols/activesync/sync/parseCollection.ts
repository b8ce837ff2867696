import { Either } from "effect"
import type { ProtocolVersion } from "../Command.ts"
import { maxIdLength } from "../content/serverId.ts"
import { booleanOf, integerOf } from "../scalars.ts"
import { type AnyTag, childElements, childOf, childText, type Element, type Tag } from "../wbxml/element.ts"
import { parseCommands } from "./parseCommands.ts"
import { parseOptions } from "./parseOptions.ts"
import { type CollectionRequest, protocolError, type SyncRefusal, windowSizes } from "./SyncRequest.ts"

/** MS-ASCMD 2.2.3.29.2. Class stood first until 12.1 and means what the folder says by itself. */
const order: ReadonlyArray<AnyTag> = [
  "AirSync:Class",
  "AirSync:SyncKey",
  "AirSync:CollectionId",
  "AirSync:Supported",
  "AirSync:DeletesAsMoves",
  "AirSync:GetChanges",
  "AirSync:WindowSize",
  "AirSync:ConversationMode",
  "AirSync:Options",
  "AirSync:Commands"
]

/** Only Options may come twice: one for mail, one for SMS. */
const isInOrder = (collection: Element): boolean => {
  let last = -1
  for (const { tag } of childElements(collection)) {
    const place = order.indexOf(tag)
    if (place < last || place < 0 || (place === last && tag !== "AirSync:Options")) return false
    last = place
  }
  return true
}

export const parseCollection = (
  collection: Element,
  version: ProtocolVersion
): Either.Either<CollectionRequest, SyncRefusal> =>
  Either.gen(function* () {
    if (!isInOrder(collection)) return yield* Either.left(protocolError)
    const syncKey = yield* required(collection, "AirSync:SyncKey")
    const collectionId = yield* required(collection, "AirSync:CollectionId")
    const getChanges = yield* optional(collection, "AirSync:GetChanges", booleanOf)
    // MS-ASCMD 2.2.3.84: a device that primes a folder may not ask for its changes.
    if (syncKey === "0" && getChanges === true) return yield* Either.left(protocolError)
    const windowSize = yield* optional(collection, "AirSync:WindowSize", integerOf)
    return {
      collectionId,
      syncKey,
      deletesAsMoves: (yield* optional(collection, "AirSync:DeletesAsMoves", booleanOf)) ?? true,
      getChanges: getChanges ?? syncKey !== "0",
      windowSize: windowOf(windowSize),
      conversationMode: (yield* optional(collection, "AirSync:ConversationMode", booleanOf)) ?? null,
      options: yield* parseOptions(collection, version),
      commands: yield* parseCommands(childOf(collection, "AirSync:Commands"))
    }
  })

/** MS-ASCMD 2.2.3.199: nothing means 100; 0 and what is above 512 mean 512. */
export const windowOf = (windowSize: number | undefined): number => {
  if (windowSize === undefined) return windowSizes.default
  return windowSize <= 0 ? windowSizes.max : Math.min(windowSize, windowSizes.max)
}

const required = (parent: Element, tag: Tag): Either.Either<string, SyncRefusal> => {
  const text = childText(parent, tag)
  return text === undefined || text.length > maxIdLength ? Either.left(protocolError) : Either.right(text)
}

/** Right of undefined where it is absent, Left where it is there and cannot be read. */
export const optional = <A>(
  parent: Element,
  tag: Tag,
  read: (element: Element) => A | undefined
): Either.Either<A | undefined, SyncRefusal> => {
  const child = childOf(parent, tag)
  if (child === undefined) return Either.right(undefined)
  const value = read(child)
  return value === undefined ? Either.left(protocolError) : Either.right(value)
}
