import { Rpc, RpcGroup } from "@effect/rpc"
import { Schema } from "effect"
import { OperationId } from "../../../domain/ids.ts"
import type {
  Done,
  HeldSends,
  Recipients,
  SavedDraft,
  SendCancelled,
  Sent,
  StoredDraft,
  WritingRules
} from "../OwaAnswers.ts"
import { refused, told } from "../told.ts"
import { draftFields, messageId } from "./draftFields.ts"

const time = Schema.Number.pipe(Schema.filter(Number.isSafeInteger), Schema.greaterThanOrEqualTo(0))
const operationId = Schema.String.pipe(Schema.pattern(/^[\w.:-]{1,64}$/), Schema.fromBrand(OperationId))
const limit = Schema.NullOr(Schema.Int.pipe(Schema.between(1, 100)))

/** What a page asks for who writes. */
export const ComposeRpcs = RpcGroup.make(
  Rpc.make("WritingRules", { success: told<WritingRules>(), error: refused }),
  /** Into Drafts, in place of `draftId`. */
  Rpc.make("SaveDraft", {
    payload: { operationId, draftId: Schema.NullOr(messageId), draft: draftFields },
    success: told<SavedDraft>(),
    error: refused
  }),
  Rpc.make("ReadDraft", { payload: { messageId }, success: told<StoredDraft>(), error: refused }),
  /** For good: who may want it back holds the call back. */
  Rpc.make("DiscardDraft", { payload: { operationId, messageId }, success: told<Done>(), error: refused }),
  /** What is sent is `draft`, not what lies in Drafts; `draftId` goes from there. `sendAt`: epoch milliseconds. */
  Rpc.make("Send", {
    payload: {
      operationId,
      draftId: Schema.NullOr(messageId),
      draft: draftFields,
      sendAt: Schema.NullOr(time)
    },
    success: told<Sent>(),
    error: refused
  }),
  /** Refused as `tooLate` once it is sent. What was cancelled is never sent. */
  Rpc.make("CancelSend", {
    payload: { operationId, sendId: operationId },
    success: told<SendCancelled>(),
    error: refused
  }),
  Rpc.make("HeldSends", { success: told<HeldSends>(), error: refused }),
  /** Whom one may mean, by how a name or address begins. */
  Rpc.make("Recipients", {
    payload: { query: Schema.String.pipe(Schema.maxLength(200)), limit },
    success: told<Recipients>(),
    error: refused
  })
)
