import { Effect } from "effect"
import type { CoreError } from "../../../domain/errors.ts"
import { DeviceId, type ModSeq } from "../../../domain/ids.ts"
import type { News } from "../../../rpc/Sync.ts"
import type { Leaving, Request } from "../Command.ts"
import { callOf } from "../callOf.ts"
import { folderIdOf } from "../content/serverId.ts"
import { counted, type Looked, waitFor } from "./news.ts"
import { type Round, runRound, type Syncing } from "./round.ts"
import type { SyncRequest } from "./SyncRequest.ts"

export interface Hanging {
  readonly asked: SyncRequest
  /** What was found before there was reason to wait: nothing. */
  readonly first: Round
  readonly seconds: number
}

/**
 * Waits for news of any folder and tells it (MS-ASCMD 3.1.5.4). "folders": they changed, and a device that hangs here has
 * no other way to learn of it.
 */
export const hang = (
  syncing: Syncing,
  request: Request,
  { asked, first, seconds }: Hanging
): Effect.Effect<Round | "folders" | "expired" | Leaving, CoreError> => {
  const beyond = new Map(first.told.map((told) => [told.folderId, told.beyond]))
  const roundOf = (news: News | null): Effect.Effect<Round | null, CoreError> =>
    news === null
      ? Effect.succeed(null)
      : runRound(syncing, request, { asked: ofNews(asked, news), keep: undefined })
  const look = (news: News | null): Effect.Effect<Looked<Round | "folders">, CoreError> =>
    Effect.gen(function* () {
      const hierarchyBeyond = yield* hierarchyOf(syncing, request)
      if (hierarchyBeyond === null) return { _tag: "Found", found: "folders" }
      const round = yield* roundOf(news)
      if (round !== null && round.answers.length > 0) return { _tag: "Found", found: round }
      for (const told of round?.told ?? []) beyond.set(told.folderId, told.beyond)
      return {
        _tag: "Wait",
        folders: [...beyond].map(([folderId, modSeq]) => ({ folderId, beyond: modSeq })),
        hierarchyBeyond
      }
    })
  const waiting = waitFor<Round | "folders" | "expired">(syncing.sync, request, {
    seconds,
    look,
    stuck: () => "expired"
  })
  return counted(waiting, { devices: syncing.devices, request, seconds })
}

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
