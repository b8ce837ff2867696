import { Either } from "effect"
import { maxIdLength } from "../content/serverId.ts"
import { childElements, childrenOf, childText, type Element, textOf } from "../wbxml/element.ts"

/** One Move of MoveItems, as it was written (MS-ASCMD 2.2.3.117.2). */
export interface Move {
  readonly sourceMessage: string
  readonly sourceFolder: string
  /** One, or the move fails by itself (MS-ASCMD_R4222). */
  readonly destinations: ReadonlyArray<string>
}

/** MS-ASCMD 3.1.5.10. */
export const maxMoves = 1000

/** The moves in order; Left where the request is no MoveItems or has too many: common status 103. */
export const readMoves = (document: Element): Either.Either<ReadonlyArray<Move>, 103> => {
  const children = childElements(document)
  if (document.tag !== "Move:MoveItems" || children.length === 0 || children.length > maxMoves) {
    return Either.left(103)
  }
  return Either.all(children.map((child) => Either.fromNullable(readMove(child), () => 103 as const)))
}

const readMove = (move: Element): Move | undefined => {
  const sourceMessage = childText(move, "Move:SrcMsgId")
  const sourceFolder = childText(move, "Move:SrcFldId")
  const destinations = childrenOf(move, "Move:DstFldId").map(textOf)
  if (move.tag !== "Move:Move" || sourceMessage === undefined || sourceFolder === undefined) return undefined
  if (sourceMessage === "" || sourceMessage.length > maxIdLength) return undefined
  return destinations.length === 0 ? undefined : { sourceMessage, sourceFolder, destinations }
}
