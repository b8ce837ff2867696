import type { CoreError, LimitExceeded } from "../../domain/errors.ts"
import type { RecipientRefused, StorageFull } from "../../pipeline/Intake.ts"
import type { ContentRefused, ScanFinding } from "./MessageScan.ts"

/** A reply of one line. */
export interface Reply {
  /** RFC 5321 4.2.2. */
  readonly code: number
  /** Enhanced status code (RFC 3463, RFC 5248). */
  readonly status: string
  /** For people; names no internals. */
  readonly text: string
}

const reply = (code: number, status: string, text: string): Reply => ({ code, status, text })

const later = reply(451, "4.3.0", "Temporary failure, please try again later")

const limitReplies = {
  quota: reply(452, "4.2.2", "Mailbox full"),
  messageSize: reply(552, "5.3.4", "Message too large"),
  recipients: reply(452, "4.5.3", "Too many recipients, send the rest in another message"),
  folders: reply(550, "5.2.0", "Mailbox limit exceeded"),
  folderDepth: reply(550, "5.2.0", "Mailbox limit exceeded"),
  batch: reply(451, "4.5.3", "Too much at once"),
  headers: reply(552, "5.3.4", "Message header too large"),
  rate: reply(450, "4.7.1", "Too many messages, slow down")
} satisfies Record<LimitExceeded["limit"], Reply>

/** One answer for every error of the core; `LimitExceeded` answers by its limit. */
export const coreReplies = {
  InvalidRequest: reply(554, "5.5.0", "Request refused"),
  NotFound: reply(550, "5.1.1", "No such user here"),
  AlreadyExists: reply(554, "5.5.0", "Request refused"),
  Unauthenticated: reply(530, "5.7.0", "Authentication required"),
  PermissionDenied: reply(550, "5.7.1", "Not permitted"),
  NotAllowed: reply(554, "5.7.1", "Not permitted"),
  LimitExceeded: limitReplies,
  CursorExpired: later,
  Busy: reply(451, "4.3.2", "Too busy, please try again later"),
  Unavailable: later
} satisfies Record<CoreError["_tag"], Reply | Record<LimitExceeded["limit"], Reply>>

export const recipientReplies = {
  malformed: reply(501, "5.1.3", "Bad recipient address syntax"),
  unknownUser: reply(550, "5.1.1", "No such user here"),
  disabled: reply(550, "5.2.1", "Mailbox disabled"),
  relayDenied: reply(550, "5.7.1", "Relaying denied"),
  overQuota: limitReplies.quota
} satisfies Record<RecipientRefused["reason"], Reply>

export const contentReplies = {
  messageTooLarge: limitReplies.messageSize,
  headerTooLarge: limitReplies.headers,
  tooManyHeaderLines: limitReplies.headers,
  headerLineTooLong: limitReplies.headers,
  tooManyHops: reply(554, "5.4.6", "Routing loop: too many hops"),
  bareLineBreak: reply(550, "5.6.0", "CR or LF alone in the message, lines must end in CRLF"),
  nulByte: reply(550, "5.6.0", "NUL in the message")
} satisfies Record<ScanFinding, Reply>

const storageFull = reply(452, "4.3.1", "Insufficient storage, please try again later")

/** The answers of the session itself. */
export const sessionReplies = {
  tooManyConnections: reply(421, "4.7.0", "Too many connections, try again later"),
  connectingTooFast: reply(421, "4.7.0", "Connecting too often, try again later"),
  shuttingDown: reply(421, "4.3.2", "Shutting down, try again later"),
  timedOut: reply(421, "4.4.2", "Timeout"),
  dataTooSlow: reply(421, "4.4.2", "Timeout, message was not received in time"),
  farTooLarge: reply(421, "4.7.0", "Message far too large"),
  tooManyErrors: reply(421, "4.7.0", "Too many errors"),
  tooManyIdleCommands: reply(421, "4.7.0", "Too many commands without a message"),
  notSmtp: reply(421, "4.7.0", "This is not a web server"),
  sendingTooFast: limitReplies.rate,
  tooManyRecipients: limitReplies.recipients,
  lineTooLong: reply(500, "5.5.2", "Line too long"),
  badCharacters: reply(501, "5.5.2", "Control characters or bad UTF-8 in command"),
  unknownCommand: reply(500, "5.5.2", "Command not recognized"),
  notImplemented: reply(502, "5.5.1", "Command not implemented"),
  noParameters: reply(501, "5.5.4", "Command takes no parameters"),
  unknownParameter: reply(555, "5.5.4", "Parameter not recognized"),
  addressNeedsSmtputf8: reply(553, "5.6.7", "Non-ASCII address without SMTPUTF8"),
  noTransaction: reply(503, "5.5.1", "Need MAIL first"),
  cannotVerify: reply(252, "2.5.0", "Cannot verify, but will take mail and try"),
  help: reply(214, "2.0.0", "Commands: EHLO HELO MAIL RCPT DATA RSET NOOP VRFY STARTTLS QUIT; see RFC 5321"),
  helpLmtp: reply(214, "2.0.0", "Commands: LHLO MAIL RCPT DATA RSET NOOP VRFY STARTTLS QUIT; see RFC 2033"),
  failed: later
} satisfies Record<string, Reply>

/** RFC 5321 4.4: the id stands in Received as well, so that both sides can find the message in their logs. */
export const queued = (correlationId: string): Reply => reply(250, "2.0.0", `Ok: queued as ${correlationId}`)

/** The answer to whatever a command can fail with. */
export const replyOf = (error: CoreError | RecipientRefused | ContentRefused | StorageFull): Reply => {
  switch (error._tag) {
    case "RecipientRefused":
      return recipientReplies[error.reason]
    case "ContentRefused":
      return contentReplies[error.finding]
    case "StorageFull":
      return storageFull
    case "LimitExceeded":
      return coreReplies.LimitExceeded[error.limit]
    default:
      return coreReplies[error._tag]
  }
}
