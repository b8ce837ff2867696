import type { Change, Origin } from "./Change.ts"
import type { ModSeq, OperationId } from "./ids.ts"

/** What a named wish changed. */
export interface DoneOperation {
  readonly changes: ReadonlyArray<Change>
  /** Epoch milliseconds of the commit. */
  readonly at: number
}

/** The same in a list. */
export interface NamedOperation {
  readonly operationId: OperationId
  /** Of its last change. */
  readonly modSeq: ModSeq
  readonly origin: Origin
  /** Epoch milliseconds of the commit. */
  readonly at: number
  /** Of an undo: the operation that it undid. */
  readonly undoes: OperationId | null
  /** How many changes of each kind. */
  readonly changes: Readonly<Partial<Record<Change["_tag"], number>>>
}

/**
 * What became of the messages and folders that an operation changed. Each is counted once: as restored where all is as
 * before, or else by what kept it from that; it may be put back in part all the same.
 */
export interface Undone {
  readonly undoes: OperationId
  readonly restored: number
  /** Somebody changed since what the operation had changed. */
  readonly changedSince: number
  /** It is there no more, or nobody knows how it was. */
  readonly gone: number
  /** Where it was it cannot be: the folder is there no more, its name is taken, or a limit is in the way. */
  readonly noPlace: number
}

export type UndoOutcome = Exclude<keyof Undone, "undoes">
