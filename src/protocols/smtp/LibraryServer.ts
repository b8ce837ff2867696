import type { Socket } from "node:net"
import type { TLSSocket } from "node:tls"
import {
  SMTPServer,
  type SMTPServerAddress,
  type SMTPServerDataStream,
  type SMTPServerOptions,
  type SMTPServerSession
} from "smtp-server"
import { SMTPConnection, type SMTPConnectionOptions } from "smtp-server/lib/smtp-connection.js"
import { parsePathCommand } from "./path.ts"
import { type Reply, sessionReplies } from "./replies.ts"
import { WireParser } from "./WireParser.ts"

// With WireParser.ts the one place that knows `smtp-server`. It is bent where it differs from what we answer: the greeting goes out at once
// (no 100 ms for early talkers), replies carry their own enhanced status codes, every command line passes our check
// first, and addresses reach us as the client wrote them.

/** What a session can do to its connection. */
export interface Wire {
  /** A reply out of turn; 421 also ends the connection. */
  readonly send: (reply: Reply) => void
  /** Ends the connection without waiting for the client. */
  readonly destroy: () => void
}

/** Null = go on. */
type Answer = (refusal: Reply | null) => void

/** What the library asks of us. Where an answer is a reply, it is sent in place of what the library would say. */
export interface SessionHandlers {
  /** First of all, for every connection. */
  readonly onOpen: (session: SMTPServerSession, wire: Wire) => void
  /** Before the greeting. */
  readonly onConnect: (session: SMTPServerSession, answer: Answer) => void
  /** Every line without its line break; null = go on with it. */
  readonly onCommand: (session: SMTPServerSession, line: Buffer) => Reply | null
  readonly onMail: (session: SMTPServerSession, sender: SMTPServerAddress, answer: Answer) => void
  readonly onRcpt: (session: SMTPServerSession, recipient: SMTPServerAddress, answer: Answer) => void
  /** `answer` once the stream has ended or was destroyed: one reply for SMTP, one per accepted RCPT for LMTP. */
  readonly onData: (
    session: SMTPServerSession,
    stream: SMTPServerDataStream,
    answer: (replies: ReadonlyArray<Reply>) => void
  ) => void
  /** After every reply, with its code. */
  readonly onReplied: (session: SMTPServerSession, code: number) => void
  /** Last of all, once per connection. */
  readonly onClose: (session: SMTPServerSession) => void
}

export class LibraryServer extends SMTPServer {
  readonly #handlers: SessionHandlers

  constructor(options: SMTPServerOptions, handlers: SessionHandlers) {
    super({
      ...options,
      logger: false,
      heloResponse: "%s",
      disableReverseLookup: true,
      hideENHANCEDSTATUSCODES: false,
      disabledCommands: ["AUTH", "XCLIENT", "XFORWARD", "WIZ", "SHELL", "KILL"],
      onConnect: (session, callback) => handlers.onConnect(session, (refusal) => callback(failure(refusal))),
      onSecure: (_socket, _session, callback) => callback(),
      onMailFrom: (sender, session, callback) =>
        handlers.onMail(session, sender, (refusal) => callback(failure(refusal))),
      onRcptTo: (recipient, session, callback) =>
        handlers.onRcpt(session, recipient, (refusal) => callback(failure(refusal))),
      onData: (stream, session, callback) =>
        handlers.onData(session, stream, (replies) => callback(null, replies.map(dataResult))),
      onClose: (session) => handlers.onClose(session)
    })
    this.#handlers = handlers
    // Errors of single connections; the session learns of them by its close.
    this.on("error", () => undefined)
  }

  override connect(socket: Socket | TLSSocket, socketOptions?: SMTPConnectionOptions | null): void {
    const connection = new Connection(this, {
      socket,
      socketOptions: socketOptions ?? null,
      handlers: this.#handlers
    })
    this.connections.add(connection)
    connection.on("error", () => undefined)
    connection.init()
  }

  /** Takes no further connections, and lets go of those that have not come to a session yet. */
  stopListening(): void {
    this.server.close()
    for (const socket of this._pendingSockets.values()) socket.destroy()
  }
}

interface ConnectionParts {
  readonly socket: Socket | TLSSocket
  readonly socketOptions: SMTPConnectionOptions | null
  readonly handlers: SessionHandlers
}

class Connection extends SMTPConnection {
  readonly #handlers: SessionHandlers

  constructor(server: SMTPServer, { socket, socketOptions, handlers }: ConnectionParts) {
    super(server, socket, socketOptions)
    this.#handlers = handlers
    handlers.onOpen(this.session, {
      send: (reply) => this.#answer(reply),
      destroy: () => this._socket.destroy()
    })
  }

  override init(): void {
    this._setListeners(() => this.connectionReady())
  }

  override send(code: number, data?: string | Array<string> | null, context?: string | false): void {
    // A text that brings its own enhanced status code gets no other.
    const isWhole = typeof data === "string" && /^[245]\.\d{1,3}\.\d{1,3} /.test(data)
    // Replies to pipelined commands leave together. Not 220: after it the socket may belong to TLS.
    if (code === 220) this.#flush()
    else this.#gather()
    super.send(code, data, isWhole ? false : context)
    this.#handlers.onReplied(this.session, code)
  }

  override _onCommand(command: Buffer, callback: () => void = () => undefined): void {
    const isOurs = this._ready && !this._upgrading && this._nextHandler === false
    const reply = isOurs ? this.#handlers.onCommand(this.session, command) : null
    if (reply === null) {
      super._onCommand(command, callback)
      return
    }
    this.#answer(reply)
    if (reply.code !== 421) this._whenWritable(callback)
  }

  override _createParser(): WireParser {
    const parser = new WireParser({ maxCommandLength: this._server.options.maxCommandLength })
    parser.oncommand = (command, callback) => this._onCommand(command, callback)
    // Its one error is a line beyond all bounds; where the next one would begin is not known.
    parser.on("error", () => {
      this.#answer(sessionReplies.lineTooLong)
      this.close()
    })
    return parser
  }

  override _parseAddressCommand(
    rawName: string,
    rawCommand: Buffer | string
  ): ReturnType<SMTPConnection["_parseAddressCommand"]> {
    const verb = rawName === "mail from" ? "MAIL FROM" : "RCPT TO"
    const parsed = parsePathCommand(verb, rawCommand.toString())
    if (parsed === null) return false
    const { address, parameters, duplicate } = parsed
    const args = parameters.size === 0 ? false : Object.fromEntries(parameters)
    return duplicate === null ? { address, args } : { address, args, duplicate }
  }

  #gather(): void {
    const socket = this._socket
    if (socket.writableCorked > 0) return
    socket.cork()
    process.nextTick(() => socket.uncork())
  }

  #flush(): void {
    while (this._socket.writableCorked > 0) this._socket.uncork()
  }

  #answer(reply: Reply): void {
    this.send(reply.code, textOf(reply), false)
  }
}

/** How the library takes a refusal. */
class Refusal extends Error {
  readonly responseCode: number
  constructor(reply: Reply) {
    super(textOf(reply))
    this.responseCode = reply.code
  }
}

const textOf = (reply: Reply): string => `${reply.status} ${reply.text}`

const failure = (reply: Reply | null): Refusal | null => (reply === null ? null : new Refusal(reply))

const dataResult = (reply: Reply): string | Refusal => (reply.code < 400 ? textOf(reply) : new Refusal(reply))
