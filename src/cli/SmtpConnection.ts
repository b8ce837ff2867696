import { connect, type Socket } from "node:net"
import { hostname } from "node:os"
import { Effect, type Scope } from "effect"
import type { Endpoint } from "./endpoints.ts"
import { type Reply, SmtpLost, SmtpReplies } from "./SmtpReplies.ts"

export interface Envelope {
  readonly from: string
  /** At least one. */
  readonly to: ReadonlyArray<string>
}

/** What the server said to one message. */
export interface Outcome {
  /** One for each recipient, in order: to RCPT where it was refused there, else to the message. */
  readonly replies: ReadonlyArray<Reply>
}

/** One SMTP or LMTP session, one message at a time; commands go in one packet where the server allows it (RFC 2920). */
export interface SmtpConnection {
  /** `content` as `onWire` made it. */
  readonly send: (envelope: Envelope, content: Buffer) => Effect.Effect<Outcome, SmtpLost>
}

interface Capabilities {
  readonly names: ReadonlySet<string>
}

const isAscii = (text: string) => /^\p{ASCII}*$/u.test(text)

const mailFrom = ({ from, to }: Envelope, content: Buffer, { names }: Capabilities): string =>
  [
    `MAIL FROM:<${from}>`,
    ...(names.has("SIZE") ? [`SIZE=${content.length}`] : []),
    ...(names.has("8BITMIME") && content.some((octet) => octet > 127) ? ["BODY=8BITMIME"] : []),
    ...(names.has("SMTPUTF8") && ![from, ...to].every(isAscii) ? ["SMTPUTF8"] : [])
  ].join(" ")

const unexpected = ({ code, text }: Reply) => new SmtpLost({ message: `${code} ${text}` })

class Session {
  readonly #socket: Socket
  readonly #replies = new SmtpReplies()
  #capabilities: Capabilities = { names: new Set() }

  constructor(socket: Socket) {
    this.#socket = socket
    socket.setEncoding("utf8")
    socket.setNoDelay(true)
    socket.on("data", (chunk) => this.#replies.push(chunk.toString()))
    socket.on("error", (error) => this.#replies.break(error.message))
    socket.on("close", () => this.#replies.break("The server closed the connection."))
  }

  readonly #expect = async (codes: ReadonlyArray<number>): Promise<Reply> => {
    const reply = await this.#replies.next()
    if (!codes.includes(reply.code)) throw unexpected(reply)
    return reply
  }

  async greet(isLmtp: boolean): Promise<void> {
    await this.#expect([220])
    this.#socket.write(`${isLmtp ? "LHLO" : "EHLO"} ${hostname() || "localhost"}\r\n`)
    const { text } = await this.#expect([250])
    const names = text
      .split("\n")
      .slice(1)
      .map((line) => line.split(" ")[0]?.toUpperCase() ?? "")
    this.#capabilities = { names: new Set(names) }
  }

  /** Answers to several commands: in one packet, or one by one where the server does not pipeline. */
  async #ask(commands: ReadonlyArray<string>): Promise<ReadonlyArray<Reply>> {
    const replies: Array<Reply> = []
    if (this.#capabilities.names.has("PIPELINING")) {
      this.#socket.write(commands.map((command) => `${command}\r\n`).join(""))
      for (const _ of commands) replies.push(await this.#replies.next())
      return replies
    }
    for (const command of commands) {
      this.#socket.write(`${command}\r\n`)
      replies.push(await this.#replies.next())
    }
    return replies
  }

  async send(envelope: Envelope, content: Buffer, isLmtp: boolean): Promise<Outcome> {
    const recipients = envelope.to.map((address) => `RCPT TO:<${address}>`)
    const replies = await this.#ask([mailFrom(envelope, content, this.#capabilities), ...recipients, "DATA"])
    const [mail, ...others] = replies
    const data = others.pop()
    if (mail === undefined || data === undefined)
      throw new SmtpLost({ message: "The server stopped answering." })
    const isTaken = others.map(({ code }) => mail.code === 250 && (code === 250 || code === 251))
    if (data.code !== 354) {
      await this.#ask(["RSET"])
      const refusal = (reply: Reply) => (mail.code === 250 ? reply : mail)
      return { replies: others.map((reply, n) => (isTaken[n] === true ? data : refusal(reply))) }
    }
    // RFC 2920 3.1: a server may take DATA though it took no recipient; then nothing is to be sent.
    this.#socket.write(isTaken.includes(true) ? content : ".\r\n")
    return { replies: await this.#outcomes(others, isTaken, isLmtp) }
  }

  /** RFC 2033 4.2: LMTP answers for each recipient that it took, SMTP once. */
  async #outcomes(
    recipients: ReadonlyArray<Reply>,
    isTaken: ReadonlyArray<boolean>,
    isLmtp: boolean
  ): Promise<ReadonlyArray<Reply>> {
    const outcomes: Array<Reply> = []
    let common = isLmtp ? undefined : await this.#replies.next()
    for (const [n, reply] of recipients.entries()) {
      if (isTaken[n] !== true) {
        outcomes.push(reply)
        continue
      }
      if (isLmtp) common = await this.#replies.next()
      outcomes.push(common ?? reply)
    }
    return outcomes
  }

  close(): void {
    this.#socket.end("QUIT\r\n")
    // Whatever it answers, nobody listens any more.
    this.#socket.setTimeout(1_000, () => this.#socket.destroy())
  }
}

const asLost = (error: unknown): SmtpLost =>
  error instanceof SmtpLost ? error : new SmtpLost({ message: "The connection broke." })

/** Connects and says hello; the connection ends with the scope. */
export const openSmtp = (
  endpoint: Endpoint,
  isLmtp: boolean
): Effect.Effect<SmtpConnection, SmtpLost, Scope.Scope> =>
  Effect.gen(function* () {
    const session = yield* Effect.acquireRelease(
      Effect.sync(() => new Session(connect(endpoint))),
      (open) => Effect.sync(() => open.close())
    )
    yield* Effect.tryPromise({ try: () => session.greet(isLmtp), catch: asLost })
    return {
      send: (envelope, content) =>
        Effect.tryPromise({ try: () => session.send(envelope, content, isLmtp), catch: asLost })
    }
  })

/**
 * A message file as DATA carries it: without an mbox `From ` line, every line ended by CRLF, dots stuffed
 * (RFC 5321 4.5.2), and the end that DATA wants.
 */
export const onWire = (file: Buffer): Buffer => {
  // Latin-1 keeps every octet as one character.
  const text = file.toString("latin1").replace(/^From [^\n]*\n/, "")
  const lines = text.replace(/\r?\n/g, "\r\n").replace(/(^|\r\n)\./g, "$1..")
  return Buffer.from(`${lines}${lines === "" || lines.endsWith("\r\n") ? "" : "\r\n"}.\r\n`, "latin1")
}
