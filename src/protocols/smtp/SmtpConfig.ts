import { Config, Context, Duration, Effect, Layer } from "effect"
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

const limit = (name: string, whenUnset: number, description: string) =>
  Config.integer(`POSTROOM_SMTP_${name}`).pipe(
    Config.validate({ message: "must not be negative", validation: (value) => value >= 0 }),
    Config.withDefault(whenUnset),
    Config.withDescription(description)
  )

const time = (name: string, whenUnset: Duration.Duration, description: string) =>
  Config.duration(`POSTROOM_SMTP_${name}`).pipe(
    Config.withDefault(whenUnset),
    Config.withDescription(description)
  )

const policy = (name: string, whenUnset: "refuse" | "accept", description: string) =>
  Config.literal(
    "refuse",
    "accept"
  )(`POSTROOM_SMTP_${name}`).pipe(Config.withDefault(whenUnset), Config.withDescription(description))

const peer = (name: string, whenUnset: PeerLimits) =>
  Config.all({
    connections: limit(
      `${name}_CONNECTIONS`,
      whenUnset.connections,
      "open connections per client; 0 = any number"
    ),
    connectionsPerMinute: limit(
      `${name}_CONNECTIONS_PER_MINUTE`,
      whenUnset.connectionsPerMinute,
      "new connections per client and minute; 0 = any number"
    ),
    messagesPerMinute: limit(
      `${name}_MESSAGES_PER_MINUTE`,
      whenUnset.messagesPerMinute,
      "messages per client and minute; 0 = any number"
    )
  })

const settings: Config.Config<SmtpSettings> = Config.all({
  hostname: Config.string("POSTROOM_SMTP_HOSTNAME").pipe(
    Config.validate({ message: "must be a host name", validation: (name) => /^[\w.-]{1,255}$/.test(name) }),
    Config.withDefault(defaults.hostname),
    Config.withDescription("how the server names itself")
  ),
  message: Config.all({
    messageBytes: limit("MESSAGE_BYTES", defaults.message.messageBytes, "largest message"),
    headerBytes: limit("HEADER_BYTES", defaults.message.headerBytes, "largest header section"),
    headerLines: limit("HEADER_LINES", defaults.message.headerLines, "most lines of a header section"),
    headerLineBytes: limit("HEADER_LINE_BYTES", defaults.message.headerLineBytes, "longest header line"),
    hops: limit("HOPS", defaults.message.hops, "most Received fields"),
    bareLineBreaks: policy(
      "BARE_LINE_BREAKS",
      defaults.message.bareLineBreaks,
      "CR or LF alone in a message"
    ),
    nulBytes: policy("NUL_BYTES", defaults.message.nulBytes, "NUL in a message")
  }),
  gatherBytes: limit("GATHER_BYTES", defaults.gatherBytes, "largest message kept in memory while it comes"),
  recipients: limit("RECIPIENTS", defaults.recipients, "recipients per message"),
  commandLineBytes: limit("COMMAND_LINE_BYTES", defaults.commandLineBytes, "longest command line"),
  errors: limit("ERRORS", defaults.errors, "failed commands per connection"),
  idleCommands: limit("IDLE_COMMANDS", defaults.idleCommands, "commands without a message between"),
  connections: limit("CONNECTIONS", defaults.connections, "open connections in all"),
  remote: peer("REMOTE", defaults.remote),
  loopback: peer("LOOPBACK", defaults.loopback),
  commandTimeout: time("COMMAND_TIMEOUT", defaults.commandTimeout, "longest wait for a command"),
  dataTimeout: time("DATA_TIMEOUT", defaults.dataTimeout, "longest time from DATA to its end"),
  acceptTimeout: time("ACCEPT_TIMEOUT", defaults.acceptTimeout, "longest time storage may take"),
  drainTimeout: time("DRAIN_TIMEOUT", defaults.drainTimeout, "how long a stop waits for transactions")
})
