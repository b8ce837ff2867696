import { Either } from "effect"
import type { ProtocolVersion } from "../Command.ts"
import { readBodyOptions } from "../content/bodyOptions.ts"
import { integerOf } from "../scalars.ts"
import { childElements, childrenOf, type Element, type Tag, textOf } from "../wbxml/element.ts"
import { isItemClass } from "./itemClasses.ts"
import { type OptionsBlock, protocolError, type SyncRefusal } from "./SyncRequest.ts"

/** The Options blocks of a collection; null where there is none. The same class may not come twice (MS-ASCMD 2.2.3.27.5). */
export const parseOptions = (
  collection: Element,
  version: ProtocolVersion
): Either.Either<ReadonlyArray<OptionsBlock> | null, SyncRefusal> => {
  const blocks = childrenOf(collection, "AirSync:Options")
  if (blocks.length === 0) return Either.right(null)
  return Either.flatMap(Either.all(blocks.map((block) => parseBlock(block, version))), (options) => {
    const classes = new Set(options.map(({ itemClass }) => itemClass ?? "Email"))
    return classes.size === options.length ? Either.right(options) : Either.left(protocolError)
  })
}

const parseBlock = (element: Element, version: ProtocolVersion): Either.Either<OptionsBlock, SyncRefusal> => {
  const itemClass = last(element, "AirSync:Class")
  const filterType = last(element, "AirSync:FilterType")
  const conflict = last(element, "AirSync:Conflict")
  const className = itemClass === undefined ? null : textOf(itemClass)
  if (className !== null && !isItemClass(className)) return Either.left(protocolError)
  const filter = filterType === undefined ? 0 : integerOf(filterType)
  const winner = conflict === undefined ? 1 : integerOf(conflict)
  if (filter === undefined || (winner !== 0 && winner !== 1)) return Either.left(protocolError)
  return readBodyOptions(element, version).pipe(
    Either.map(
      (body): OptionsBlock => ({
        itemClass: className,
        filterType: filter,
        conflict: winner === 0 ? "client" : "server",
        body
      })
    ),
    Either.mapLeft((fault) => (fault === "BodyPartType" ? bodyPartError : protocolError))
  )
}

/** MS-ASCON 3.2.5.4: the message part comes as HTML and as nothing else. */
const bodyPartError: SyncRefusal = { status: 164, limit: null }

/** Exchange minds none of them coming twice, and no more do we: the last one holds. */
const last = (element: Element, tag: Tag): Element | undefined =>
  childElements(element).findLast((child) => child.tag === tag)
