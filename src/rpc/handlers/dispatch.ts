import { createHash, randomUUID } from "node:crypto"
import { Clock, Effect, Schedule } from "effect"
import { Unavailable } from "../../domain/errors.ts"
import { ContentId, type MailboxId, type OperationId, TaskId, type TenantId } from "../../domain/ids.ts"
import type { IngestTask } from "../../pipeline/IngestTask.ts"
import type { Recipient } from "../../pipeline/Intake.ts"
import { traceFields } from "../../pipeline/trace.ts"
import type { BlobRef, BlobStore } from "../../storage/blobs/BlobStore.ts"
import { blobKey } from "../../storage/blobs/blobKey.ts"
import type { NewTask, Streams } from "../../storage/streams/Streams.ts"
import type { Call } from "../Call.ts"
import type { SendTask } from "../SendTask.ts"

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
    const local = byTenant(outgoing.local)
    const ingest = yield* Effect.forEach(local, ([tenantId, recipients]) =>
      store(services, { outgoing, tenantId, kind: "local", receivedAt }).pipe(
        Effect.map((copy) => ingestTask(outgoing, { copy, recipients, receivedAt }))
      )
    )
    const send =
      outgoing.remote.length === 0
        ? []
        : [
            yield* store(services, {
              outgoing,
              tenantId: outgoing.tenantId,
              kind: "remote",
              receivedAt
            }).pipe(Effect.map((copy) => sendTask(outgoing, copy, { receivedAt })))
          ]
    // The ids make a second publish harmless, where the answer to the first was lost.
    yield* Effect.retry(services.streams.publish([...ingest, ...send]), republish)
  })

const republish = Schedule.intersect(Schedule.exponential("50 millis"), Schedule.recurs(2))

const byTenant = (
  recipients: ReadonlyArray<Recipient>
): ReadonlyArray<[TenantId, ReadonlyArray<Recipient>]> => {
  const groups = new Map<TenantId, Array<Recipient>>()
  for (const recipient of recipients) {
    const group = groups.get(recipient.tenantId)
    if (group === undefined) groups.set(recipient.tenantId, [recipient])
    else group.push(recipient)
  }
  return [...groups]
}

interface Copy {
  readonly tenantId: TenantId
  readonly contentId: ContentId
  readonly taskId: TaskId
  readonly ref: BlobRef
}

interface Wanted {
  readonly outgoing: Outgoing
  readonly tenantId: TenantId
  readonly kind: "local" | "remote"
  readonly receivedAt: number
}

const store = (
  { blobs }: DispatchServices,
  { outgoing, tenantId, kind, receivedAt }: Wanted
): Effect.Effect<Copy, Unavailable> =>
  Effect.gen(function* () {
    // The content's id is never made from the operation: a retry writes another Received field, so other bytes.
    const ids = yield* Effect.sync(() => ({
      contentId: ContentId(randomUUID()),
      taskId: TaskId(taskId(outgoing, `${kind} ${tenantId}`))
    }))
    const key = blobKey({ tenantId, contentId: ids.contentId, acceptedAt: receivedAt })
    const ref = yield* Effect.mapError(
      blobs.putBytes(key, Buffer.concat([trace(outgoing, kind, receivedAt), outgoing.raw])),
      (cause) => new Unavailable({ what: "blobs", cause })
    )
    return { ...ids, tenantId, ref }
  })

/** A UUID of version 8 (RFC 9562 5.8) from the operation's name, or a random one where it has none. */
const taskId = ({ mailboxId, operationId }: Outgoing, what: string): string => {
  if (operationId === null) return randomUUID()
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

const common = (outgoing: Outgoing, copy: Copy, receivedAt: number) => ({
  contentId: copy.contentId,
  tenantId: copy.tenantId,
  blobKey: copy.ref.key,
  checksum: copy.ref.checksum,
  sizeBytes: copy.ref.sizeBytes,
  receivedAt,
  sender: outgoing.sender,
  protocol: outgoing.call.origin
})

const task = (outgoing: Outgoing, copy: Copy, rest: Pick<NewTask, "stream" | "payload">): NewTask => ({
  taskId: copy.taskId,
  correlationId: outgoing.call.correlationId,
  tenantId: copy.tenantId,
  workKey: null,
  notBefore: null,
  ...rest
})

const ingestTask = (
  outgoing: Outgoing,
  given: { readonly copy: Copy; readonly recipients: ReadonlyArray<Recipient>; readonly receivedAt: number }
): NewTask => {
  const payload = {
    ...common(outgoing, given.copy, given.receivedAt),
    recipients: perMailbox(given.recipients)
  } satisfies typeof IngestTask.Encoded
  return task(outgoing, given.copy, { stream: "mail_ingest", payload })
}

/** Several addresses of one mailbox are one delivery. */
const perMailbox = (recipients: ReadonlyArray<Recipient>): (typeof IngestTask.Encoded)["recipients"] => {
  const byMailbox = new Map<MailboxId, Array<Recipient>>()
  for (const recipient of recipients) {
    byMailbox.set(recipient.mailboxId, [...(byMailbox.get(recipient.mailboxId) ?? []), recipient])
  }
  return [...byMailbox].map(([mailboxId, same]) => ({
    mailboxId,
    addresses: same.map(({ address }) => address),
    detail: same.find(({ detail }) => detail !== null)?.detail ?? null
  }))
}

const sendTask = (
  outgoing: Outgoing,
  copy: Copy,
  { receivedAt }: { readonly receivedAt: number }
): NewTask => {
  const payload = {
    ...common(outgoing, copy, receivedAt),
    mailboxId: outgoing.mailboxId,
    recipients: outgoing.remote
  } satisfies typeof SendTask.Encoded
  return task(outgoing, copy, { stream: "send", payload })
}
