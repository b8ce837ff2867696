import type { Stream } from "effect"
import { Context, type Effect, Schema } from "effect"
import type { Unavailable } from "../domain/errors.ts"
import type { ContentId, CorrelationId, MailboxId, TenantId } from "../domain/ids.ts"

/** Who will get a message, as found at RCPT. */
export interface Recipient {
  /** As the client wrote it, for `Delivered-To`, DSNs and replies. */
  readonly address: string
  readonly mailboxId: MailboxId
  readonly tenantId: TenantId
  readonly detail: string | null
}

/** Why an address is not taken; each protocol answers it in its own words. */
export class RecipientRefused extends Schema.TaggedError<RecipientRefused>()("RecipientRefused", {
  reason: Schema.Literal("malformed", "unknownUser", "disabled", "relayDenied", "overQuota")
}) {}

/** There is no room for the message; there may be later. Nothing was kept of it. */
export class StorageFull extends Schema.TaggedError<StorageFull>()("StorageFull", {}) {}

/** The step that brings a message here: becomes its Received field (RFC 5321 4.4). */
export interface Hop {
  /** What the client calls itself (HELO); unchecked. "" = it did not say. */
  readonly clientName: string
  /** IP address; null = the message did not come over the network. */
  readonly clientAddress: string | null
  readonly serverName: string
  /** `ESMTPS`, `LMTP`, `UTF8SMTP` … (RFC 3848, RFC 6531 4.3). */
  readonly transmission: string
}

export interface InboundEnvelope {
  /** Reverse path without brackets; "" for the null sender. */
  readonly sender: string
  /** At least one. */
  readonly recipients: ReadonlyArray<Recipient>
  readonly correlationId: CorrelationId
  /** `smtp`, `lmtp`, `submission`, `grpc` …: becomes the origin of the changes. */
  readonly protocol: string
  readonly hop: Hop
}

export interface Accepted {
  /** One per tenant among the recipients. */
  readonly contents: ReadonlyArray<{ readonly tenantId: TenantId; readonly contentId: ContentId }>
  /** Of the message as stored, trace fields included. */
  readonly sizeBytes: number
}

/** The only way in for mail: when `accept` succeeds, the message is durable and will be delivered or accounted for. */
export class Intake extends Context.Tag("postroom/pipeline/Intake")<
  Intake,
  {
    /** Where mail for the address goes; what `postmaster` means, the directory knows (RFC 5321 4.5.1). */
    readonly resolve: (address: string) => Effect.Effect<Recipient, RecipientRefused | Unavailable>
    /**
     * Blob first, then one committed task per tenant, then success. What is stored is Return-Path and Received,
     * followed by the bytes as they came. A failure of the byte stream (too large, client gone, refused header) or of
     * storage leaves no task; an orphaned blob is the reconciler's. Bytes at hand are cheaper than a stream.
     */
    readonly accept: <E = never>(
      envelope: InboundEnvelope,
      bytes: Uint8Array | Stream.Stream<Uint8Array, E>
    ) => Effect.Effect<Accepted, Unavailable | StorageFull | E>
  }
>() {}
