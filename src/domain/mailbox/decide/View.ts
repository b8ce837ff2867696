import { Either } from "effect"
import type { Change } from "../../Change.ts"
import type { Decision } from "../../Command.ts"
import {
  type AlreadyExists,
  type InvalidRequest,
  type LimitExceeded,
  type NotAllowed,
  NotFound
} from "../../errors.ts"
import type { Folder } from "../../Folder.ts"
import type { FolderId, MessageId } from "../../ids.ts"
import type { StoredMessage } from "../../Message.ts"
import type { DoneOperation } from "../../Operation.ts"
import type { SyncMaterial } from "../../sync/material.ts"
import type { MailboxLimits, MailboxState } from "../State.ts"

/** What a decision may look at. `messages` holds at least those that `select` named and that exist. */
export interface View {
  readonly state: MailboxState
  readonly messages: ReadonlyMap<MessageId, StoredMessage>
  readonly limits: MailboxLimits
  /** For commands about devices. */
  readonly sync?: SyncMaterial
  /** For an undo. */
  readonly undoing?: Undoing
}

/** What an undo must know. */
export interface Undoing {
  /** null = there is none of that id. */
  readonly operation: DoneOperation | null
  /** Epoch milliseconds. */
  readonly now: number
}

/** Why a command is refused; nothing was changed. */
export type Refusal = InvalidRequest | NotFound | AlreadyExists | NotAllowed | LimitExceeded

export type Decided = Either.Either<Decision, Refusal>

const none: Omit<Decision, "changes"> = { copies: new Map(), missing: [], more: false }

export const decided = (
  changes: ReadonlyArray<Change>,
  rest: Partial<Omit<Decision, "changes">> = {}
): Decided => Either.right({ ...none, ...rest, changes })

export const existingFolder = (view: View, id: FolderId): Either.Either<Folder, NotFound> => {
  const folder = view.state.folders.get(id)
  return folder === undefined ? Either.left(new NotFound({ what: "folder" })) : Either.right(folder)
}

/** The named messages that exist, each once and in the order named, and the numbers that name nothing. */
export const pick = (
  view: View,
  ids: ReadonlyArray<MessageId>
): { readonly found: ReadonlyArray<StoredMessage>; readonly missing: ReadonlyArray<MessageId> } => {
  const found: Array<StoredMessage> = []
  const missing: Array<MessageId> = []
  for (const id of new Set(ids)) {
    const message = view.messages.get(id)
    if (message === undefined) missing.push(id)
    else found.push(message)
  }
  return { found, missing }
}
