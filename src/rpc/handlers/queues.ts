import { Chunk, Effect, Option, Stream } from "effect"
import { type CoreError, LimitExceeded, type Unavailable } from "../../domain/errors.ts"
import type { TaskId } from "../../domain/ids.ts"
import type { Ledger } from "../../storage/ledger/Ledger.ts"
import type { DeadLetter, StreamName, Streams } from "../../storage/streams/Streams.ts"
import type { CoreLimits } from "../CoreConfig.ts"
import type { Authorized } from "../guard.ts"
import type { DeadLetterChoice, DeadLetterPage, QueueMethods } from "../Queues.ts"

export interface QueueServices {
  readonly streams: Streams["Type"]
  readonly ledger: Ledger["Type"]
  readonly limits: CoreLimits
}

const maxChoice = 1_000

interface Place {
  readonly stream: StreamName
  readonly after: TaskId | null
  readonly limit: number
  readonly cause: string | null
}

/** Handlers of the queue methods. Whoever belongs to a tenant sees and moves the dead letters of that tenant only. */
export const makeQueueHandlers = ({ streams, ledger, limits }: QueueServices) => {
  /** The dead letters after a place that the caller may see, page by page. */
  const letters = (
    { access }: Authorized,
    { stream, ...from }: Place
  ): Stream.Stream<DeadLetter, Unavailable> =>
    Stream.paginateChunkEffect(from.after, (after) =>
      Effect.map(streams.deadLetters(stream, { ...from, after }), (found) => {
        const last = found.length < from.limit ? undefined : found.at(-1)
        return [Chunk.fromIterable(found), Option.map(Option.fromNullable(last), ({ taskId }) => taskId)]
      })
    ).pipe(Stream.filter(({ tenantId }) => access.tenantId === null || tenantId === access.tenantId))

  const page = (call: Authorized, from: Place): Effect.Effect<DeadLetterPage, Unavailable> =>
    letters(call, from).pipe(
      Stream.take(from.limit),
      Stream.runCollect,
      Effect.map((found) => {
        const deadLetters = Chunk.toReadonlyArray(found)
        const last = deadLetters.length < from.limit ? undefined : deadLetters.at(-1)
        return { deadLetters, after: last?.taskId ?? null }
      })
    )

  /** Operators choose freely; others among the letters of their tenant, so those have to be looked up. So has a cause. */
  const chosen = (
    call: Authorized,
    { stream, which, cause }: DeadLetterChoice & { readonly cause: string | null }
  ): Effect.Effect<ReadonlyArray<TaskId> | "all", CoreError> => {
    if (which !== "all" && which.length > maxChoice) {
      return Effect.fail(new LimitExceeded({ limit: "batch", max: maxChoice }))
    }
    if (call.access.tenantId === null && cause === null) return Effect.succeed(which)
    const wanted = which === "all" ? null : new Set(which)
    return letters(call, { stream, after: null, limit: limits.maxPageSize, cause }).pipe(
      Stream.map(({ taskId }) => taskId),
      Stream.filter((taskId) => wanted === null || wanted.has(taskId)),
      Stream.runCollect,
      Effect.map(Chunk.toReadonlyArray)
    )
  }

  return {
    listQueues: () => streams.stats,
    listDeadLetters: (call: Authorized, input: Parameters<QueueMethods["listDeadLetters"]>[1]) =>
      page(call, {
        ...input,
        limit: Math.min(Math.max(1, input.limit ?? limits.pageSize), limits.maxPageSize)
      }),
    listDeadLetterCauses: (
      { access }: Authorized,
      { stream }: Parameters<QueueMethods["listDeadLetterCauses"]>[1]
    ) =>
      Effect.map(streams.causes(access.tenantId), (causes) =>
        causes.filter((cause) => stream === null || cause.stream === stream)
      ),
    replayDeadLetters: (call: Authorized, input: Parameters<QueueMethods["replayDeadLetters"]>[1]) =>
      Effect.flatMap(chosen(call, input), (which) => streams.replay(input.stream, which, input.perSecond)),
    dropDeadLetters: (call: Authorized, input: DeadLetterChoice) =>
      Effect.flatMap(chosen(call, { ...input, cause: null }), (which) => streams.drop(input.stream, which)),
    getLedger: () => ledger.balance
  }
}
