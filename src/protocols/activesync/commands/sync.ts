import { Effect, Either } from "effect"
import { type CoreError, isTemporary } from "../../../domain/errors.ts"
import { DeviceId } from "../../../domain/ids.ts"
import { type Answer, type Command, isAtLeast, type Request } from "../Command.ts"
import { callOf } from "../callOf.ts"
import { StatusError } from "../status.ts"
import { syncAnswer, syncRefused } from "../sync/answer.ts"
import { type Hanging, hang } from "../sync/hang.ts"
import { completed, fromKept, toKept } from "../sync/keptSync.ts"
import { parseSync } from "../sync/parseSync.ts"
import { type Round, runRound, type Syncing } from "../sync/round.ts"
import type { SyncRefusal, SyncRequest } from "../sync/SyncRequest.ts"

/** Carries changes both ways, at once or when there are some (MS-ASCMD 2.2.1.21). */
export const sync =
  (syncing: Syncing): Command =>
  (request) =>
    Effect.gen(function* () {
      const asked = yield* readRequest(syncing, request)
      if (Either.isLeft(asked)) return yield* refuse(asked.left)
      const first = yield* runRound(syncing, request, { asked: asked.right, keep: toKept(asked.right) })
      if (first.answers.length > 0) return document(first)
      return asked.right.waitSeconds === null
        ? nothingNew
        : yield* wait(syncing, request, { asked: asked.right, first, seconds: asked.right.waitSeconds })
    }).pipe(Effect.catchAll((error) => later(request, error)))

const wait = (
  syncing: Syncing,
  request: Request,
  hanging: Hanging
): Effect.Effect<Answer, CoreError | StatusError> =>
  Effect.flatMap(hang(syncing, request, hanging), (news) => {
    if (news === "expired" || news === "gone" || news === "standing") return Effect.succeed(nothingNew)
    return news === "folders" ? refuse({ status: 12, limit: null }) : Effect.succeed(document(news))
  })

/** The empty answer: 200 and no body (MS-ASCMD_R667, R679). */
const nothingNew: Answer = { _tag: "Empty" }

const document = ({ answers }: Round): Answer => ({ _tag: "Document", document: syncAnswer(answers) })

/** Statuses of all commands travel as all commands do. */
const refuse = (refusal: SyncRefusal): Effect.Effect<Answer, StatusError> =>
  refusal.status > 100
    ? Effect.fail(new StatusError({ status: refusal.status }))
    : Effect.succeed({ _tag: "Document", document: syncRefused(refusal) })

/** What may work in a moment is 16, never a status that makes a device begin anew. Before 14.0 that is 503 of HTTP. */
const later = (
  { version }: Request,
  error: StatusError | CoreError
): Effect.Effect<Answer, StatusError | CoreError> =>
  error._tag !== "StatusError" && isTemporary(error) && isAtLeast(version, "14.0")
    ? refuse({ status: 16, limit: null })
    : Effect.fail(error)

/** The request, whole: an empty or partial one is completed by what is kept of the one before. */
const readRequest = (
  { sync, limits }: Syncing,
  request: Request
): Effect.Effect<Either.Either<SyncRequest, SyncRefusal>, CoreError> => {
  const { document, version, mailboxId, deviceId } = request
  const parsed = document === null ? Either.right(null) : parseSync(document, { version, ...limits })
  if (Either.isLeft(parsed)) return Effect.succeed(Either.left(parsed.left))
  const asked = parsed.right
  if (asked !== null && !asked.isPartial) return Effect.succeed(Either.right(asked))
  return sync
    .getCursors(callOf(request), { mailboxId, deviceId: DeviceId(deviceId), folderIds: [] })
    .pipe(Effect.map(({ kept }) => completed(asked, fromKept(kept.sync), limits.maxCollections)))
}
