import { Effect, Either } from "effect"
import type { RpcClient } from "../../src/rpc/client.ts"
import { letter, newOffer, type Offer } from "./offers.ts"

const inboxId = 1n
const draftsId = 2n
const archiveId = 6n

/** A named wish of a mailbox's owner over gRPC. Each touches what no other one touches. */
export type Wish = {
  readonly address: string
  readonly operationId: string
  /** True once the platform has said yes. */
  isAcknowledged: boolean
} & (
  | { readonly _tag: "Flag"; readonly messageId: bigint; readonly category: string }
  | { readonly _tag: "Move"; readonly messageId: bigint }
  | { readonly _tag: "Append" | "Submit"; readonly offer: Offer }
)

/** The folder that `Move` moves to. */
export const wishedFolder = Number(archiveId)

/** Asks for it, once more if need be: its name makes it happen once. */
export const ask = (client: RpcClient, wish: Wish): Effect.Effect<boolean> =>
  Effect.map(Effect.either(request(client, wish)), (answer) => {
    if (Either.isRight(answer)) {
      wish.isAcknowledged = true
      if (wish._tag === "Append" || wish._tag === "Submit") wish.offer.fate = "accepted"
    }
    return Either.isRight(answer)
  })

const request = ({ mailbox, call }: RpcClient, wish: Wish) => {
  const { operationId } = wish
  switch (wish._tag) {
    case "Flag":
      return Effect.asVoid(
        call((signal) =>
          mailbox.changeFlags(
            {
              messageIds: [wish.messageId],
              addFlags: ["\\Seen", "\\Flagged"],
              addCategories: [wish.category],
              operationId
            },
            { signal }
          )
        )
      )
    case "Move":
      return Effect.asVoid(
        call((signal) =>
          mailbox.moveMessages(
            { messageIds: [wish.messageId], toFolderId: archiveId, operationId },
            { signal }
          )
        )
      )
    case "Append":
      wish.offer.fate = "unknown"
      return Effect.asVoid(
        call((signal) =>
          mailbox.appendMessage({ folderId: draftsId, raw: wish.offer.bytes, operationId }, { signal })
        )
      )
    case "Submit":
      wish.offer.fate = "unknown"
      return Effect.asVoid(
        call((signal) =>
          mailbox.submit(
            {
              sender: wish.address,
              recipients: [...wish.offer.recipients],
              raw: wish.offer.bytes,
              operationId
            },
            { signal }
          )
        )
      )
  }
}

/** The next wishes of one owner: what to do with mail that has come, and mail to keep and to send. */
export const makeWishes = (options: {
  readonly name: string
  readonly address: string
  readonly others: ReadonlyArray<string>
}) => {
  const touched = new Set<bigint>()
  let count = 0

  const letterBy = (kind: "Append" | "Submit", recipients: ReadonlyArray<string>): Wish => {
    const messageId = `${options.name}.${kind.toLowerCase()}.${++count}@demo.test`
    const bytes = letter({ messageId, from: options.address, sizeBytes: 700 })
    return {
      _tag: kind,
      address: options.address,
      operationId: messageId,
      isAcknowledged: false,
      offer: newOffer({ messageId, recipients, bytes })
    }
  }

  const about = (messageId: bigint): Wish => {
    touched.add(messageId)
    const operationId = `${options.name}.${++count}`
    const common = { address: options.address, operationId, messageId, isAcknowledged: false }
    return count % 2 === 0 ? { ...common, _tag: "Move" } : { ...common, _tag: "Flag", category: operationId }
  }

  return ({ mailbox, call }: RpcClient): Effect.Effect<ReadonlyArray<Wish>> =>
    call((signal) => mailbox.listMessages({ folderId: inboxId, pageSize: 20 }, { signal })).pipe(
      Effect.map(({ messages }) => messages.map(({ id }) => id).filter((id) => !touched.has(id))),
      // The server is away: then there is mail to send all the same.
      Effect.orElseSucceed((): ReadonlyArray<bigint> => []),
      Effect.map((ids) => [
        ...ids.slice(0, 6).map(about),
        letterBy("Append", [options.address]),
        letterBy("Submit", options.others)
      ])
    )
}
