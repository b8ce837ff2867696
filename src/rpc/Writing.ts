import { Context, type Effect, type Stream } from "effect"
import type { Address } from "../domain/Content.ts"
import type { CoreError } from "../domain/errors.ts"
import type { OperationId } from "../domain/ids.ts"
import type { Call } from "./Call.ts"
import type { OfMailbox } from "./Core.ts"

/** A file that was handed in before there is a message to attach it to. */
export interface Upload {
  /** `[\w.-]{1,1000}`; of no use to anybody else. */
  readonly uploadId: string
  readonly sizeBytes: number
  /** Epoch milliseconds: afterwards it is gone. */
  readonly expiresAt: number
}

export interface UploadedFile {
  readonly bytes: Uint8Array
  readonly mediaType: string
}

/** A message that was submitted to be sent later. */
export interface HeldMessage {
  readonly operationId: OperationId
  /** Epoch milliseconds. */
  readonly sendAt: number
  readonly subject: string
  readonly to: ReadonlyArray<Address>
}

export interface OfOperation extends OfMailbox {
  readonly operationId: OperationId
}

type Reply<A> = Effect.Effect<A, CoreError>

/** What writing needs beside `Core`: files before their message, and messages that wait to be sent. Only a mailbox's owner may. */
export interface WritingMethods {
  /** Keeps the file for some hours; nothing of it where the stream fails. `mediaType`: printable ASCII, at most 200 characters. */
  readonly upload: (
    call: Call,
    input: OfMailbox & {
      readonly mediaType: string
      readonly maxBytes: number
      readonly bytes: Stream.Stream<Uint8Array, CoreError>
    }
  ) => Reply<Upload>
  /** `NotFound` where it has expired, or is somebody else's. */
  readonly readUpload: (call: Call, input: OfMailbox & { readonly uploadId: string }) => Reply<UploadedFile>
  /** Those that wait, the next to go first. */
  readonly listHeld: (
    call: Call,
    input: OfMailbox & { readonly limit: number }
  ) => Reply<ReadonlyArray<HeldMessage>>
  /** The message of a submission as its author keeps it, whatever became of it. `NotFound` where it was never held. */
  readonly readHeld: (call: Call, input: OfOperation) => Reply<Uint8Array>
  /** Takes a submission back, for good; `NotAllowed` once it is due. Asking again is no other answer. */
  readonly recall: (call: Call, input: OfOperation) => Reply<void>
}

export class Writing extends Context.Tag("postroom/rpc/Writing")<Writing, WritingMethods>() {}
