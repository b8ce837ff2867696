import { Context, type Effect } from "effect"
import type { CoreError } from "../domain/errors.ts"
import type { TaskId } from "../domain/ids.ts"
import type { Balance } from "../storage/ledger/Ledger.ts"
import type { DeadLetter, DeadLetterCause, StreamName, StreamStats } from "../storage/streams/Streams.ts"
import type { Call } from "./Call.ts"

export interface DeadLetterPage {
  readonly deadLetters: ReadonlyArray<DeadLetter>
  /** Where the next page begins; null at the end. */
  readonly after: TaskId | null
}

/** "all" = every dead task of the stream that the caller may see. */
export interface DeadLetterChoice {
  readonly stream: StreamName
  readonly which: ReadonlyArray<TaskId> | "all"
}

type Reply<A> = Effect.Effect<A, CoreError>

/** One method for each rpc of `QueueService` (`proto/postroom/core/v1/queue.proto`). */
export interface QueueMethods {
  readonly listQueues: (call: Call, input: null) => Reply<ReadonlyArray<StreamStats>>
  readonly listDeadLetters: (
    call: Call,
    input: {
      readonly stream: StreamName
      readonly after: TaskId | null
      readonly limit: number | null
      /** Only those that have it; null = all. */
      readonly cause: string | null
    }
  ) => Reply<DeadLetterPage>
  /** Of one stream, or of all. */
  readonly listDeadLetterCauses: (
    call: Call,
    input: { readonly stream: StreamName | null }
  ) => Reply<ReadonlyArray<DeadLetterCause>>
  /** How many were put back; they are due so many a second, or all at once. */
  readonly replayDeadLetters: (
    call: Call,
    input: DeadLetterChoice & { readonly cause: string | null; readonly perSecond: number | null }
  ) => Reply<number>
  /** How many were dropped. */
  readonly dropDeadLetters: (call: Call, input: DeadLetterChoice) => Reply<number>
  readonly getLedger: (call: Call, input: null) => Reply<Balance>
}

export class Queues extends Context.Tag("postroom/rpc/Queues")<Queues, QueueMethods>() {}
