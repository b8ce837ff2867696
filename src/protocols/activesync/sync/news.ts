import { Deferred, Effect } from "effect"
import type { CoreError } from "../../../domain/errors.ts"
import { DeviceId, type FolderId, type ModSeq } from "../../../domain/ids.ts"
import { monotonicMillis } from "../../../domain/monotonicMillis.ts"
import type { OwnDeviceMethods } from "../../../rpc/Devices.ts"
import type { News, SyncMethods } from "../../../rpc/Sync.ts"
import type { Leaving, Request } from "../Command.ts"
import { callOf } from "../callOf.ts"

/** Beyond which changes of which folders there is news. */
export interface Place {
  readonly folders: ReadonlyArray<{ readonly folderId: FolderId; readonly beyond: ModSeq }>
  readonly hierarchyBeyond: ModSeq
}

/** What came of looking: an end to the waiting, or where to wait for more. */
export type Looked<A> = { readonly _tag: "Found"; readonly found: A } | ({ readonly _tag: "Wait" } & Place)

interface Waiting<A> {
  readonly seconds: number
  /** What is there for the device; null = before the first wait. */
  readonly look: (news: News | null) => Effect.Effect<Looked<A>, CoreError>
  /** Woken without being any further: waiting on would wake at once, again and again. */
  readonly stuck: (news: News | null) => A
}

/**
 * Parks a request until looking finds something, its time is over, or its client is gone. A wake-up that leaves nothing to
 * be told, of the device's own changes say, only moves the place to wait at.
 */
export const waitFor = <A>(
  sync: SyncMethods,
  request: Request,
  { seconds, look, stuck }: Waiting<A>
): Effect.Effect<A | "expired" | Leaving, CoreError> => {
  const again = (
    deadline: number,
    { news, before }: { readonly news: News | null; readonly before: string }
  ): Effect.Effect<A | "expired" | Leaving, CoreError> =>
    Effect.gen(function* () {
      const looked = yield* look(news)
      if (looked._tag === "Found") return looked.found
      const place = JSON.stringify(looked)
      if (place === before) return stuck(news)
      const woken = yield* untilNews(sync, request, { place: looked, deadline })
      if (typeof woken === "string") return woken
      return yield* again(deadline, { news: woken, before: place })
    })
  return Effect.flatMap(monotonicMillis, (now) => again(now + seconds * 1000, { news: null, before: "" }))
}

const untilNews = Effect.fnUntraced(function* (
  sync: SyncMethods,
  request: Request,
  { place, deadline }: { readonly place: Place; readonly deadline: number }
) {
  const now = yield* monotonicMillis
  const woken = yield* Deferred.make<News | "expired">()
  return yield* Effect.acquireUseRelease(
    sync.subscribe(callOf(request), {
      mailboxId: request.mailboxId,
      folders: place.folders,
      hierarchyBeyond: place.hierarchyBeyond,
      forMillis: Math.max(0, deadline - now),
      wake: (news) => Deferred.unsafeDone(woken, Effect.succeed(news ?? "expired"))
    }),
    () => Effect.raceFirst(Deferred.await(woken), request.gone),
    (stop) => Effect.sync(stop)
  )
})

/** How long a request was parked and why it ended, told to who watches over devices. */
export const counted = <A, E>(
  waiting: Effect.Effect<A | "expired" | Leaving, E>,
  {
    devices,
    request,
    seconds
  }: {
    readonly devices: Pick<OwnDeviceMethods, "countHeartbeat">
    readonly request: Request
    readonly seconds: number
  }
): Effect.Effect<A | "expired" | Leaving, E> =>
  Effect.gen(function* () {
    const began = yield* monotonicMillis
    const result = yield* waiting
    yield* devices.countHeartbeat(callOf(request), {
      deviceId: DeviceId(request.deviceId),
      deviceType: request.deviceType,
      userAgent: request.userAgent,
      protocolVersion: request.version,
      seconds,
      lastedSeconds: Math.round(((yield* monotonicMillis) - began) / 1000),
      end: isEnd(result) ? result : "changed"
    })
    return result
  })

const isEnd = (result: unknown): result is "expired" | "gone" => result === "expired" || result === "gone"
