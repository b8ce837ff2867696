import net, { type Socket } from "node:net"
import tls from "node:tls"
import { Effect, type Scope } from "effect"

/** A client that says exactly what a test tells it to, byte for byte. Strings are sent as UTF-8. */
export interface SmtpDialogue {
  readonly send: (bytes: string | Uint8Array) => Effect.Effect<void>
  /** The same, and waits until the system has taken them. */
  readonly sendAll: (bytes: Uint8Array) => Effect.Effect<void>
  /** The next whole reply, its lines joined by `\n`; "" when the connection ends first. */
  readonly reply: Effect.Effect<string>
  /** A line and the reply to it. */
  readonly ask: (line: string) => Effect.Effect<string>
  /** Each line in turn, as a well-behaved client does; all the replies. */
  readonly askAll: (...lines: ReadonlyArray<string>) => Effect.Effect<ReadonlyArray<string>>
  /** MAIL, RCPT and DATA for one message with CRLF lines; dots are stuffed here. The last reply. */
  readonly deliver: (message: {
    readonly to: ReadonlyArray<string>
    readonly bytes: Uint8Array
  }) => Effect.Effect<string>
  /** STARTTLS done by the book; the dialogue then goes on inside. */
  readonly startTls: Effect.Effect<string>
  /** The same with other bytes in place of the command. */
  readonly startTlsWith: (bytes: string) => Effect.Effect<string>
  readonly closed: Effect.Effect<void>
  /** Goes away without a word (RST where the system allows). */
  readonly vanish: Effect.Effect<void>
}

export const smtpDialogue = (
  port: number,
  options: { readonly tls?: boolean } = {}
): Effect.Effect<SmtpDialogue, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.promise(() => open(port, options.tls === true)),
    (wire) => Effect.sync(() => wire.socket.destroy())
  ).pipe(Effect.map(dialogueOver))

interface WireState {
  socket: Socket
  buffered: string
  isClosed: boolean
  wake: () => void
}

const open = (port: number, isTls: boolean): Promise<WireState> =>
  new Promise((resolve, reject) => {
    const socket: Socket = isTls
      ? tls.connect({ port, host: "127.0.0.1", rejectUnauthorized: false }, () => resolve(state))
      : net.connect({ port, host: "127.0.0.1", noDelay: true }, () => resolve(state))
    const state: WireState = { socket, buffered: "", isClosed: false, wake: () => undefined }
    socket.once("error", reject)
    listen(state)
  })

const listen = (state: WireState): void => {
  state.socket.on("data", (chunk: Buffer) => {
    state.buffered += chunk.toString()
    state.wake()
  })
  state.socket.on("error", () => undefined)
  state.socket.on("close", () => {
    state.isClosed = true
    state.wake()
  })
}

/** A whole reply ends with a line whose code is followed by a space or nothing (RFC 5321 4.2.1). */
const replyPattern = /^(?:\d{3}-[^\n]*\n)*\d{3}(?: [^\n]*)?\n/

const dialogueOver = (state: WireState): SmtpDialogue => {
  const until = (isReady: () => boolean) =>
    Effect.async<void>((resume) => {
      const look = () => {
        if (!isReady()) return
        state.wake = () => undefined
        resume(Effect.void)
      }
      state.wake = look
      look()
    })

  const send: SmtpDialogue["send"] = (bytes) => Effect.sync(() => void state.socket.write(bytes))

  const sendAll: SmtpDialogue["sendAll"] = (bytes) =>
    Effect.async((resume) => void state.socket.write(bytes, () => resume(Effect.void)))

  const reply = until(() => replyPattern.test(state.buffered) || state.isClosed).pipe(
    Effect.map(() => {
      const [whole = ""] = replyPattern.exec(state.buffered) ?? []
      state.buffered = state.buffered.slice(whole.length)
      return whole.replaceAll("\r\n", "\n").trimEnd()
    })
  )

  const ask: SmtpDialogue["ask"] = (line) => Effect.zipRight(send(`${line}\r\n`), reply)
  const askAll: SmtpDialogue["askAll"] = (...lines) => Effect.forEach(lines, ask)

  const startTlsWith: SmtpDialogue["startTlsWith"] = Effect.fnUntraced(function* (bytes) {
    yield* send(bytes)
    const answer = yield* reply
    yield* Effect.promise(
      () =>
        new Promise<void>((resolve, reject) => {
          state.socket.removeAllListeners()
          const secured = tls.connect({ socket: state.socket, rejectUnauthorized: false }, resolve)
          secured.once("error", reject)
          state.socket = secured
          state.buffered = ""
          listen(state)
        })
    )
    return answer
  })

  return {
    send,
    sendAll,
    reply,
    ask,
    askAll,
    deliver: ({ to, bytes }) =>
      Effect.gen(function* () {
        yield* ask("MAIL FROM:<sender@elsewhere.test>")
        yield* askAll(...to.map((address) => `RCPT TO:<${address}>`))
        yield* ask("DATA")
        yield* send(stuffDots(bytes))
        yield* send(endsWithCrlf(bytes) ? ".\r\n" : "\r\n.\r\n")
        return yield* reply
      }),
    startTls: startTlsWith("STARTTLS\r\n"),
    startTlsWith,
    closed: until(() => state.isClosed),
    vanish: Effect.sync(() => state.socket.resetAndDestroy())
  }
}

const endsWithCrlf = (bytes: Uint8Array): boolean =>
  bytes.length === 0 || (bytes.at(-1) === 10 && bytes.at(-2) === 13)

/** RFC 5321 4.5.2. */
export const stuffDots = (bytes: Uint8Array): Uint8Array =>
  Buffer.from(
    Buffer.from(bytes)
      .toString("latin1")
      .replaceAll(/(^|\r\n)\./g, "$1.."),
    "latin1"
  )

/** What a real client does to a file: every line break becomes CRLF, and the last line gets one. */
export const asCrlf = (file: Uint8Array): Buffer => {
  const text = Buffer.from(file).toString("latin1").replaceAll(/\r?\n/g, "\r\n")
  return Buffer.from(text === "" || text.endsWith("\r\n") ? text : `${text}\r\n`, "latin1")
}
