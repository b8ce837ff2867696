import type { InboundEnvelope } from "./Intake.ts"

/**
 * Return-Path and Received as octets (RFC 5321 4.4), to stand before the message. No recipient is named, since one
 * copy serves them all. Nothing that a client said can start a line of its own.
 */
export const traceFields = (envelope: InboundEnvelope, receivedAt: number): Uint8Array => {
  const { hop } = envelope
  const from =
    hop.clientAddress === null ? "" : `from ${helo(hop.clientName)} (${literal(hop.clientAddress)})\r\n\t`
  return Buffer.from(
    `Return-Path: <${printable(envelope.sender)}>\r\n` +
      `Received: ${from}by ${hop.serverName} with ${hop.transmission} id ${envelope.correlationId};\r\n` +
      `\t${mailDate(receivedAt)}\r\n`
  )
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not come through
const printable = (text: string): string => text.replace(/[\x00-\x1f\x7f<>]/g, "")

/** Domain or address literal; whatever else a client says of itself has no place in a header. */
const helo = (name: string): string => (/^(?:[\w.-]{1,255}|\[[\w.:]{1,255}\])$/.test(name) ? name : "unknown")

const literal = (address: string): string => (address.includes(":") ? `[IPv6:${address}]` : `[${address}]`)

/** RFC 5322 3.3, in UTC. */
const mailDate = (epochMillis: number): string => new Date(epochMillis).toUTCString().replace("GMT", "+0000")
