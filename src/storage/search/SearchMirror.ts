import { Context, Effect, Layer } from "effect"
import type { MailboxId } from "../../domain/ids.ts"

/** Another engine that searches beside Postgres and is fed from its index. */
export class SearchMirror extends Context.Tag("postroom/storage/SearchMirror")<
  SearchMirror,
  {
    /**
     * Has the copy of a mailbox brought up to what the index has, soon. Nobody waits for it: the index is what counts,
     * and goes on while the other engine is slow or away.
     */
    readonly follow: (mailboxId: MailboxId) => Effect.Effect<void>
  }
>() {
  /** There is no other engine. */
  static readonly layerNone = Layer.succeed(SearchMirror, { follow: () => Effect.void })
}
