import { Effect, Either } from "effect"
import { type CoreError, isTemporary } from "../../../domain/errors.ts"
import { DeviceId, type FolderId } from "../../../domain/ids.ts"
import type { Answer, Command, Request } from "../Command.ts"
import { callOf } from "../callOf.ts"
import { collectionIdOf, folderIdOf } from "../content/serverId.ts"
import { type Content, element } from "../wbxml/element.ts"
import { fromKept, type PingTerms, sameTerms, toKept } from "./keptPing.ts"
import { type PingLimits, type PingRefusal, type PingRequest, readPing } from "./pingRequest.ts"
import { awaitChange, cursorsOf, type Pinging } from "./pingWait.ts"

/** MS-ASCMD 2.2.3.177.11. */
const expired = 1
const changed = 2
const incomplete = 3
const syncFolders = 7
const tryLater = 8

/** Waits until one of the device's folders has something that Sync would tell it (MS-ASCMD 2.2.1.13). */
export const ping =
  (pinging: Pinging): Command =>
  (request) =>
    Effect.gen(function* () {
      const read = readRequest(request, pinging.limits)
      if (Either.isLeft(read)) return refused(read.left)
      const known = yield* cursorsOf(pinging, request)
      const before = fromKept(known.kept.ping)
      const terms = completed(read.right, before)
      if (terms === undefined) return answer(incomplete)
      if (before === undefined || !sameTerms(terms, before)) yield* keep(pinging, request, terms)
      return yield* park(pinging, request, terms)
    }).pipe(Effect.catchIf(isTemporary, () => Effect.succeed(answer(tryLater))))

/** No body is a request that says nothing new (MS-ASCMD_R335). */
const readRequest = ({ document }: Request, limits: PingLimits): Either.Either<PingRequest, PingRefusal> =>
  document === null ? Either.right({ heartbeat: null, collectionIds: null }) : readPing(document, limits)

/** Both must have been said at least once (MS-ASCMD_R4241). */
const completed = (asked: PingRequest, before: PingTerms | undefined): PingTerms | undefined => {
  const heartbeat = asked.heartbeat ?? before?.heartbeat
  const collectionIds = asked.collectionIds ?? before?.collectionIds
  return heartbeat === undefined || collectionIds === undefined ? undefined : { heartbeat, collectionIds }
}

/** Kept where the device's keys are, so that another process knows it too. */
const keep = ({ sync }: Pinging, request: Request, terms: PingTerms): Effect.Effect<unknown, CoreError> =>
  sync.synchronise(callOf(request), {
    mailboxId: request.mailboxId,
    deviceId: DeviceId(request.deviceId),
    collections: [],
    maxItems: 0,
    maxBytes: 0,
    keep: { name: "ping", value: toKept(terms) }
  })

const park = (
  pinging: Pinging,
  request: Request,
  { heartbeat: seconds, collectionIds }: PingTerms
): Effect.Effect<Answer, CoreError> =>
  Effect.map(
    awaitChange(pinging, request, {
      folderIds: collectionIds.flatMap((id) => folderIdOf(id) ?? []),
      seconds
    }),
    (result) => {
      if (result === "expired" || result === "gone") return answer(expired)
      // Ping itself asks for no policy key: it is FolderSync that the device learns all refusals by.
      return result === "folders" || result === "standing" ? answer(syncFolders) : changedAnswer(result)
    }
  )

const changedAnswer = (folderIds: ReadonlyArray<FolderId>): Answer =>
  answer(
    changed,
    element(
      "Ping:Folders",
      folderIds.map((id) => element("Ping:Folder", collectionIdOf(id)))
    )
  )

const answer = (status: number, ...rest: ReadonlyArray<Content>): Answer => ({
  _tag: "Document",
  document: element("Ping:Ping", element("Ping:Status", status), rest)
})

const refused = (refusal: PingRefusal): Answer => {
  switch (refusal.status) {
    case 4:
      return answer(4)
    case 5:
      return answer(5, element("Ping:HeartbeatInterval", refusal.heartbeat))
    case 6:
      return answer(6, element("Ping:MaxFolders", refusal.maxFolders))
  }
}
