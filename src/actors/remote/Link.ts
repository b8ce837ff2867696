import type { Socket } from "node:net"
import { Either } from "effect"
import { type Ending, hungUp } from "./endings.ts"
import { FrameReader, frameOf, greeting, signOfLife } from "./frames.ts"

export interface LinkLimits {
  readonly maxFrameBytes: number
  /** Turns without anything from the peer, after which it is taken for dead. */
  readonly silentTurns: number
}

export interface LinkEvents {
  /** The peer is a runner that speaks as we do. */
  readonly greeted: () => void
  readonly received: (texts: ReadonlyArray<string>) => void
  /** Called once. */
  readonly closed: (ending: Ending) => void
}

/** Frames that wait for a peer that reads too slowly, in sizes of the largest one; then it is given up. */
const waitingFrames = 4

/**
 * Frames over one socket, the same on both sides. Each side shows in every turn that it lives. Silence is counted in our
 * own turns, so that one who was frozen itself hears what came meanwhile before it takes the other one for dead.
 */
export class Link {
  readonly #socket: Socket
  readonly #limits: LinkLimits
  readonly #events: LinkEvents
  readonly #reader: FrameReader
  #waiting: Array<Buffer> = [greeting]
  #waitingBytes = greeting.length
  #isFlushing = false
  #silentTurns = 0
  #isOpen = true

  constructor(socket: Socket, limits: LinkLimits, events: LinkEvents) {
    this.#socket = socket
    this.#limits = limits
    this.#events = events
    this.#reader = new FrameReader(limits.maxFrameBytes)
    socket.setNoDelay(true)
    socket.on("data", (bytes: Buffer) => this.#take(bytes))
    socket.on("error", ({ message }) => this.close(`cannot be reached: ${message}`))
    socket.on("close", () => this.close(hungUp))
    this.#flush()
  }

  get isOpen(): boolean {
    return this.#isOpen
  }

  /** What is sent in one turn of the event loop goes out together. False where the text is too large; nothing is sent then. */
  send(text: string): boolean {
    const frame = frameOf(text)
    if (frame.length - signOfLife.length > this.#limits.maxFrameBytes) return false
    this.#enqueue(frame)
    return true
  }

  /** To be called at even times. */
  turn(): void {
    if (!this.#isOpen) return
    this.#silentTurns++
    if (this.#silentTurns >= this.#limits.silentTurns) this.close("is silent")
    else this.#enqueue(signOfLife)
  }

  close(ending: Ending): void {
    if (!this.#isOpen) return
    this.#isOpen = false
    this.#waiting = []
    this.#socket.destroy()
    this.#events.closed(ending)
  }

  #enqueue(frame: Buffer): void {
    if (!this.#isOpen) return
    this.#waiting.push(frame)
    this.#waitingBytes += frame.length
    if (this.#waitingBytes + this.#socket.writableLength > waitingFrames * this.#limits.maxFrameBytes) {
      this.close("does not read what it is sent")
      return
    }
    if (this.#isFlushing) return
    this.#isFlushing = true
    setImmediate(() => this.#flush())
  }

  #flush(): void {
    this.#isFlushing = false
    const waiting = this.#waiting.splice(0)
    const [first] = waiting
    if (!this.#isOpen || first === undefined) return
    this.#socket.write(waiting.length === 1 ? first : Buffer.concat(waiting, this.#waitingBytes))
    this.#waitingBytes = 0
  }

  #take(bytes: Buffer): void {
    if (!this.#isOpen) return
    this.#silentTurns = 0
    const wasGreeted = this.#reader.isGreeted
    const taken = this.#reader.take(bytes)
    if (Either.isLeft(taken)) {
      this.close(taken.left)
      return
    }
    if (!wasGreeted && this.#reader.isGreeted) this.#events.greeted()
    if (taken.right.length > 0) this.#events.received(taken.right)
  }
}
