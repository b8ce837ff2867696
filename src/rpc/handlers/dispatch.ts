import { createHash } from "node:crypto"
import { Clock, Effect } from "effect"
import { Unavailable } from "../../domain/errors.ts"
import { ContentId, type MailboxId, type OperationId, TaskId, type TenantId } from "../../domain/ids.ts"
import type { Recipient } from "../../pipeline/Intake.ts"
import { byTenant, ingestTask, type StoredCopy, sendTask, sentCopyTask } from "../../pipeline/mailTasks.ts"
import { traceFields } from "../../pipeline/trace.ts"
import { uuidV7 } from "../../pipeline/uuidV7.ts"
import { uuidOf } from "../../pipeline/uuidV8.ts"
import { draftField } from "../../protocols/mime/compose/draftField.ts"
import { withoutFields } from "../../protocols/mime/rawHeader.ts"
import type { BlobStore } from "../../storage/blobs/BlobStore.ts"
import { blobKey } from "../../storage/blobs/blobKey.ts"
import type { NewTask, Streams } from "../../storage/streams/Streams.ts"
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
  readonly savesInSent: boolean
  /** Epoch milliseconds before which nobody gets it; null = at once. */
  readonly notBefore: number | null
  readonly hostname: string
}

/** Whether the operation was dispatched before. Its first task is there, or none is: they are committed together. */
export const wasDispatched = (
  { streams }: DispatchServices,
  named: Pick<Outgoing, "mailboxId" | "operationId">
): Effect.Effect<boolean, Unavailable> =>
  named.operationId === null ? Effect.succeed(false) : streams.has(taskIdOf(named, 0))

/**
 * Blobs first, then one commit with every task: an ingest task per tenant of local recipients, a send task for all
 * others, and an ingest task for the copy in Sent Items. Named by an operation, the tasks have ids made from it, so that
 * a retry finds them there.
 */
export const dispatch = (services: DispatchServices, outgoing: Outgoing): Effect.Effect<void, Unavailable> =>
  Effect.gen(function* () {
    const acceptedAt = yield* Clock.currentTimeMillis
    const sent = withoutFields(outgoing.raw, fieldsOfAuthor)
    const copies = wantedCopies(outgoing, sent)
    const tasks = yield* Effect.forEach(copies, (copy, nth) =>
      Effect.map(store(services, { outgoing, copy, nth, acceptedAt }), copy.toTask)
    )
    yield* publishMail(services.streams, tasks)
  })

/** Nobody but their author sees them: RFC 5322 3.6.3, and what the author's drafts remember. */
const fieldsOfAuthor: ReadonlySet<string> = new Set(["bcc", "resent-bcc", draftField])

/** What is stored for those who share it, and what becomes of it. */
interface Copy {
  readonly tenantId: TenantId
  /** The trace fields that stand before the message. */
  readonly trace: "local" | "remote" | "none"
  readonly raw: Uint8Array
  readonly toTask: (stored: StoredCopy) => NewTask
}

const wantedCopies = (outgoing: Outgoing, sent: Uint8Array): ReadonlyArray<Copy> => {
  const { mailboxId, remote, tenantId } = outgoing
  const local = byTenant(outgoing.local).map(
    ([tenantId, recipients]): Copy => ({
      tenantId,
      trace: "local",
      raw: sent,
      toTask: (stored) => ingestTask(stored, recipients)
    })
  )
  const elsewhere: Copy = {
    tenantId,
    trace: "remote",
    raw: sent,
    toTask: (stored) => sendTask(stored, { mailboxId, recipients: remote })
  }
  const own: Copy = {
    tenantId,
    trace: "none",
    raw: outgoing.raw,
    toTask: (stored) => sentCopyTask(stored, { mailboxId, operationId: outgoing.operationId })
  }
  return [...local, ...(remote.length > 0 ? [elsewhere] : []), ...(outgoing.savesInSent ? [own] : [])]
}

interface Wanted {
  readonly outgoing: Outgoing
  readonly copy: Copy
  readonly nth: number
  readonly acceptedAt: number
}

const store = (
  { blobs }: DispatchServices,
  { outgoing, copy, nth, acceptedAt }: Wanted
): Effect.Effect<StoredCopy, Unavailable> =>
  Effect.gen(function* () {
    // The content's id is never made from the operation: a retry writes another Received field, so other bytes.
    const contentId = ContentId(uuidV7(acceptedAt))
    const key = blobKey({ tenantId: copy.tenantId, contentId, acceptedAt })
    const receivedAt = outgoing.notBefore ?? acceptedAt
    const ref = yield* Effect.mapError(
      blobs.putBytes(key, withTrace(outgoing, copy, receivedAt)),
      (cause) => new Unavailable({ what: "blobs", cause })
    )
    return {
      taskId: outgoing.operationId === null ? TaskId(uuidV7(acceptedAt)) : taskIdOf(outgoing, nth),
      contentId,
      tenantId: copy.tenantId,
      ref,
      receivedAt,
      sender: outgoing.sender,
      protocol: outgoing.call.origin,
      correlationId: outgoing.call.correlationId,
      notBefore: outgoing.notBefore
    }
  })

/** The n-th task of an operation, by its name. */
export const taskIdOf = (
  { mailboxId, operationId }: Pick<Outgoing, "mailboxId" | "operationId">,
  nth: number
): TaskId =>
  TaskId(uuidOf(createHash("sha256").update(`${mailboxId}\u0000${operationId}\u0000${nth}`).digest()))

const withTrace = (outgoing: Outgoing, { trace, raw }: Copy, receivedAt: number): Uint8Array =>
  trace === "none" ? raw : Buffer.concat([traceOf(outgoing, trace, receivedAt), raw])

/** Return-Path is written by whoever delivers at last (RFC 5321 4.4), so only local copies have it. */
const traceOf = (outgoing: Outgoing, kind: "local" | "remote", receivedAt: number): Uint8Array => {
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
