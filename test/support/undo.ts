import { Either } from "effect"
import type { Change } from "../../src/domain/Change.ts"
import type { Command } from "../../src/domain/Command.ts"
import { OperationId } from "../../src/domain/ids.ts"
import { decide } from "../../src/domain/mailbox/decide/decide.ts"
import type { Refusal } from "../../src/domain/mailbox/decide/View.ts"
import { defaultMailboxLimits, type MailboxLimits } from "../../src/domain/mailbox/State.ts"
import type { Undone } from "../../src/domain/Operation.ts"
import { applyChange, type Model, run } from "./domain.ts"

export interface Done {
  readonly model: Model
  readonly changes: ReadonlyArray<Change>
}

/** What a command that must succeed did. */
export const did = (model: Model, command: Command): Done => {
  const { changes, ...after } = Either.getOrThrow(run(model, command))
  return { model: after, changes }
}

export const undo = (
  model: Model,
  changes: ReadonlyArray<Change> | null,
  { limits = {}, age = 0 }: { readonly limits?: Partial<MailboxLimits>; readonly age?: number } = {}
): Either.Either<Done & { readonly undone: Undone | undefined }, Refusal> =>
  Either.map(
    decide(
      {
        state: model.state,
        messages: model.messages,
        limits: { ...defaultMailboxLimits, ...limits },
        undoing: { operation: changes === null ? null : { changes, at: 0 }, now: age }
      },
      { _tag: "Undo", undoes: OperationId("done") }
    ),
    (decision) => ({
      model: decision.changes.reduce(applyChange, model),
      changes: decision.changes,
      undone: decision.undone
    })
  )

/** One that must succeed. */
export const undoneOf = (model: Model, changes: ReadonlyArray<Change>) =>
  Either.getOrThrow(undo(model, changes))

export const counts = (undone: Undone | undefined) => [
  undone?.restored,
  undone?.changedSince,
  undone?.gone,
  undone?.noPlace
]
