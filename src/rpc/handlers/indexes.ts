import { Clock, Effect, Option, Stream } from "effect"
import type { CoreError, Unavailable } from "../../domain/errors.ts"
import { TaskId } from "../../domain/ids.ts"
import { uuidV7 } from "../../pipeline/uuidV7.ts"
import type { Directory } from "../../storage/directory/Directory.ts"
import type { IndexedMailbox, SearchUpkeep } from "../../storage/search/SearchUpkeep.ts"
import type { Streams } from "../../storage/streams/Streams.ts"
import type { Authorized } from "../guard.ts"
import type { IndexMethods } from "../Indexes.ts"

export interface IndexServices {
  readonly upkeep: SearchUpkeep["Type"]
  readonly streams: Streams["Type"]
  readonly directory: Directory["Type"]
}

type Input<Method extends keyof IndexMethods> = Parameters<IndexMethods[Method]>[1]

/** Mailboxes that are looked at or rung for together. */
const pageSize = { rung: 500, checked: 100, most: 1_000 }

export const makeIndexHandlers = ({ upkeep, streams, directory }: IndexServices) => {
  /** The mark first, then the ring: who takes it finds something to do. */
  const rebuild = (call: Authorized, mailboxes: ReadonlyArray<IndexedMailbox>) =>
    Effect.gen(function* () {
      const now = yield* Clock.currentTimeMillis
      yield* upkeep.rebuild(mailboxes.map(({ mailboxId }) => mailboxId))
      yield* streams.publish(
        mailboxes.map(({ mailboxId, tenantId }) => ({
          taskId: TaskId(uuidV7(now)),
          stream: "index",
          correlationId: call.correlationId,
          tenantId,
          workKey: mailboxId,
          payload: { mailboxId },
          notBefore: null
        }))
      )
      return mailboxes.length
    })

  const everyMailbox: Stream.Stream<ReadonlyArray<IndexedMailbox>, Unavailable> = Stream.paginateEffect(
    null,
    (after: IndexedMailbox["mailboxId"] | null) =>
      Effect.map(upkeep.mailboxes({ after, limit: pageSize.rung }), (found) => [
        found,
        Option.fromNullable(found.length < pageSize.rung ? null : found.at(-1)?.mailboxId)
      ])
  )

  return {
    getIndexStatus: () => upkeep.status,

    rebuildIndex: (call: Authorized, { address }: Input<"rebuildIndex">): Effect.Effect<number, CoreError> =>
      address === null
        ? everyMailbox.pipe(
            Stream.mapEffect((mailboxes) => rebuild(call, mailboxes)),
            Stream.runSum
          )
        : Effect.flatMap(directory.userByAddress(address), ({ id, tenantId }) =>
            rebuild(call, [{ mailboxId: id, tenantId }])
          ),

    checkIndex: (call: Authorized, { repair, after, limit: wanted }: Input<"checkIndex">) =>
      Effect.gen(function* () {
        const limit = Math.min(Math.max(1, wanted ?? pageSize.checked), pageSize.most)
        const page = yield* upkeep.mailboxes({ after, limit })
        const drifts = (yield* upkeep.drift({ after, limit })).filter(
          ({ missing, orphaned }) => missing > 0 || orphaned > 0
        )
        if (repair && drifts.length > 0) yield* rebuild(call, drifts)
        return { drifts, after: page.length < limit ? null : (page.at(-1)?.mailboxId ?? null) }
      })
  }
}
