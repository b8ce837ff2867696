import type { ModSeq } from "../../../../src/domain/ids.ts"
import type { Command } from "../wire/calls.ts"
import type { MailState } from "./MailState.ts"
import { withCommand } from "./optimistic.ts"

/** A command that the changes have not told of yet. */
export interface Pending {
  readonly operationId: string
  readonly command: Command
  /** Done, up to this change; null where the server has not answered. */
  readonly doneAt: ModSeq | null
}

/** What is to be seen: what is known, and what will be. */
export const shown = (known: MailState, pending: ReadonlyArray<Pending>): MailState =>
  pending.reduce((state, { command }) => withCommand(state, command), known)

/** Those that are still to be waited for, once everything up to `modSeq` is known. */
export const untold = (pending: ReadonlyArray<Pending>, modSeq: ModSeq | null): ReadonlyArray<Pending> =>
  pending.some(({ doneAt }) => isTold(doneAt, modSeq))
    ? pending.filter(({ doneAt }) => !isTold(doneAt, modSeq))
    : pending

const isTold = (doneAt: ModSeq | null, modSeq: ModSeq | null): boolean =>
  doneAt !== null && modSeq !== null && doneAt <= modSeq
