import type { WebSocket } from "ws"

/** Why a connection is ended by us (RFC 6455 7.4). What the page does about it, it knows from the code. */
export const endings = {
  stopping: [1001, "the server stops"],
  binary: [1003, "text is spoken here"],
  garbled: [1007, "says what nobody understands"],
  /** 4000 and above are ours. */
  signedOut: [4401, "the session has ended"]
} as const satisfies Readonly<Record<string, readonly [code: number, reason: string]>>

/** A page of web mail, as far as the socket goes. */
export class OwaConnection {
  readonly #socket: WebSocket
  readonly #unsentBytes: number
  #isAnswering = true
  /** Ids of the calls under way. */
  readonly underWay = new Set<string>()
  /** The call among them that is told the changes; null where there is none. */
  following: string | null = null

  constructor(socket: WebSocket, unsentBytes: number) {
    this.#socket = socket
    this.#unsentBytes = unsentBytes
    socket.on("pong", () => {
      this.#isAnswering = true
    })
  }

  /** Who does not take what it asked for is cut off, and catches up when it comes back. */
  send(text: string): void {
    if (this.#socket.bufferedAmount > this.#unsentBytes) this.#socket.terminate()
    else this.#socket.send(text)
  }

  end([code, reason]: (typeof endings)[keyof typeof endings]): void {
    this.#socket.close(code, reason)
  }

  cut(): void {
    this.#socket.terminate()
  }

  /** To be called at even times: asks whether the page is there, and cuts off one that has not said so since the last time. */
  turn(): void {
    if (this.#isAnswering) this.#socket.ping()
    else this.cut()
    this.#isAnswering = false
  }
}
