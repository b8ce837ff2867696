import { Either } from "effect"
import { integerOf } from "../scalars.ts"
import { childElements, childrenOf, type Element, type Tag, textOf } from "../wbxml/element.ts"
import { isItemClass } from "./itemClasses.ts"
import { protocolError, type SyncOptions, type SyncRefusal } from "./SyncRequest.ts"

/** The Options blocks of a collection; null where there is none. The same class may not come twice (MS-ASCMD 2.2.3.27.5). */
export const parseOptions = (
  collection: Element
): Either.Either<ReadonlyArray<SyncOptions> | null, SyncRefusal> => {
  const blocks = childrenOf(collection, "AirSync:Options")
  if (blocks.length === 0) return Either.right(null)
  return Either.flatMap(Either.all(blocks.map(parseBlock)), (options) => {
    const classes = new Set(options.map(({ itemClass }) => itemClass ?? "Email"))
    return classes.size === options.length ? Either.right(options) : Either.left(protocolError)
  })
}

const parseBlock = (element: Element): Either.Either<SyncOptions, SyncRefusal> => {
  const itemClass = last(element, "AirSync:Class")
  const filterType = last(element, "AirSync:FilterType")
  const conflict = last(element, "AirSync:Conflict")
  const className = itemClass === undefined ? null : textOf(itemClass)
  if (className !== null && !isItemClass(className)) return Either.left(protocolError)
  const filter = filterType === undefined ? 0 : integerOf(filterType)
  const winner = conflict === undefined ? 1 : integerOf(conflict)
  if (filter === undefined || (winner !== 0 && winner !== 1)) return Either.left(protocolError)
  return Either.right({
    itemClass: className,
    filterType: filter,
    conflict: winner === 0 ? "client" : "server",
    element
  })
}

/** Exchange minds none of them coming twice, and no more do we: the last one holds. */
const last = (element: Element, tag: Tag): Element | undefined =>
  childElements(element).findLast((child) => child.tag === tag)
