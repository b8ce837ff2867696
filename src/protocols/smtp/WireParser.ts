import { SMTPStream } from "smtp-server/lib/smtp-stream.js"
import { DotDecoder } from "./DotDecoder.ts"

/**
 * The library's parser of lines and message data, mended where it is wrong or slow: it takes dots away after a bare LF,
 * waits for the event loop at every dot, and can lose the resumption of a pipelined session.
 */
export class WireParser extends SMTPStream {
  #decoder = new DotDecoder()

  override startDataMode(maxBytes?: number): ReturnType<SMTPStream["startDataMode"]> {
    this.#decoder = new DotDecoder()
    return super.startDataMode(maxBytes)
  }

  override _feedDataStream(chunk: Buffer, done: (error?: Error | null) => void): void {
    const { content, rest } = this.#decoder.push(chunk)
    this._countDataBytes(content.length)
    if (rest !== null) {
      this._endDataMode(content, rest, done)
      return
    }
    const sink = this._dataStream
    if (sink === null || !sink.writable || content.length === 0 || sink.write(content) || sink.destroyed) {
      done()
      return
    }
    const resume = () => {
      sink.off("drain", resume).off("close", resume)
      done()
    }
    sink.on("drain", resume).on("close", resume)
  }

  /**
   * The library clears the callback after it ran. Where everything in between answers at once, the callback has by then
   * received a whole further message and left a new callback, which would be lost, and the connection with it.
   */
  override continue(): void {
    const resume = this._continueCallback
    this._continueCallback = typeof resume !== "function"
    if (typeof resume === "function") resume()
  }
}
