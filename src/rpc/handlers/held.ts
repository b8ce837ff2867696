import { Effect } from "effect"
import { type CoreError, NotAllowed, NotFound, Unavailable } from "../../domain/errors.ts"
import type { TaskId } from "../../domain/ids.ts"
import { readHeaderOnly } from "../../protocols/mime/readMessage.ts"
import type { BlobStore } from "../../storage/blobs/BlobStore.ts"
import type { HeldSend, HeldSends } from "../../storage/streams/HeldSends.ts"
import type { OwnCall } from "../guard.ts"
import type { HeldMessage, OfOperation, WritingMethods } from "../Writing.ts"
import { taskIdOf } from "./dispatch.ts"

export interface HeldServices {
  readonly blobs: BlobStore["Type"]
  readonly heldSends: HeldSends["Type"]
  /** Of one message. */
  readonly maxRecipients: number
}

type Input<Method extends keyof WritingMethods> = Parameters<WritingMethods[Method]>[1]

const headerBytes = 64 * 1024

export const listHeld =
  ({ blobs, heldSends }: HeldServices) =>
  (
    _: OwnCall,
    { mailboxId, limit }: Input<"listHeld">
  ): Effect.Effect<ReadonlyArray<HeldMessage>, CoreError> =>
    Effect.flatMap(heldSends.list(mailboxId, limit), (held) =>
      Effect.forEach(held, (one) => described(blobs, one), { concurrency: 8 })
    )

const described = (
  blobs: BlobStore["Type"],
  { operationId, sendAt, blobKey }: HeldSend
): Effect.Effect<HeldMessage, CoreError> =>
  Effect.mapBoth(blobs.getRange(blobKey, { start: 0, end: headerBytes }), {
    onFailure: away,
    onSuccess: (start) => {
      const { envelope } = readHeaderOnly(start, "parser-failed")
      return { operationId, sendAt, subject: envelope.subject, to: envelope.to }
    }
  })

export const readHeld =
  ({ blobs, heldSends, maxRecipients }: HeldServices) =>
  (_: OwnCall, of: OfOperation): Effect.Effect<Uint8Array, CoreError> =>
    Effect.gen(function* () {
      const held = yield* heldSends.find(tasksOf(of, maxRecipients))
      if (held === null) return yield* new NotFound({ what: "operation" })
      return yield* Effect.mapError(blobs.get({ key: held.blobKey, checksum: held.checksum }), away)
    })

export const recall =
  ({ heldSends, maxRecipients }: HeldServices) =>
  (_: OwnCall, of: OfOperation): Effect.Effect<void, CoreError> =>
    Effect.flatMap(heldSends.recall(tasksOf(of, maxRecipients)), (isRecalled) =>
      isRecalled ? Effect.void : new NotAllowed({ message: "The message was sent already." })
    )

/** All that a submission may have come to: at most a task for each recipient's tenant, one for those elsewhere, one's own copy. */
const tasksOf = (of: OfOperation, maxRecipients: number): ReadonlyArray<TaskId> =>
  Array.from({ length: maxRecipients + 2 }, (_, nth) => taskIdOf(of, nth))

const away = (cause: unknown) => new Unavailable({ what: "blobs", cause })
