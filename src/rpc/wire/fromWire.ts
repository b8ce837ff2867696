import type { Timestamp } from "@bufbuild/protobuf/wkt"
import { timestampMs } from "@bufbuild/protobuf/wkt"
import { Either } from "effect"
import { InvalidRequest } from "../../domain/errors.ts"
import { type Flag, isFlag } from "../../domain/Flags.ts"
import {
  FolderId,
  isUuid,
  MailboxId,
  MessageId,
  ModSeq,
  OperationId,
  TaskId,
  ThreadId
} from "../../domain/ids.ts"
import type { Principal } from "../../identity/Principal.ts"

// Readers of request fields. They throw InvalidRequest, which `calls.ts` turns into an answer: a request is read in one
// synchronous step, so that handlers see domain values only.

const refuse = (message: string): never => {
  throw new InvalidRequest({ message })
}

const number = (value: bigint, name: string): number =>
  value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : refuse(`${name} is too large.`)

export const folderId = (value: bigint): FolderId => FolderId(number(value, "A folder id"))
export const messageId = (value: bigint): MessageId => MessageId(number(value, "A message id"))
export const threadId = (value: bigint): ThreadId => ThreadId(number(value, "A thread id"))
export const modSeq = (value: bigint): ModSeq => ModSeq(number(value, "A modseq"))
export const optionalFolderId = (value: bigint | undefined): FolderId | null =>
  value === undefined ? null : folderId(value)
export const messageIds = (values: ReadonlyArray<bigint>): ReadonlyArray<MessageId> =>
  values.length === 0 ? refuse("Name at least one message.") : values.map(messageId)

export const skipped = (value: bigint): number => number(value, "What is skipped")

/** 0 = not said. */
export const optionalCount = (value: number): number | null => (value === 0 ? null : value)

/** A UUID; empty = the caller's own mailbox, if it has one. */
export const mailboxId = (value: string, principal: Principal): MailboxId => {
  if (value !== "") return MailboxId(uuid(value, "mailbox_id"))
  return principal._tag === "User"
    ? principal.mailboxId
    : refuse("Say which mailbox: you have none of your own.")
}

/** Lower case, as in SQL and blob keys. */
export const uuid = (value: string, name: string): string => {
  const id = value.toLowerCase()
  return isUuid(id) ? id : refuse(`${name} is not a UUID.`)
}

export const taskIds = (values: ReadonlyArray<string>): ReadonlyArray<TaskId> =>
  values.map((value) => TaskId(uuid(value, "A task id")))

/** Printable ASCII, at most 128; empty = none. */
export const operationId = (value: string): OperationId | null => {
  if (value === "") return null
  return /^[\x21-\x7e]{1,128}$/.test(value)
    ? OperationId(value)
    : refuse("An operation id has 1 to 128 printable ASCII characters.")
}

export const flags = (values: ReadonlyArray<string>): ReadonlyArray<Flag> =>
  values.map((value) => (isFlag(value) ? value : refuse("A flag is not known.")))

/** Text that Postgres and headers can hold. */
export const text = (
  value: string,
  { name, max }: { readonly name: string; readonly max: number }
): string =>
  value.length <= max && !value.includes("\u0000") ? value : refuse(`${name} is too long or malformed.`)

export const texts = (
  values: ReadonlyArray<string>,
  limits: { readonly name: string; readonly max: number }
): ReadonlyArray<string> => values.map((value) => text(value, limits))

/** Epoch milliseconds between 1970 and 9999; null = not said. */
export const optionalTime = (value: Timestamp | undefined): number | null => {
  if (value === undefined) return null
  const millis = timestampMs(value)
  return millis >= 0 && millis < 253_402_300_800_000 ? millis : refuse("A time is out of range.")
}

/** What a reader threw, or what it read. Anything else that it throws is a defect. */
export const read = <A>(reader: () => A): Either.Either<A, InvalidRequest> => {
  try {
    return Either.right(reader())
  } catch (error) {
    if (error instanceof InvalidRequest) return Either.left(error)
    throw error
  }
}
