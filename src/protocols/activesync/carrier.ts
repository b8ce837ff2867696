import type { CoreError, LimitExceeded } from "../../domain/errors.ts"
import { type CommandName, isAtLeast, type ProtocolVersion } from "./Command.ts"
import { StatusError } from "./status.ts"
import { type Element, element, type Tag } from "./wbxml/element.ts"

/** How a status travels (MS-ASCMD 2.2.4): in a document from 14.0 on, else as the code of the HTTP answer. */
export type Carried =
  | { readonly _tag: "InDocument"; readonly document: Element }
  | { readonly _tag: "AsCode"; readonly code: number }

export interface Asked {
  readonly command: CommandName
  readonly version: ProtocolVersion
  readonly policyKey: string | null
}

export const carry = (status: number, asked: Asked): Carried => {
  const tags = statusTags[asked.command]
  return tags === null || !isAtLeast(asked.version, "14.0")
    ? { _tag: "AsCode", code: codeOf(status, asked) }
    : { _tag: "InDocument", document: nested(tags, status) }
}

const nested = ([outer, ...inner]: readonly [Tag, ...ReadonlyArray<Tag>], status: number): Element => {
  const [next, ...rest] = inner
  return element(outer, next === undefined ? status : nested([next, ...rest], status))
}

/** From the element that an answer is down to its status; null where the answer is no document. */
const statusTags: Record<CommandName, readonly [root: Tag, ...ReadonlyArray<Tag>] | null> = {
  Sync: ["AirSync:Sync", "AirSync:Status"],
  SendMail: ["ComposeMail:SendMail", "ComposeMail:Status"],
  SmartForward: ["ComposeMail:SmartForward", "ComposeMail:Status"],
  SmartReply: ["ComposeMail:SmartReply", "ComposeMail:Status"],
  GetAttachment: null,
  FolderSync: ["FolderHierarchy:FolderSync", "FolderHierarchy:Status"],
  FolderCreate: ["FolderHierarchy:FolderCreate", "FolderHierarchy:Status"],
  FolderDelete: ["FolderHierarchy:FolderDelete", "FolderHierarchy:Status"],
  FolderUpdate: ["FolderHierarchy:FolderUpdate", "FolderHierarchy:Status"],
  MoveItems: ["Move:MoveItems", "Move:Status"],
  GetItemEstimate: ["GetItemEstimate:GetItemEstimate", "GetItemEstimate:Status"],
  // It has no status of the whole (MS-ASCMD 2.2.3.177.8).
  MeetingResponse: ["MeetingResponse:MeetingResponse", "MeetingResponse:Result", "MeetingResponse:Status"],
  Search: ["Search:Search", "Search:Status"],
  Settings: ["Settings:Settings", "Settings:Status"],
  Ping: ["Ping:Ping", "Ping:Status"],
  ItemOperations: ["ItemOperations:ItemOperations", "ItemOperations:Status"],
  Provision: ["Provision:Provision", "Provision:Status"],
  ResolveRecipients: ["ResolveRecipients:ResolveRecipients", "ResolveRecipients:Status"],
  ValidateCert: ["ValidateCert:ValidateCert", "ValidateCert:Status"],
  Find: ["Find:Find", "Find:Status"]
}

/** MS-ASCMD 2.2.4 tells the code where it has one. What no later try can mend is 400, what one may is 503. */
const codes: Readonly<Record<number, number>> = {
  110: 500,
  111: 503,
  112: 403,
  113: 507,
  115: 507,
  122: 413,
  125: 403,
  126: 403,
  129: 403,
  130: 403,
  131: 403,
  132: 403,
  133: 503,
  135: 503,
  137: 501,
  139: 403,
  141: 449,
  142: 449,
  143: 449,
  144: 449,
  145: 403,
  177: 403
}

/** Where the code depends on the command. */
const codesOf: Readonly<Partial<Record<CommandName, Readonly<Record<number, number>>>>> = {
  SendMail: { 106: 500 },
  Provision: { 132: 500 },
  /** MS-ASCMD 2.2.1.8: the attachment is gone. */
  GetAttachment: { 150: 500 }
}

const codeOf = (status: number, { command, policyKey }: Asked): number =>
  // A wipe is told like a new policy to who has one (MS-ASCMD_R7561, MS-ASCMD_R7562).
  status === 140 ? (policyKey === null ? 403 : 449) : (codesOf[command]?.[status] ?? codes[status] ?? 400)

const limitStatuses = {
  quota: 113,
  messageSize: 122,
  recipients: 115,
  folders: 113,
  folderDepth: 113,
  batch: 103,
  headers: 107,
  rate: 111
} satisfies Record<LimitExceeded["limit"], number>

/**
 * For what a command has no status of its own. `Unauthenticated` is answered with 401 before; a command that meets it
 * has lost the person in the middle.
 */
const coreStatuses = {
  InvalidRequest: 103,
  NotFound: 150,
  AlreadyExists: 105,
  Unauthenticated: 126,
  PermissionDenied: 130,
  NotAllowed: 130,
  LimitExceeded: limitStatuses,
  CursorExpired: 132,
  Busy: 111,
  Unavailable: 111
} satisfies Record<CoreError["_tag"], number | Record<LimitExceeded["limit"], number>>

/** Seconds after which something that is away may be back. */
const usualRetry = 10

/** The answer to whatever Core can fail with. */
export const statusOfCore = (error: CoreError): StatusError => {
  switch (error._tag) {
    case "LimitExceeded":
      return new StatusError({ status: coreStatuses.LimitExceeded[error.limit], retryAfter: usualRetry })
    case "Busy":
      return new StatusError({
        status: coreStatuses.Busy,
        retryAfter: Math.max(1, Math.ceil(error.retryAfterMillis / 1000))
      })
    case "Unavailable":
      // The mailbox is being moved: its states are locked for a moment, not lost.
      return new StatusError({
        status: error.what === "mailbox" ? 133 : coreStatuses.Unavailable,
        retryAfter: usualRetry
      })
    default:
      return new StatusError({ status: coreStatuses[error._tag] })
  }
}
