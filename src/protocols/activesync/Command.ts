import type { Effect } from "effect"
import type { CoreError } from "../../domain/errors.ts"
import type { CorrelationId, MailboxId } from "../../domain/ids.ts"
import type { UserPrincipal } from "../../identity/Principal.ts"
import type { StatusError } from "./status.ts"
import type { Element } from "./wbxml/element.ts"

export type ProtocolVersion = "12.1" | "14.0" | "14.1" | "16.0" | "16.1"

export const isAtLeast = (version: ProtocolVersion, least: ProtocolVersion): boolean =>
  Number(version) >= Number(least)

/** Command names in the order of their codes in a base64 query (MS-ASHTTP 2.2.1.1.1.1.2); Autodiscover is not one of them. */
export type CommandName =
  | "Sync"
  | "SendMail"
  | "SmartForward"
  | "SmartReply"
  | "GetAttachment"
  | "FolderSync"
  | "FolderCreate"
  | "FolderDelete"
  | "FolderUpdate"
  | "MoveItems"
  | "GetItemEstimate"
  | "MeetingResponse"
  | "Search"
  | "Settings"
  | "Ping"
  | "ItemOperations"
  | "Provision"
  | "ResolveRecipients"
  | "ValidateCert"
  | "Find"

/**
 * Why a parked request ends before its time. gone: its client went away, another request of the device takes its place, or
 * the server stops; standing: whether the device is let in has changed, and its next request learns how.
 */
export type Leaving = "gone" | "standing"

/** One request of a device, signed in, its query and headers read. */
export interface Request {
  readonly command: CommandName
  readonly version: ProtocolVersion
  readonly principal: UserPrincipal
  /** The signed-in person's. */
  readonly mailboxId: MailboxId
  /** Primary address of the person, for `From`. */
  readonly address: string
  readonly correlationId: CorrelationId
  /** IP address of the peer. */
  readonly remote: string | null
  readonly deviceId: string
  readonly deviceType: string
  readonly userAgent: string
  /** From header, base64 query or plain query; null where there is none. */
  readonly policyKey: string | null
  /** Parameters of the query (MS-ASHTTP 2.2.1.1.1.2.5); null where absent. */
  readonly attachmentName: string | null
  readonly collectionId: string | null
  readonly itemId: string | null
  readonly longId: string | null
  readonly occurrence: string | null
  readonly saveInSent: boolean
  readonly acceptsMultipart: boolean
  /** First language of Accept-Language or the base64 query's locale; null where it says nothing. */
  readonly language: string | null
  /** The document; null where the body was empty or is no WBXML. */
  readonly document: Element | null
  /** The body of `message/rfc822` requests (SendMail and Smart* of 12.1); null elsewhere. */
  readonly mime: Uint8Array | null
  /** Resolves when the request is not to wait any longer; parked requests wait on it. */
  readonly gone: Effect.Effect<Leaving>
}

/** What a command answers; how it travels is the HTTP layer's business. */
export type Answer =
  | { readonly _tag: "Document"; readonly document: Element }
  /** 200 without a body: "no changes" of Sync, "sent" of SendMail. */
  | { readonly _tag: "Empty" }
  /** Part 0 is the document; it refers to the others by `ItemOperations:Part` (MS-ASCMD 2.2.1.10.1). */
  | { readonly _tag: "Multipart"; readonly document: Element; readonly parts: ReadonlyArray<Uint8Array> }
  /** GetAttachment of 12.1. */
  | { readonly _tag: "Bytes"; readonly contentType: string; readonly bytes: Uint8Array }

/**
 * A command. A `StatusError` is answered in the carrier of its version (MS-ASCMD 2.2.4); statuses inside a document are
 * part of the answer and never fail.
 */
export type Command = (request: Request) => Effect.Effect<Answer, StatusError | CoreError>
