import { Effect } from "effect"
import type { CoreError } from "../../../domain/errors.ts"
import { DeviceId, type FolderId, type ModSeq, SyncKey } from "../../../domain/ids.ts"
import type { Json } from "../../../domain/sync/Cursor.ts"
import type { CollectionWish } from "../../../domain/sync/Synchronise.ts"
import type { CoreMethods } from "../../../rpc/Core.ts"
import type { OwnDeviceMethods } from "../../../rpc/Devices.ts"
import type { RawContent, SyncMethods } from "../../../rpc/Sync.ts"
import type { MimeReader } from "../../mime/MimeReader.ts"
import type { Request } from "../Command.ts"
import { callOf } from "../callOf.ts"
import type { AnsweredCollection } from "./answer.ts"
import { answerMail } from "./answerMail.ts"
import { type Drafting, prepareDraft } from "./drafts.ts"
import { type Plan, type PreparedMail, type PreparedStep, planCollection } from "./plan.ts"
import { type SyncRequest, windowSizes } from "./SyncRequest.ts"

/** What Sync works with. */
export interface Syncing {
  readonly core: CoreMethods
  readonly mime: MimeReader["Type"]
  readonly sync: SyncMethods
  readonly devices: Pick<OwnDeviceMethods, "countHeartbeat">
  readonly limits: {
    readonly maxCollections: number
    /** Octets of content in one answer. */
    readonly maxAnswerBytes: number
    /** Octets of drafts that one request makes. */
    readonly maxDraftBytes: number
  }
}

/** What came of asking Core once. */
export interface Round {
  /** In the order of the request; of those that have something to say. */
  readonly answers: ReadonlyArray<AnsweredCollection>
  /** Folders of mail and how far they were told: what is beyond is news. */
  readonly told: ReadonlyArray<{ readonly folderId: FolderId; readonly beyond: ModSeq }>
}

type Mail = Extract<Plan, { readonly _tag: "Mail" }>

/** Asks Core for everything of a request at once, and says it in the words of the protocol. `keep`: see `SyncWish`. */
export const runRound = Effect.fnUntraced(function* (
  { core, mime, sync, limits }: Syncing,
  request: Request,
  wish: { readonly asked: SyncRequest; readonly keep: Json | undefined }
) {
  const { asked, keep } = wish
  const { mailboxId, version } = request
  const call = callOf(request)
  const plans = asked.collections.map((collection) => planCollection(collection, version))
  const drafting = {
    core,
    mime,
    request,
    room: { left: limits.maxDraftBytes },
    maxBytes: limits.maxDraftBytes
  }
  const mail = yield* Effect.forEach(plans.filter(isMail), (plan) => prepared(sync, drafting, plan))
  const synced = yield* sync.synchronise(call, {
    mailboxId,
    deviceId: DeviceId(request.deviceId),
    collections: mail.map(wishOf),
    maxItems: asked.windowSize ?? windowSizes.max,
    maxBytes: limits.maxAnswerBytes,
    keep: keep === undefined ? null : { name: "sync", value: keep }
  })
  const rendering = { core, call, mailboxId, version, room: { left: limits.maxAnswerBytes } }
  const answers: Array<AnsweredCollection> = []
  let next = 0
  for (const plan of plans) {
    if (plan._tag === "Answered") {
      answers.push(plan.answer)
      continue
    }
    const [ready, answered] = [mail[next], synced.collections[next++]]
    if (ready !== undefined && answered !== undefined)
      answers.push(yield* answerMail(rendering, ready, answered))
  }
  return {
    answers: answers.filter((answer, index) => saysSomething(answer, asked.collections[index]?.syncKey)),
    told: synced.collections.flatMap((answered) =>
      answered._tag === "Synced" ? [{ folderId: answered.folderId, beyond: answered.modSeq }] : []
    )
  } satisfies Round
})

const isMail = (plan: Plan): plan is Mail => plan._tag === "Mail"

/** Nothing is sent for a request whose key will be refused: the device would want it sent again. */
const prepared = (
  sync: SyncMethods,
  drafting: Omit<Drafting, "key" | "folderId">,
  plan: Mail
): Effect.Effect<PreparedMail, CoreError> =>
  Effect.gen(function* () {
    const { request } = drafting
    const { folderId } = plan
    const drafts = plan.steps.filter(({ _tag }) => _tag === "Draft")
    const key = plan.request.syncKey
    const isKnown =
      drafts.length === 0 ||
      (yield* sync.estimate(callOf(request), {
        mailboxId: request.mailboxId,
        folderId,
        deviceId: DeviceId(request.deviceId),
        key: SyncKey(key),
        options: null
      })) !== null
    const steps = yield* Effect.forEach(isKnown ? plan.steps : [], (step) =>
      step._tag === "Draft"
        ? prepareDraft({ ...drafting, folderId, key }, step)
        : Effect.succeed<PreparedStep>(step)
    )
    return { ...plan, steps }
  })

const wishOf = ({ request, folderId, options, steps }: PreparedMail): CollectionWish<RawContent> => ({
  folderId,
  key: request.syncKey === "0" ? null : SyncKey(request.syncKey),
  options,
  ...(request.conversationMode === null ? {} : { conversations: request.conversationMode }),
  tell: request.getChanges,
  maxItems: request.windowSize,
  changes: steps.flatMap((step) => (step._tag === "Apply" ? [step.change] : []))
})

/** What is as the device knows it already is left out (MS-ASCMD_R4780). A new key is something. */
const saysSomething = (answer: AnsweredCollection, presentedKey: string | undefined): boolean =>
  answer.status !== 1 ||
  answer.syncKey !== presentedKey ||
  answer.responses.length + answer.changes.length > 0 ||
  answer.moreAvailable
