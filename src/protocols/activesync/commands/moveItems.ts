import { Effect, Either } from "effect"
import { type CoreError, isTemporary } from "../../../domain/errors.ts"
import type { FolderId, MailboxId, MessageId } from "../../../domain/ids.ts"
import type { Call } from "../../../rpc/Call.ts"
import type { CoreMethods } from "../../../rpc/Core.ts"
import type { Command, Request } from "../Command.ts"
import { itemsCallOf } from "../callOf.ts"
import { folderIdOf, messageIdOf } from "../content/serverId.ts"
import { StatusError } from "../status.ts"
import { element } from "../wbxml/element.ts"
import { type Move, readMoves } from "./moveRequest.ts"

/** MS-ASCMD 2.2.3.177.10: here success is 3. */
const noSource = 1
const noDestination = 2
const moved = 3
const sameFolder = 4
const severalDestinations = 5
const tryLater = 7

/**
 * Moves messages (MS-ASCMD 2.2.1.12). A message keeps its id, so that a move which is asked for again, its answer having been
 * lost, is answered as the first time: the message lies where it should.
 */
export const moveItems =
  (core: CoreMethods): Command =>
  (request) =>
    Effect.gen(function* () {
      const moves = request.document === null ? Either.left(103) : readMoves(request.document)
      if (Either.isLeft(moves)) return yield* new StatusError({ status: moves.left })
      const statuses = yield* moveAll(core, request, moves.right)
      return {
        _tag: "Document",
        document: element(
          "Move:MoveItems",
          moves.right.map(({ sourceMessage }, index) => {
            const status = statuses[index] ?? tryLater
            return element(
              "Move:Response",
              element("Move:SrcMsgId", sourceMessage),
              element("Move:Status", status),
              status === moved ? element("Move:DstMsgId", sourceMessage) : null
            )
          })
        )
      } as const
    })

interface Wish {
  readonly messageId: MessageId
  readonly from: FolderId
  readonly to: FolderId
}

/** Messages looked at, and moved, at once. */
const batchSize = 200

/** The status of each move, in order. Neighbours with the same destination are moved by one command. */
const moveAll = Effect.fnUntraced(function* (
  core: CoreMethods,
  request: Request,
  moves: ReadonlyArray<Move>
) {
  const call = itemsCallOf(request)
  const { mailboxId } = request
  const statuses: Array<number> = []
  for (const batch of batches(moves)) {
    const looked = yield* look(core, call, { mailboxId, wishes: batch.map(readWish) })
    const movable = looked.filter(isWish)
    const outcome = yield* move(core, call, { mailboxId, movable })
    statuses.push(...looked.map((found) => (isWish(found) ? outcome : found)))
  }
  return statuses
})

const isWish = (found: Wish | number): found is Wish => typeof found !== "number"

const batches = (moves: ReadonlyArray<Move>): ReadonlyArray<ReadonlyArray<Move>> => {
  const all: Array<Array<Move>> = []
  for (const move of moves) {
    const last = all.at(-1)
    const fits =
      last !== undefined &&
      last.length < batchSize &&
      last[0]?.destinations[0] === move.destinations[0] &&
      last.every(({ sourceMessage }) => sourceMessage !== move.sourceMessage)
    if (fits) last.push(move)
    else all.push([move])
  }
  return all
}

/** A status where it cannot be done, whatever lies where. */
const readWish = ({ sourceMessage, sourceFolder, destinations }: Move): Wish | number => {
  const [destination = ""] = destinations
  if (destinations.length > 1) return severalDestinations
  if (destination === sourceFolder) return sameFolder
  const messageId = messageIdOf(sourceMessage)
  const from = folderIdOf(sourceFolder)
  const to = folderIdOf(destination)
  if (messageId === undefined || from === undefined) return noSource
  return to === undefined ? noDestination : { messageId, from, to }
}

/** Of each message the wish, where it lies at its source; else the status. */
const look = (
  core: CoreMethods,
  call: Call,
  { mailboxId, wishes }: { readonly mailboxId: MailboxId; readonly wishes: ReadonlyArray<Wish | number> }
): Effect.Effect<ReadonlyArray<Wish | number>, CoreError> => {
  const messageIds = wishes.filter(isWish).map(({ messageId }) => messageId)
  if (messageIds.length === 0) return Effect.succeed(wishes)
  return core.getMessages(call, { mailboxId, messageIds }).pipe(
    Effect.map(({ messages }) => {
      const folders = new Map(messages.map(({ message }) => [message.id, message.folderId]))
      return wishes.map((wish) => (isWish(wish) ? lying(wish, folders.get(wish.messageId)) : wish))
    }),
    Effect.catchIf(isTemporary, () => Effect.succeed(wishes.map((wish) => (isWish(wish) ? tryLater : wish))))
  )
}

const lying = (wish: Wish, folderId: FolderId | undefined): Wish | number => {
  if (folderId === wish.to) return moved
  return folderId === wish.from ? wish : noSource
}

const move = (
  core: CoreMethods,
  call: Call,
  { mailboxId, movable }: { readonly mailboxId: MailboxId; readonly movable: ReadonlyArray<Wish> }
): Effect.Effect<number, CoreError> => {
  const [first] = movable
  if (first === undefined) return Effect.succeed(moved)
  return core
    .moveMessages(call, {
      mailboxId,
      messageIds: movable.map(({ messageId }) => messageId),
      toFolderId: first.to,
      operationId: null
    })
    .pipe(
      Effect.as(moved),
      Effect.catchTag("NotFound", () => Effect.succeed(noDestination)),
      Effect.catchIf(isTemporary, () => Effect.succeed(tryLater))
    )
}
