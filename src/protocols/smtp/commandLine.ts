import { isUtf8 } from "node:buffer"
import { type Reply, sessionReplies } from "./replies.ts"

export interface CommandRules {
  readonly protocol: "smtp" | "lmtp"
  /** Octets of a line with its CRLF. */
  readonly lineBytes: number
}

const common = ["MAIL", "RCPT", "DATA", "RSET", "NOOP", "QUIT", "VRFY", "HELP", "STARTTLS"]
const verbs = {
  smtp: new Set(["EHLO", "HELO", ...common]),
  lmtp: new Set(["LHLO", ...common])
} as const

/** Known to the standards, not offered here (RFC 5321 4.2.4: 502, not 500). */
const notImplemented = new Set([
  "EXPN",
  "AUTH",
  "BDAT",
  "ETRN",
  "ATRN",
  "TURN",
  "SEND",
  "SOML",
  "SAML",
  "BURL"
])
const withoutParameters = new Set(["DATA", "RSET", "QUIT"])
/** What moves no mail; `EHLO` among them, since it also resets. */
const idle = new Set(["NOOP", "RSET", "VRFY", "HELP", "EHLO", "HELO", "LHLO"])

/** The verb of a command line, upper case. */
export const verbOf = (line: Buffer): string =>
  line.toString("latin1").trimEnd().split(" ", 1)[0]?.toUpperCase() ?? ""

export const movesNothing = (verb: string): boolean => idle.has(verb)

/** What is wrong with a command line (without its CRLF) as such; null = the session may look at it. */
export const checkCommandLine = (line: Buffer, rules: CommandRules): Reply | null => {
  if (line.length + 2 > rules.lineBytes) return sessionReplies.lineTooLong
  if (hasControl(line) || !isUtf8(line)) return sessionReplies.badCharacters
  const verb = verbOf(line)
  if (/^(?:OPTIONS|GET|HEAD|POST|PUT|DELETE|TRACE|CONNECT|PRI)$/.test(verb)) return sessionReplies.notSmtp
  if (notImplemented.has(verb)) return sessionReplies.notImplemented
  if (!verbs[rules.protocol].has(verb)) return sessionReplies.unknownCommand
  const hasParameters = line.toString("latin1").trimEnd().length > verb.length
  return hasParameters && withoutParameters.has(verb) ? sessionReplies.noParameters : null
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
const hasControl = (line: Buffer): boolean => /[\x00-\x1f\x7f]/.test(line.toString("latin1"))
