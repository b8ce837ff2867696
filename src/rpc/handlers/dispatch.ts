import { createHash } from "node:crypto"
import { Clock, Effect } from "effect"
import { Unavailable } from "../../domain/errors.ts"
import { ContentId, type MailboxId, type OperationId, TaskId, type TenantId } from "../../domain/ids.ts"
import type { Recipient } from "../../pipeline/Intake.ts"
import { byTenant, ingestTask, type StoredCopy, sendTask } from "../../pipeline/mailTasks.ts"
import { traceFields } from "../../pipeline/trace.ts"
import { uuidV7 } from "../../pipeline/uuidV7.ts"
import type { BlobStore } from "../../storage/blobs/BlobStore.ts"
import { blobKey } from "../../storage/blobs/blobKey.ts"
import type { Streams } from "../../storage/streams/Streams.ts"
import { publishMail } from "../../storage/streams/taskTrace.ts"
import type { Call } from "../Call.ts"

export interface DispatchServices {
  readonly blobs: BlobStore["Type"]
  readonly streams: Streams["Type"]
}

export interface Outgoing {
  readonly call: Call
  /** Of the mailbox that sends. */
  readonly tenantId: TenantId
  readonly mailboxId: MailboxId
  readonly operationId: OperationId | null
  readonly sender: string
  readonly local: ReadonlyArray<Recipient>
  readonly remote: ReadonlyArray<string>
  readonly raw: Uint8Array
  readonly hostname: string
}

/**
 * Blobs first, then one commit with every task: an ingest task per tenant of local recipients and a send task for all
 * others. Named by an operation, the tasks have ids made from it, so that a retry finds them there.
 */
export const dispatch = (services: DispatchServices, outgoing: Outgoing): Effect.Effect<void, Unavailable> =>
  Effect.gen(function* () {
    const receivedAt = yield* Clock.currentTimeMillis
    const ingest = yield* Effect.forEach(byTenant(outgoing.local), ([tenantId, recipients]) =>
      Effect.map(store(services, { outgoing, tenantId, kind: "local", receivedAt }), (copy) =>
        ingestTask(copy, recipients)
      )
    )
    const { mailboxId, remote, tenantId } = outgoing
    const send =
      remote.length === 0
        ? []
        : [
            sendTask(yield* store(services, { outgoing, tenantId, kind: "remote", receivedAt }), {
              mailboxId,
              recipients: remote
            })
          ]
    yield* publishMail(services.streams, [...ingest, ...send])
  })

interface Wanted {
  readonly outgoing: Outgoing
  readonly tenantId: TenantId
  readonly kind: "local" | "remote"
  readonly receivedAt: number
}

const store = (
  { blobs }: DispatchServices,
  { outgoing, tenantId, kind, receivedAt }: Wanted
): Effect.Effect<StoredCopy, Unavailable> =>
  Effect.gen(function* () {
    // The content's id is never made from the operation: a retry writes another Received field, so other bytes.
    const contentId = ContentId(uuidV7(receivedAt))
    const key = blobKey({ tenantId, contentId, acceptedAt: receivedAt })
    const ref = yield* Effect.mapError(
      blobs.putBytes(key, Buffer.concat([trace(outgoing, kind, receivedAt), outgoing.raw])),
      (cause) => new Unavailable({ what: "blobs", cause })
    )
    return {
      taskId: TaskId(taskId(outgoing, { what: `${kind} ${tenantId}`, receivedAt })),
      contentId,
      tenantId,
      ref,
      receivedAt,
      sender: outgoing.sender,
      protocol: outgoing.call.origin,
      correlationId: outgoing.call.correlationId
    }
  })

/** A UUID of version 8 (RFC 9562 5.8) from the operation's name, or a new one where it has none. */
const taskId = (
  { mailboxId, operationId }: Outgoing,
  { what, receivedAt }: { readonly what: string; readonly receivedAt: number }
): string => {
  if (operationId === null) return uuidV7(receivedAt)
  const bytes = createHash("sha256")
    .update(`${mailboxId}\u0000${operationId}\u0000${what}`)
    .digest()
    .subarray(0, 16)
  bytes[6] = 0x80 | (bytes.readUInt8(6) & 0x0f)
  bytes[8] = 0x80 | (bytes.readUInt8(8) & 0x3f)
  const hex = bytes.toString("hex")
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}

/** Return-Path is written by whoever delivers at last (RFC 5321 4.4), so only local copies have it. */
const trace = (outgoing: Outgoing, kind: Wanted["kind"], receivedAt: number): Uint8Array => {
  const fields = traceFields(
    {
      sender: outgoing.sender,
      recipients: outgoing.local,
      correlationId: outgoing.call.correlationId,
      protocol: outgoing.call.origin,
      hop: { clientName: "", clientAddress: null, serverName: outgoing.hostname, transmission: "HTTP" }
    },
    receivedAt
  )
  const text = Buffer.from(fields)
  return kind === "local" ? text : text.subarray(text.indexOf("\r\n") + 2)
}
