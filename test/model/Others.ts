import { randomUUID } from "node:crypto"
import { Clock, Effect, identity, Random, type Scope } from "effect"
import type { RpcClientError } from "../../src/rpc/client.ts"
import { folderIds } from "../support/activesync/handset.ts"
import { letter } from "../support/activesync/seedMail.ts"
import type { Platform } from "../support/platform.ts"

/** Mail that arrives, and what its reader does elsewhere. */
export interface Others {
  readonly deliver: (name: string) => Effect.Effect<void>
  readonly mark: Effect.Effect<void>
  readonly remove: Effect.Effect<void>
}

const day = 86_400

/** Asks once more, or not. */
export type Persistence = <A>(asked: Effect.Effect<A, RpcClientError>) => Effect.Effect<A, RpcClientError>

export const othersAt = (
  platform: Pick<Platform, "client">,
  address = "alice@demo.test",
  persist: Persistence = identity
): Effect.Effect<Others, never, Scope.Scope> =>
  Effect.map(platform.client(address), ({ mailbox, ...client }) => {
    /** Under a name by which it is done once however often it is asked. */
    const call = <A>(start: (operationId: string, signal: AbortSignal) => Promise<A>) =>
      Effect.suspend(() => {
        const operationId = randomUUID()
        return persist(client.call((signal) => start(operationId, signal)))
      })
    /** One that was in the Inbox lately; it may be elsewhere or gone by now. */
    const ids: Array<bigint> = []
    const any = Effect.map(Random.nextIntBetween(0, 30), (n) => ids.at(-1 - n))

    const deliver = (name: string) =>
      Effect.gen(function* () {
        // Half a day off the filters' limits, so that none is crossed while the model runs.
        const age = (yield* Random.nextIntBetween(0, 20)) - 0.5
        const seconds = Math.floor((yield* Clock.currentTimeMillis) / 1000 - Math.max(0, age) * day)
        const { messageId } = yield* call((operationId, signal) =>
          mailbox.appendMessage(
            {
              folderId: BigInt(folderIds.inbox),
              raw: letter(`letter ${name}`),
              operationId,
              receivedAt: { seconds: BigInt(seconds), nanos: 0 }
            },
            { signal }
          )
        )
        ids.push(messageId)
      }).pipe(Effect.orDie)

    const mark = Effect.gen(function* () {
      const id = yield* any
      if (id === undefined) return
      const what = yield* Random.nextIntBetween(0, 4)
      const add = what % 2 === 0
      const names = what < 2 ? ["\\Seen"] : ["\\Flagged"]
      yield* call((operationId, signal) =>
        mailbox.changeFlags(
          { messageIds: [id], addFlags: add ? names : [], removeFlags: add ? [] : names, operationId },
          { signal }
        )
      )
    }).pipe(Effect.orDie)

    const remove = Effect.gen(function* () {
      const id = yield* any
      if (id === undefined) return
      const messageIds = [id]
      const toFolderId = BigInt(folderIds.deleted)
      if (yield* Random.nextBoolean)
        yield* call((operationId, signal) => mailbox.expungeMessages({ messageIds, operationId }, { signal }))
      else
        yield* call((operationId, signal) =>
          mailbox.moveMessages({ messageIds, toFolderId, operationId }, { signal })
        )
    }).pipe(Effect.orDie)

    return { deliver, mark, remove }
  })
