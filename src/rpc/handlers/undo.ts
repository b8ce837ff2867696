import { Clock, Duration, Effect } from "effect"
import { type CoreError, InvalidRequest } from "../../domain/errors.ts"
import type { NamedOperation } from "../../domain/Operation.ts"
import type { CoreMethods, UndoneNow } from "../Core.ts"
import type { Authorized } from "../guard.ts"
import type { ReadServices } from "./reads.ts"

type Input<K extends keyof CoreMethods> = Parameters<CoreMethods[K]>[1]

export const undo =
  ({ router }: Pick<ReadServices, "router">) =>
  (
    call: Authorized,
    { mailboxId, undoes, operationId }: Input<"undo">
  ): Effect.Effect<UndoneNow, CoreError> =>
    Effect.gen(function* () {
      if (operationId === undoes) return yield* new InvalidRequest({ message: usedBefore })
      const { origin, correlationId } = call
      const command = { _tag: "Undo", undoes } as const
      const result = yield* router.ask({ mailboxId, command, origin, correlationId, operationId })
      const { undone, modSeq, duplicate } = result
      // The answer of another wish, which had that name before.
      if (undone === undefined) return yield* new InvalidRequest({ message: usedBefore })
      return { ...undone, modSeq, isDuplicate: duplicate }
    })

const usedBefore = "That operation id names another wish."

export const listOperations =
  ({ reader, limits }: ReadServices) =>
  (
    _: Authorized,
    { mailboxId, limit }: Input<"listOperations">
  ): Effect.Effect<ReadonlyArray<NamedOperation>, CoreError> =>
    Effect.flatMap(Clock.currentTimeMillis, (now) =>
      reader.operations(mailboxId, {
        since: now - Duration.toMillis(limits.undoWindow),
        limit: Math.min(limit ?? limits.pageSize, limits.maxPageSize)
      })
    )
