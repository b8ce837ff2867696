import { Config, Context, Duration, Effect, Layer } from "effect"
import { hostname } from "../../settings/hostname.ts"
import { setting } from "../../settings/setting.ts"
import { atLeast, bytes, choice, duration, integer } from "../../settings/types.ts"
import type { ScanLimits } from "./MessageScan.ts"
import type { PeerLimits } from "./PeerTable.ts"

/** What SMTP and LMTP are told by the operator. */
export interface SmtpSettings {
  /** How the server names itself in its greeting and in Received. */
  readonly hostname: string
  /** What a message may be; `messageBytes` is announced as SIZE. */
  readonly message: ScanLimits
  /** Messages up to this many bytes are gathered in memory, larger ones stream. Bounds the memory of a connection. */
  readonly gatherBytes: number
  /** Accepted RCPTs per message; RFC 5321 4.5.3.1.8 asks for at least 100. */
  readonly recipients: number
  /** Octets of a command line with its CRLF; RFC 5321 4.5.3.1.4 and the extensions ask for about 1,100. */
  readonly commandLineBytes: number
  /** Commands answered 4xx or 5xx before a connection is closed. */
  readonly errors: number
  /** Commands between two messages that move nothing (NOOP, RSET, VRFY, EHLO …) before a connection is closed. */
  readonly idleCommands: number
  /** Open connections over all listeners. */
  readonly connections: number
  readonly remote: PeerLimits
  readonly loopback: PeerLimits
  /** From one command to the next; RFC 5321 4.5.3.2.7 asks for 5 minutes. */
  readonly commandTimeout: Duration.Duration
  /** From DATA to its end, however slowly the bytes drip. */
  readonly dataTimeout: Duration.Duration
  /** From the end of DATA to the answer: how long storage may take. */
  readonly acceptTimeout: Duration.Duration
  /** How long transactions under way may take to finish once a stop was asked for. */
  readonly drainTimeout: Duration.Duration
}

export const defaultSmtpSettings: SmtpSettings = {
  hostname: "localhost",
  message: {
    messageBytes: 64 * 1024 * 1024,
    headerBytes: 256 * 1024,
    headerLines: 5000,
    headerLineBytes: 64 * 1024,
    hops: 100,
    bareLineBreaks: "refuse",
    nulBytes: "accept"
  },
  gatherBytes: 512 * 1024,
  recipients: 1000,
  commandLineBytes: 2048,
  errors: 20,
  idleCommands: 100,
  connections: 2000,
  remote: { connections: 50, connectionsPerMinute: 300, messagesPerMinute: 1200 },
  loopback: { connections: 1000, connectionsPerMinute: 0, messagesPerMinute: 0 },
  commandTimeout: Duration.minutes(5),
  dataTimeout: Duration.minutes(10),
  acceptTimeout: Duration.minutes(1),
  drainTimeout: Duration.seconds(10)
}

export class SmtpConfig extends Context.Tag("postroom/protocols/smtp/SmtpConfig")<
  SmtpConfig,
  SmtpSettings
>() {
  static readonly layer = (settings: Partial<SmtpSettings>): Layer.Layer<SmtpConfig> =>
    Layer.succeed(SmtpConfig, { ...defaultSmtpSettings, ...settings })

  /** From `POSTROOM_SMTP_*`. */
  static readonly layerConfig = Layer.unwrapEffect(
    // Suspended, since the settings stand below.
    Effect.map(
      Config.suspend(() => settings),
      (found) => SmtpConfig.layer(found)
    )
  )
}

const defaults = defaultSmtpSettings

const limit = (name: string, whenUnset: number, meaning: string) =>
  setting({
    name: `POSTROOM_SMTP_${name}`,
    type: name.endsWith("_BYTES") ? bytes : integer,
    default: whenUnset,
    meaning,
    check: atLeast(0)
  })

const time = (name: string, whenUnset: Duration.Duration, meaning: string) =>
  setting({ name: `POSTROOM_SMTP_${name}`, type: duration, default: whenUnset, meaning })

const policy = (name: string, whenUnset: "refuse" | "accept", meaning: string) =>
  setting({ name: `POSTROOM_SMTP_${name}`, type: choice("refuse", "accept"), default: whenUnset, meaning })

const peer = (name: string, whenUnset: PeerLimits, client: string) =>
  Config.all({
    connections: limit(
      `${name}_CONNECTIONS`,
      whenUnset.connections,
      `Open connections ${client}, to this process; 0 = any number.`
    ),
    connectionsPerMinute: limit(
      `${name}_CONNECTIONS_PER_MINUTE`,
      whenUnset.connectionsPerMinute,
      `New connections a minute ${client}; 0 = any number.`
    ),
    messagesPerMinute: limit(
      `${name}_MESSAGES_PER_MINUTE`,
      whenUnset.messagesPerMinute,
      `Messages a minute ${client}; 0 = any number.`
    )
  })

const settings: Config.Config<SmtpSettings> = Config.all({
  hostname,
  message: Config.all({
    messageBytes: limit(
      "MESSAGE_BYTES",
      defaults.message.messageBytes,
      "Largest message; announced as SIZE."
    ),
    headerBytes: limit("HEADER_BYTES", defaults.message.headerBytes, "Largest header of a message."),
    headerLines: limit("HEADER_LINES", defaults.message.headerLines, "Most lines of a header."),
    headerLineBytes: limit(
      "HEADER_LINE_BYTES",
      defaults.message.headerLineBytes,
      "Longest line of a header."
    ),
    hops: limit("HOPS", defaults.message.hops, "Most Received fields: more are a loop."),
    bareLineBreaks: policy(
      "BARE_LINE_BREAKS",
      defaults.message.bareLineBreaks,
      "CR or LF alone in a message."
    ),
    nulBytes: policy("NUL_BYTES", defaults.message.nulBytes, "NUL in a message.")
  }),
  gatherBytes: limit(
    "GATHER_BYTES",
    defaults.gatherBytes,
    "Largest message kept in memory while it comes; larger ones stream."
  ),
  recipients: limit("RECIPIENTS", defaults.recipients, "Recipients of one message."),
  commandLineBytes: limit("COMMAND_LINE_BYTES", defaults.commandLineBytes, "Longest command line."),
  errors: limit("ERRORS", defaults.errors, "Failed commands after which a connection is closed."),
  idleCommands: limit(
    "IDLE_COMMANDS",
    defaults.idleCommands,
    "Commands without a message between them after which a connection is closed."
  ),
  connections: limit("CONNECTIONS", defaults.connections, "Open connections in all."),
  remote: peer("REMOTE", defaults.remote, "per client"),
  loopback: peer("LOOPBACK", defaults.loopback, "of programs on this machine"),
  commandTimeout: time("COMMAND_TIMEOUT", defaults.commandTimeout, "Longest wait for a command."),
  dataTimeout: time("DATA_TIMEOUT", defaults.dataTimeout, "Longest time from DATA to its end."),
  acceptTimeout: time(
    "ACCEPT_TIMEOUT",
    defaults.acceptTimeout,
    "Longest time that storage may take to accept a message."
  ),
  drainTimeout: time(
    "DRAIN_TIMEOUT",
    defaults.drainTimeout,
    "How long a stop waits for transactions under way."
  )
})
