import { Context, Effect, Layer } from "effect"
import type { Unavailable } from "../../domain/errors.ts"
import type { MailboxId } from "../../domain/ids.ts"

/** Another engine that searches beside Postgres and is fed from its index. */
export class SearchMirror extends Context.Tag("postroom/storage/SearchMirror")<
  SearchMirror,
  {
    /** Brings the copy of a mailbox up to what the index has. Idempotent; stopped, it goes on where it was. */
    readonly follow: (mailboxId: MailboxId) => Effect.Effect<void, Unavailable>
  }
>() {
  /** There is no other engine. */
  static readonly layerNone = Layer.succeed(SearchMirror, { follow: () => Effect.void })
}
