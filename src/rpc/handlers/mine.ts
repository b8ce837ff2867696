import { Effect } from "effect"
import type { CoreError } from "../../domain/errors.ts"
import type { OfMailbox } from "../Core.ts"
import type { OwnCall } from "../guard.ts"
import { isOwner } from "./synchronise.ts"

/** What a handler is about belongs to the person whose mailbox it is; another mailbox is not there for it. */
export const mine =
  <I extends OfMailbox, A>(handler: (call: OwnCall, input: I) => Effect.Effect<A, CoreError>) =>
  (call: OwnCall, input: I): Effect.Effect<A, CoreError> =>
    Effect.zipRight(isOwner(call, input.mailboxId), handler(call, input))
