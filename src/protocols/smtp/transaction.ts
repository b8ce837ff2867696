import type { SMTPServerAddress, SMTPServerSession } from "smtp-server"
import type { CorrelationId } from "../../domain/ids.ts"
import type { InboundEnvelope, Recipient } from "../../pipeline/Intake.ts"
import { type Reply, sessionReplies } from "./replies.ts"

export type Protocol = "smtp" | "lmtp"

/** MAIL, with the RCPTs accepted since. */
export interface Transaction {
  readonly correlationId: CorrelationId
  readonly sender: string
  readonly isSmtputf8: boolean
  /** One for every accepted RCPT, repeated addresses included: LMTP answers each (RFC 2033 4.2). */
  readonly recipients: Array<Recipient>
}

/** What is wrong with MAIL, or the transaction that it begins. */
export const beginTransaction = (
  sender: SMTPServerAddress,
  correlationId: CorrelationId
): Reply | Transaction => {
  const isSmtputf8 = sender.args !== false && "SMTPUTF8" in sender.args
  const wrong = checkAddress(sender, { isSmtputf8, parameters: mailParameters })
  return wrong ?? { correlationId, sender: sender.address, isSmtputf8, recipients: [] }
}

/** What is wrong with RCPT before anybody asks the directory. */
export const checkRecipient = (
  transaction: Transaction,
  { recipient, limit }: { readonly recipient: SMTPServerAddress; readonly limit: number }
): Reply | null => {
  const { isSmtputf8, recipients } = transaction
  const wrong = checkAddress(recipient, { isSmtputf8, parameters: rcptParameters })
  return wrong ?? (recipients.length >= limit ? sessionReplies.tooManyRecipients : null)
}

export const envelopeOf = (
  transaction: Transaction,
  options: {
    readonly session: SMTPServerSession
    readonly protocol: Protocol
    readonly serverName: string
  }
): InboundEnvelope => ({
  sender: transaction.sender,
  recipients: transaction.recipients,
  correlationId: transaction.correlationId,
  protocol: options.protocol,
  hop: {
    clientName: options.session.hostNameAppearsAs,
    clientAddress: options.session.remoteAddress,
    serverName: options.serverName,
    transmission: transmissionOf(transaction, options)
  }
})

/** What we announce in EHLO and no more (RFC 5321 4.1.1.11). */
const mailParameters = new Set(["SIZE", "BODY", "SMTPUTF8"])
const rcptParameters = new Set<string>()

const checkAddress = (
  { address, args }: SMTPServerAddress,
  { isSmtputf8, parameters }: { readonly isSmtputf8: boolean; readonly parameters: ReadonlySet<string> }
): Reply | null => {
  const isKnown = args === false || Object.keys(args).every((keyword) => parameters.has(keyword))
  if (!isKnown) return sessionReplies.unknownParameter
  return isSmtputf8 || isAscii(address) ? null : sessionReplies.addressNeedsSmtputf8
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: ASCII begins there
const isAscii = (text: string): boolean => /^[\x00-\x7f]*$/.test(text)

/** RFC 3848, RFC 6531 4.3. */
const transmissionOf = (
  { isSmtputf8 }: Transaction,
  { session, protocol }: { readonly session: SMTPServerSession; readonly protocol: Protocol }
): string => {
  const name = protocol.toUpperCase()
  const plain = isSmtputf8
    ? `UTF8${name}`
    : protocol === "smtp" && session.openingCommand !== "HELO"
      ? "ESMTP"
      : name
  return session.secure ? `${plain}S` : plain
}
