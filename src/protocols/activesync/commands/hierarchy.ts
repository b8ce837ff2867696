import { Effect, Either } from "effect"
import { type CoreError, isTemporary } from "../../../domain/errors.ts"
import { DeviceId, SyncKey } from "../../../domain/ids.ts"
import type { FolderOutcome } from "../../../domain/sync/outcomes.ts"
import type { DeviceFolderChange, SyncedFolders } from "../../../domain/sync/Synchronise.ts"
import type { SyncMethods } from "../../../rpc/Sync.ts"
import { type Answer, isAtLeast, type Request } from "../Command.ts"
import { callOf } from "../callOf.ts"
import { StatusError } from "../status.ts"
import { type Content, element, type Tag } from "../wbxml/element.ts"

type Root =
  | "FolderHierarchy:FolderSync"
  | "FolderHierarchy:FolderCreate"
  | "FolderHierarchy:FolderUpdate"
  | "FolderHierarchy:FolderDelete"

/** Common to all four commands (MS-ASCMD 2.2.3.177.2 to 5). */
const success = 1
const tryLater = 6
const wrongKey = 9

/** What a command is made of: its own reading of the request, and its own words for what came of it. */
export interface FolderCommand<A> {
  readonly root: Root
  readonly read: Either.Either<A, number>
  readonly keyOf: (asked: A) => string
  /** Null: the device only looks. Left: what it wishes cannot be. */
  readonly changeOf: (asked: A) => Either.Either<DeviceFolderChange | null, number>
  readonly statuses: Readonly<Record<Exclude<FolderOutcome["status"], "Applied">, number>>
  /** What follows Status and SyncKey of a success. */
  readonly rest: (synced: Extract<SyncedFolders, { readonly _tag: "Synced" }>) => Content
}

export const runFolderCommand = <A>(
  sync: SyncMethods,
  request: Request,
  command: FolderCommand<A>
): Effect.Effect<Answer, CoreError | StatusError> => {
  const status = (code: number) => answerStatus(command.root, code)
  const wish = Either.flatMap(command.read, (asked) =>
    Either.map(command.changeOf(asked), (change) => ({ key: command.keyOf(asked), change }))
  )
  if (Either.isLeft(wish)) return status(wish.left)
  const { key, change } = wish.right
  // Only who looks may begin anew.
  if (change !== null && key === "0") return status(wrongKey)
  return sync
    .syncFolders(callOf(request), {
      mailboxId: request.mailboxId,
      deviceId: DeviceId(request.deviceId),
      key: key === "0" ? null : SyncKey(key),
      change
    })
    .pipe(
      Effect.flatMap((synced) => {
        if (synced._tag === "Refused") return status(wrongKey)
        const outcome = synced.outcome?.status ?? "Applied"
        return outcome === "Applied"
          ? Effect.succeed(succeeded(command.root, synced.key, command.rest(synced)))
          : status(command.statuses[outcome])
      }),
      Effect.catchIf(isPassing(request), () => status(tryLater))
    )
}

/** Before 14.0 the answer to what may work later is 503 of HTTP. */
const isPassing =
  ({ version }: Request) =>
  (error: CoreError | StatusError): boolean =>
    error._tag !== "StatusError" && isTemporary(error) && isAtLeast(version, "14.0")

/** A failure has neither key nor anything else (MS-ASCMD_R4570). Common statuses travel as with all commands. */
const answerStatus = (root: Root, status: number): Effect.Effect<Answer, StatusError> =>
  status > 100
    ? Effect.fail(new StatusError({ status }))
    : Effect.succeed({ _tag: "Document", document: element(root, statusElement(status)) })

const succeeded = (root: Root, key: string, rest: Content): Answer => ({
  _tag: "Document",
  document: element(root, statusElement(success), element("FolderHierarchy:SyncKey", key), rest)
})

const statusTag: Tag = "FolderHierarchy:Status"
const statusElement = (status: number) => element(statusTag, status)
