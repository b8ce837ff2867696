import { Clock, Effect, Random, type Scope } from "effect"
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

export const othersAt = (platform: Platform): Effect.Effect<Others, never, Scope.Scope> =>
  Effect.map(platform.client("alice@demo.test"), ({ mailbox, call }) => {
    /** One that was in the Inbox lately; it may be elsewhere or gone by now. */
    const ids: Array<bigint> = []
    const any = Effect.map(Random.nextIntBetween(0, 30), (n) => ids.at(-1 - n))

    const deliver = (name: string) =>
      Effect.gen(function* () {
        // Half a day off the filters' limits, so that none is crossed while the model runs.
        const age = (yield* Random.nextIntBetween(0, 20)) - 0.5
        const seconds = Math.floor((yield* Clock.currentTimeMillis) / 1000 - Math.max(0, age) * day)
        const { messageId } = yield* call((signal) =>
          mailbox.appendMessage(
            {
              folderId: BigInt(folderIds.inbox),
              raw: letter(`letter ${name}`),
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
      yield* call((signal) =>
        mailbox.changeFlags(
          { messageIds: [id], addFlags: add ? names : [], removeFlags: add ? [] : names },
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
        yield* call((signal) => mailbox.expungeMessages({ messageIds }, { signal }))
      else yield* call((signal) => mailbox.moveMessages({ messageIds, toFolderId }, { signal }))
    }).pipe(Effect.orDie)

    return { deliver, mark, remove }
  })
