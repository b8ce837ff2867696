import { Effect } from "effect"
import type { CoreError } from "../../../domain/errors.ts"
import { DeviceId, type FolderId } from "../../../domain/ids.ts"
import type { KnownDevice } from "../../../domain/sync/Synchronise.ts"
import type { CoreMethods } from "../../../rpc/Core.ts"
import type { OwnDeviceMethods } from "../../../rpc/Devices.ts"
import type { SyncMethods } from "../../../rpc/Sync.ts"
import type { Leaving, Request } from "../Command.ts"
import { callOf } from "../callOf.ts"
import { counted, type Looked, waitFor } from "../sync/news.ts"
import type { PingLimits } from "./pingRequest.ts"

/** What Ping works with. */
export interface Pinging {
  readonly core: Pick<CoreMethods, "listFolders">
  readonly sync: SyncMethods
  readonly devices: Pick<OwnDeviceMethods, "countHeartbeat">
  readonly limits: PingLimits
}

/** What the server remembers of a device. */
export const cursorsOf = ({ sync }: Pinging, request: Request): Effect.Effect<KnownDevice, CoreError> =>
  sync.getCursors(callOf(request), {
    mailboxId: request.mailboxId,
    deviceId: DeviceId(request.deviceId),
    folderIds: null
  })

interface Watched {
  readonly folderIds: ReadonlyArray<FolderId>
  readonly seconds: number
}

/** Waits until folders have something for the device, and says which; "folders" where they themselves changed. */
export const awaitChange = (
  pinging: Pinging,
  request: Request,
  { folderIds, seconds }: Watched
): Effect.Effect<Change | "expired" | Leaving, CoreError> =>
  counted(
    waitFor<Change>(pinging.sync, request, {
      seconds,
      look: () => look(pinging, request, folderIds),
      stuck: (news) => (news === null || news.folderIds.length === 0 ? "folders" : news.folderIds)
    }),
    { devices: pinging.devices, request, seconds }
  )

type Change = ReadonlyArray<FolderId> | "folders"

/**
 * Whether there is something at once: changes that no Sync has told the device yet count, however old. A folder that the
 * device never synced has everything to tell; one that is no more has nothing.
 */
const look = (
  pinging: Pinging,
  request: Request,
  folderIds: ReadonlyArray<FolderId>
): Effect.Effect<Looked<Change>, CoreError> =>
  Effect.gen(function* () {
    const { hierarchy, collections } = yield* cursorsOf(pinging, request)
    if (hierarchy === null || hierarchy.isStale) return { _tag: "Found", found: "folders" }
    const watched = collections.filter((known) => folderIds.includes(known.folderId) && !known.isFolderGone)
    const behind = watched.filter(({ isBehind }) => isBehind).map(({ folderId }) => folderId)
    const known = new Set(collections.map(({ folderId }) => folderId))
    const never = folderIds.filter((id) => !known.has(id))
    const untold = never.length === 0 ? [] : yield* existing(pinging, request, never)
    if (behind.length + untold.length > 0) return { _tag: "Found", found: [...behind, ...untold] }
    return {
      _tag: "Wait",
      folders: watched.map(({ folderId, modSeq }) => ({ folderId, beyond: modSeq })),
      hierarchyBeyond: hierarchy.modSeq
    }
  })

const existing = (
  { core }: Pinging,
  request: Request,
  folderIds: ReadonlyArray<FolderId>
): Effect.Effect<ReadonlyArray<FolderId>, CoreError> =>
  Effect.map(core.listFolders(callOf(request), { mailboxId: request.mailboxId }), ({ folders }) => {
    const there = new Set(folders.map(({ id }) => id))
    return folderIds.filter((id) => there.has(id))
  })
