import { connect, type Socket } from "node:net"
import type { Mail } from "../mailSource.ts"

export type Protocol = "smtp" | "lmtp"

export interface Endpoint {
  readonly protocol: Protocol
  readonly host: string
  readonly port: number
}

const endOfData = Buffer.from(".\r\n")

/**
 * One connection as a transfer agent keeps it: MAIL, RCPT and DATA in one go (RFC 2920), then the message, then wait
 * for its answer. Does as little as can be done, since it shares the machine with what it measures.
 */
export class SmtpConnection {
  readonly #socket: Socket
  /** Of a reply line that has not come whole. */
  #rest = ""
  /** Replies until `#then`. */
  #missing = 0
  #then: () => void = () => undefined
  readonly #fail: (problem: Error) => void

  private constructor(socket: Socket, fail: (problem: Error) => void) {
    this.#socket = socket
    this.#fail = fail
    socket.setNoDelay(true)
    socket.on("data", (chunk) => this.#read(chunk))
    socket.on("error", fail)
  }

  /** Connected and greeted. `fail` hears of whatever goes wrong later. */
  static open(endpoint: Endpoint, fail: (problem: Error) => void): Promise<SmtpConnection> {
    return new Promise((resolve) => {
      const socket = connect(endpoint.port, endpoint.host)
      const connection = new SmtpConnection(socket, fail)
      connection.#expect(1, () => {
        connection.#expect(1, () => resolve(connection))
        socket.write(`${endpoint.protocol === "lmtp" ? "LHLO" : "EHLO"} bench.example\r\n`)
      })
    })
  }

  /** `accepted` once the server has answered for the message. */
  send({ sender, recipient, head, rest }: Mail, accepted: () => void): void {
    this.#expect(3, () => {
      this.#expect(1, accepted)
      this.#socket.cork()
      this.#socket.write(head)
      this.#socket.write(rest)
      this.#socket.write(endOfData)
      this.#socket.uncork()
    })
    this.#socket.write(`MAIL FROM:<${sender}>\r\nRCPT TO:<${recipient}>\r\nDATA\r\n`)
  }

  close(): void {
    this.#socket.end("QUIT\r\n")
  }

  #expect(replies: number, then: () => void): void {
    this.#missing = replies
    this.#then = then
  }

  #read(chunk: Buffer): void {
    const lines = (this.#rest + chunk.toString("latin1")).split("\r\n")
    this.#rest = lines.pop() ?? ""
    for (const line of lines) {
      if (line[3] === "-") continue
      if (line[0] !== "2" && line[0] !== "3") {
        this.#fail(new Error(`the server says ${line}`))
        return
      }
      this.#missing -= 1
      if (this.#missing === 0) this.#then()
    }
  }
}
