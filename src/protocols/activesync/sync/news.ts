import { Deferred, Effect } from "effect"
import type { CoreError } from "../../../domain/errors.ts"
import type { FolderId, ModSeq } from "../../../domain/ids.ts"
import type { News, SyncMethods } from "../../../rpc/Sync.ts"
import type { Request } from "../Command.ts"
import { callOf } from "../callOf.ts"

interface Awaited {
  readonly folders: ReadonlyArray<{ readonly folderId: FolderId; readonly beyond: ModSeq }>
  readonly hierarchyBeyond: ModSeq | null
  readonly forMillis: number
}

/** Parks a request until there is news, its time is over, or its client is gone: null for both of these. */
export const awaitNews = (
  sync: SyncMethods,
  request: Request,
  awaited: Awaited
): Effect.Effect<News | null, CoreError> =>
  Effect.flatMap(Deferred.make<News | null>(), (woken) =>
    Effect.acquireUseRelease(
      sync.subscribe(callOf(request), {
        mailboxId: request.mailboxId,
        ...awaited,
        wake: (news) => Deferred.unsafeDone(woken, Effect.succeed(news))
      }),
      () => Effect.raceFirst(Deferred.await(woken), Effect.as(request.gone, null)),
      (stop) => Effect.sync(stop)
    )
  )
