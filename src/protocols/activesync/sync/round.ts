import { Effect } from "effect"
import type { CoreError } from "../../../domain/errors.ts"
import { DeviceId, type FolderId, type ModSeq, SyncKey } from "../../../domain/ids.ts"
import type { Json } from "../../../domain/sync/Cursor.ts"
import type { ChangeOutcome } from "../../../domain/sync/outcomes.ts"
import type { CollectionAnswer, CollectionWish } from "../../../domain/sync/Synchronise.ts"
import type { CoreMethods } from "../../../rpc/Core.ts"
import type { OwnDeviceMethods } from "../../../rpc/Devices.ts"
import type { RawContent, SyncMethods, ToldItem } from "../../../rpc/Sync.ts"
import type { Request } from "../Command.ts"
import { callOf } from "../callOf.ts"
import type { AnsweredCollection, Response } from "./answer.ts"
import { refusedCollection } from "./emptyAnswer.ts"
import { fetchItem } from "./fetch.ts"
import { type Rendering, renderTold } from "./items.ts"
import { type Plan, planCollection, type Step } from "./plan.ts"
import { responseOf } from "./responses.ts"
import { type SyncRequest, windowSizes } from "./SyncRequest.ts"
import { bodyOptionsOf } from "./storedOptions.ts"

/** What Sync works with. */
export interface Syncing {
  readonly core: CoreMethods
  readonly sync: SyncMethods
  readonly devices: Pick<OwnDeviceMethods, "countHeartbeat">
  readonly limits: {
    readonly maxCollections: number
    /** Octets of content in one answer. */
    readonly maxAnswerBytes: number
  }
}

/** What came of asking Core once. */
export interface Round {
  /** In the order of the request; of those that have something to say. */
  readonly answers: ReadonlyArray<AnsweredCollection>
  /** Folders of mail and how far they were told: what is beyond is news. */
  readonly told: ReadonlyArray<{ readonly folderId: FolderId; readonly beyond: ModSeq }>
  readonly isHierarchyStale: boolean
}

type Mail = Extract<Plan, { readonly _tag: "Mail" }>
type Answered = CollectionAnswer<ToldItem>

/** Asks Core for everything of a request at once, and says it in the words of the protocol. `keep`: see `SyncWish`. */
export const runRound = Effect.fnUntraced(function* (
  { core, sync, limits }: Syncing,
  request: Request,
  wish: { readonly asked: SyncRequest; readonly keep: Json | undefined }
) {
  const { asked, keep } = wish
  const { mailboxId, version } = request
  const call = callOf(request)
  const plans = asked.collections.map((collection) => planCollection(collection, version))
  const mail = plans.filter(isMail)
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
    const answered = synced.collections[next++]
    if (answered !== undefined) answers.push(yield* answerMail(rendering, plan, answered))
  }
  return {
    answers: answers.filter((answer, index) => saysSomething(answer, asked.collections[index]?.syncKey)),
    told: synced.collections.flatMap((answered) =>
      answered._tag === "Synced" ? [{ folderId: answered.folderId, beyond: answered.modSeq }] : []
    ),
    isHierarchyStale: synced.isHierarchyStale
  } satisfies Round
})

const isMail = (plan: Plan): plan is Mail => plan._tag === "Mail"

const wishOf = ({ request, folderId, options, steps }: Mail): CollectionWish<RawContent> => ({
  folderId,
  key: request.syncKey === "0" ? null : SyncKey(request.syncKey),
  options,
  tell: request.getChanges,
  maxItems: request.windowSize,
  changes: steps.flatMap((step) => (step._tag === "Apply" ? [step.change] : []))
})

/** MS-ASCMD 2.2.3.177.17: begin anew; sync the folders first. */
const refusals = { UnknownKey: 3, Expired: 3, NoFolder: 12 } as const

const answerMail = (
  rendering: Rendering,
  plan: Mail,
  answered: Answered
): Effect.Effect<AnsweredCollection, CoreError> =>
  Effect.gen(function* () {
    if (answered._tag === "Refused") return refusedCollection(plan.request, refusals[answered.reason])
    const body = bodyOptionsOf(answered.options.other)
    const responses: Array<Response> = []
    let next = 0
    for (const step of plan.steps) {
      const outcome = step._tag === "Apply" ? answered.outcomes[next++] : undefined
      const response = yield* respond(rendering, step, { outcome, folderId: plan.folderId, body })
      if (response !== null) responses.push(response)
    }
    return {
      collectionId: plan.request.collectionId,
      syncKey: answered.key,
      status: 1,
      responses,
      changes: yield* renderTold(rendering, answered.told, body),
      moreAvailable: answered.more
    }
  })

interface Told {
  readonly outcome: ChangeOutcome | undefined
  readonly folderId: FolderId
  readonly body: ReturnType<typeof bodyOptionsOf>
}

const respond = (
  rendering: Rendering,
  step: Step,
  { outcome, folderId, body }: Told
): Effect.Effect<Response | null, CoreError> => {
  switch (step._tag) {
    case "Answered":
      return Effect.succeed(step.response)
    case "Apply":
      return Effect.succeed(outcome === undefined ? null : responseOf(step.command, outcome, null))
    case "Fetch":
      return fetchItem(rendering, { ...step, folderId, body })
    case "Draft":
      return Effect.succeed(null)
  }
}

/** What is as the device knows it already is left out (MS-ASCMD_R4780). A new key is something. */
const saysSomething = (answer: AnsweredCollection, presentedKey: string | undefined): boolean =>
  answer.status !== 1 ||
  answer.syncKey !== presentedKey ||
  answer.responses.length + answer.changes.length > 0 ||
  answer.moreAvailable
