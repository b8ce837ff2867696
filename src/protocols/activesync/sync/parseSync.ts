import { Either } from "effect"
import type { ProtocolVersion } from "../Command.ts"
import { integerOf } from "../scalars.ts"
import { type AnyTag, childElements, childOf, childrenOf, type Element, hasOnly } from "../wbxml/element.ts"
import { optional, parseCollection, windowOf } from "./parseCollection.ts"
import {
  type CollectionRequest,
  maxCommands,
  protocolError,
  type SyncRefusal,
  type SyncRequest
} from "./SyncRequest.ts"

export interface SyncTerms {
  readonly version: ProtocolVersion
  readonly maxCollections: number
}

/** Reads a Sync (MS-ASCMD 2.2.2.21). Order matters within a collection only: so clients do it, and so Exchange takes it. */
export const parseSync = (document: Element, terms: SyncTerms): Either.Either<SyncRequest, SyncRefusal> =>
  Either.gen(function* () {
    yield* checkShape(document)
    const waitSeconds = yield* parseWait(document)
    const windowSize = yield* optional(document, "AirSync:WindowSize", integerOf)
    const collections = yield* parseCollections(document, terms)
    return {
      collections,
      waitSeconds,
      windowSize: windowSize === undefined ? null : windowOf(windowSize),
      isPartial: childOf(document, "AirSync:Partial") !== undefined
    }
  })

const known: ReadonlyArray<AnyTag> = [
  "AirSync:Collections",
  "AirSync:Wait",
  "AirSync:HeartbeatInterval",
  "AirSync:WindowSize",
  "AirSync:Partial"
]

const checkShape = (document: Element): Either.Either<void, SyncRefusal> => {
  const tags = childElements(document).map(({ tag }) => tag)
  const isSync = document.tag === "AirSync:Sync" && hasOnly(document, known)
  const isPartial = tags.includes("AirSync:Partial")
  // MS-ASCMD 2.2.3.129: Partial needs company; everything else needs collections.
  const isWhole = isPartial ? tags.length > 1 : tags.includes("AirSync:Collections")
  return isSync && isWhole ? Either.void : Either.left(protocolError)
}

/** Minutes and seconds that a device may wait (MS-ASCMD 2.2.3.94). */
const waits = { min: 1, max: 59 } as const
const heartbeats = { min: 60, max: 3540 } as const

/** MS-ASCMD 2.2.3.87.2, 2.2.3.198: outside its range the answer names the nearest legal value. */
const parseWait = (document: Element): Either.Either<number | null, SyncRefusal> =>
  Either.gen(function* () {
    const minutes = yield* optional(document, "AirSync:Wait", integerOf)
    const seconds = yield* optional(document, "AirSync:HeartbeatInterval", integerOf)
    if (minutes !== undefined && seconds !== undefined) return yield* Either.left(protocolError)
    if (minutes !== undefined) return (yield* within(minutes, waits)) * 60
    return seconds === undefined ? null : yield* within(seconds, heartbeats)
  })

const within = (
  value: number,
  { min, max }: { readonly min: number; readonly max: number }
): Either.Either<number, SyncRefusal> => {
  if (value < min) return Either.left({ status: 14, limit: min })
  return value > max ? Either.left({ status: 14, limit: max }) : Either.right(value)
}

const parseCollections = (
  document: Element,
  { version, maxCollections }: SyncTerms
): Either.Either<ReadonlyArray<CollectionRequest>, SyncRefusal> =>
  Either.gen(function* () {
    const parent = childOf(document, "AirSync:Collections")
    if (parent === undefined) return []
    const elements = childrenOf(parent, "AirSync:Collection")
    if (elements.length === 0 || elements.length < childElements(parent).length) {
      return yield* Either.left(protocolError)
    }
    if (elements.length > maxCollections) return yield* Either.left({ status: 15, limit: maxCollections })
    const collections = yield* Either.all(elements.map((collection) => parseCollection(collection, version)))
    const ids = new Set(collections.map(({ collectionId }) => collectionId))
    const commands = collections.reduce((sum, collection) => sum + collection.commands.length, 0)
    if (ids.size < collections.length || commands > maxCommands) return yield* Either.left(protocolError)
    return collections
  })
