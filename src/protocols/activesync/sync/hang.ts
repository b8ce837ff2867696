import { Clock, Effect } from "effect"
import type { CoreError } from "../../../domain/errors.ts"
import { DeviceId, type ModSeq } from "../../../domain/ids.ts"
import type { News } from "../../../rpc/Sync.ts"
import type { Request } from "../Command.ts"
import { callOf } from "../callOf.ts"
import { folderIdOf } from "../content/serverId.ts"
import { awaitNews } from "./news.ts"
import { type Round, runRound, type Syncing } from "./round.ts"
import type { SyncRequest } from "./SyncRequest.ts"

interface Hanging {
  readonly asked: SyncRequest
  /** What was found before there was reason to wait: nothing. */
  readonly first: Round
  readonly seconds: number
}

/**
 * Waits for news of any folder and tells it (MS-ASCMD 3.1.5.4). News that turn out to be none for this device, its own
 * changes say, only make it wait on. "folders": they changed, and a device that hangs here has no other way to learn of it.
 */
export const hang = (
  syncing: Syncing,
  request: Request,
  { asked, first, seconds }: Hanging
): Effect.Effect<Round | "nothing" | "folders", CoreError> =>
  Effect.gen(function* () {
    const deadline = (yield* Clock.currentTimeMillis) + seconds * 1000
    const beyond = new Map(first.told.map((told) => [told.folderId, told.beyond]))
    for (;;) {
      // Asked anew each time: what the device did to folders itself is no news for it.
      const hierarchyBeyond = yield* hierarchyOf(syncing, request)
      if (hierarchyBeyond === null) return "folders"
      const news = yield* awaitNews(syncing.sync, request, {
        folders: [...beyond].map(([folderId, modSeq]) => ({ folderId, beyond: modSeq })),
        hierarchyBeyond,
        forMillis: Math.max(0, deadline - (yield* Clock.currentTimeMillis))
      })
      if (news === null) return "nothing"
      const round = yield* runRound(syncing, request, { asked: ofNews(asked, news), keep: undefined })
      if (round.answers.length > 0) return round
      for (const told of round.told) beyond.set(told.folderId, told.beyond)
    }
  })

/** How far the device knows its folders; null where it must sync them first. */
const hierarchyOf = ({ sync }: Syncing, request: Request): Effect.Effect<ModSeq | null, CoreError> =>
  Effect.map(
    sync.getCursors(callOf(request), {
      mailboxId: request.mailboxId,
      deviceId: DeviceId(request.deviceId),
      folderIds: []
    }),
    ({ hierarchy }) => (hierarchy === null || hierarchy.isStale ? null : hierarchy.modSeq)
  )

const ofNews = (asked: SyncRequest, { folderIds }: News): SyncRequest => ({
  ...asked,
  collections: asked.collections.filter(({ collectionId }) =>
    folderIds.some((folderId) => folderId === folderIdOf(collectionId))
  )
})
