import { Context, type Effect } from "effect"
import type { CoreError } from "../domain/errors.ts"
import type { MailboxId } from "../domain/ids.ts"
import type { Drift, IndexStatus } from "../storage/search/SearchUpkeep.ts"
import type { Call } from "./Call.ts"

export interface IndexCheck {
  /** Mailboxes whose index is not as it should be. */
  readonly drifts: ReadonlyArray<Drift>
  /** Where the next page begins; null at the end. */
  readonly after: MailboxId | null
}

type Reply<A> = Effect.Effect<A, CoreError>

/** One method for each rpc of `IndexService` (`proto/postroom/core/v1/index.proto`). */
export interface IndexMethods {
  readonly getIndexStatus: (call: Call, input: null) => Reply<IndexStatus>
  /** How many mailboxes will be written anew. */
  readonly rebuildIndex: (
    call: Call,
    input: { /** An address; null = all. */ readonly address: string | null }
  ) => Reply<number>
  readonly checkIndex: (
    call: Call,
    input: { readonly repair: boolean; readonly after: MailboxId | null; readonly limit: number | null }
  ) => Reply<IndexCheck>
}

export class Indexes extends Context.Tag("postroom/rpc/Indexes")<Indexes, IndexMethods>() {}
