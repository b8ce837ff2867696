import { Effect } from "effect"
import type { CoreError } from "../../../domain/errors.ts"
import type { FolderId } from "../../../domain/ids.ts"
import type { ChangeOutcome } from "../../../domain/sync/outcomes.ts"
import type { CollectionAnswer } from "../../../domain/sync/Synchronise.ts"
import type { ToldItem } from "../../../rpc/Sync.ts"
import type { BodyOptions } from "../content/bodyOptions.ts"
import { serverIdOf } from "../content/serverId.ts"
import type { AnsweredCollection, ItemChange, Response } from "./answer.ts"
import { refusedCollection } from "./emptyAnswer.ts"
import { fetchItem } from "./fetch.ts"
import { type Rendering, renderTold } from "./items.ts"
import { newDraftProperties } from "./newDraft.ts"
import type { Apply, PreparedMail, PreparedStep } from "./plan.ts"
import { responseOf } from "./responses.ts"
import { bodyOptionsOf } from "./storedOptions.ts"

/** MS-ASCMD 2.2.3.177.17: begin anew; sync the folders first. */
const refusals = { UnknownKey: 3, Expired: 3, NoFolder: 12 } as const

/** One folder of mail in the words of the protocol: responses to the device's commands, then what is new for it. */
export const answerMail = (
  rendering: Rendering,
  plan: PreparedMail,
  answered: CollectionAnswer<ToldItem>
): Effect.Effect<AnsweredCollection, CoreError> =>
  Effect.gen(function* () {
    if (answered._tag === "Refused") return refusedCollection(plan.request, refusals[answered.reason])
    const body = bodyOptionsOf(answered.options.other)
    const responses: Array<Response> = []
    const sent: Array<ItemChange> = []
    let next = 0
    for (const step of plan.steps) {
      const outcome = step._tag === "Apply" ? answered.outcomes[next++] : undefined
      const response = yield* respond(rendering, step, { outcome, folderId: plan.folderId, body })
      if (response !== null) responses.push(response)
      if (step._tag === "Apply" && step.isSent) sent.push(...goneDraft(outcome))
    }
    return {
      collectionId: plan.request.collectionId,
      syncKey: answered.key,
      status: 1,
      responses,
      changes: [...sent, ...(yield* renderTold(rendering, answered.told, body))],
      moreAvailable: answered.more
    }
  })

/** It went at the device's wish, but to Sent Items: the device has to be told that it is no draft any more. */
const goneDraft = (outcome: ChangeOutcome | undefined): ReadonlyArray<ItemChange> =>
  outcome?.status === "Applied" && outcome.messageId !== null
    ? [{ _tag: "Delete", serverId: serverIdOf(outcome.messageId) }]
    : []

interface Told {
  readonly outcome: ChangeOutcome | undefined
  readonly folderId: FolderId
  readonly body: BodyOptions
}

const respond = (
  rendering: Rendering,
  step: PreparedStep,
  { outcome, folderId, body }: Told
): Effect.Effect<Response | null, CoreError> => {
  switch (step._tag) {
    case "Answered":
      return Effect.succeed(step.response)
    case "Apply":
      return outcome === undefined ? Effect.succeed(null) : tried(rendering, step, outcome)
    case "Fetch":
      return fetchItem(rendering, { ...step, folderId, body })
  }
}

const tried = (
  rendering: Rendering,
  { command, change, added }: Apply,
  outcome: ChangeOutcome
): Effect.Effect<Response | null, CoreError> => {
  const { status, messageId } = outcome
  const isNew = change._tag === "Add" && status === "Applied" && messageId !== null
  return Effect.map(
    isNew ? newDraftProperties(rendering, { messageId, added }) : Effect.succeed(null),
    (properties) => responseOf(command, outcome, properties)
  )
}
