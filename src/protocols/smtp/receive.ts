import { Data, Effect, Stream } from "effect"
import type { SMTPServerDataStream } from "smtp-server"
import { ContentRefused, type MessageScan, type ScanFinding } from "./MessageScan.ts"

/** The connection ended before the message did. */
export class ClientGone extends Data.TaggedError("ClientGone") {}

export type ReceiveFailure = ContentRefused | ClientGone

/** Most messages fit. */
const startBytes = 16 * 1024

/**
 * Reads what follows DATA: to the end where it is small, else as a stream that begins with what was gathered. Every
 * byte passes the scan before anybody else sees it. On failure the rest stays unread.
 */
export const receive = (
  source: SMTPServerDataStream,
  { scan, gatherBytes }: { readonly scan: MessageScan; readonly gatherBytes: number }
): Effect.Effect<Uint8Array | Stream.Stream<Uint8Array, ReceiveFailure>, ReceiveFailure> =>
  Effect.async((resume) => {
    const gathered = new Gathered(startBytes)
    const onData = (chunk: Buffer) => {
      const finding = scan.push(chunk)
      gathered.add(chunk)
      if (finding !== null) finish(Effect.fail(new ContentRefused({ finding })))
      else if (gathered.length > gatherBytes)
        finish(Effect.succeed(streamOf(source, { scan, head: gathered.bytes() })))
    }
    const onEnd = () => {
      const finding = scan.end()
      finish(
        finding === null ? Effect.succeed(gathered.bytes()) : Effect.fail(new ContentRefused({ finding }))
      )
    }
    const onClose = () => finish(Effect.fail(new ClientGone()))
    const stop = () => {
      source.off("data", onData).off("end", onEnd).off("close", onClose)
      source.pause()
    }
    const finish = (outcome: Parameters<typeof resume>[0]) => {
      stop()
      resume(outcome)
    }
    // Listened to for as long as the stream lives: without it a lost connection would be an uncaught exception.
    source.on("error", () => undefined)
    if (source.destroyed) finish(Effect.fail(new ClientGone()))
    else source.on("data", onData).on("end", onEnd).on("close", onClose)
    return Effect.sync(stop)
  })

/** Reads and drops what is left, so that the command after the message is found. `onExcess` when that is too much. */
export const discardRest = (
  source: SMTPServerDataStream,
  { maxBytes, onExcess }: { readonly maxBytes: number; readonly onExcess: () => void }
): Effect.Effect<void> =>
  Effect.async((resume) => {
    if (source.readableEnded || source.destroyed) {
      resume(Effect.void)
      return
    }
    let discarded = 0
    const onData = (chunk: Buffer) => {
      discarded += chunk.length
      if (discarded > maxBytes) onExcess()
    }
    const done = () => {
      source.off("data", onData)
      resume(Effect.void)
    }
    source.on("data", onData).once("end", done).once("close", done)
    source.resume()
  })

const streamOf = (
  source: SMTPServerDataStream,
  { scan, head }: { readonly scan: MessageScan; readonly head: Uint8Array }
): Stream.Stream<Uint8Array, ReceiveFailure> =>
  Stream.concat(
    Stream.make(head),
    Stream.fromAsyncIterable(scannedPieces(source, scan), (error) =>
      error instanceof ContentRefused ? error : new ClientGone()
    )
  )

/** Pieces of this size cost little per byte on their way to the store. */
const pieceBytes = 256 * 1024

async function* scannedPieces(source: SMTPServerDataStream, scan: MessageScan): AsyncGenerator<Uint8Array> {
  let gathered = new Gathered(pieceBytes)
  // The stream belongs to the library, which needs it to its end.
  for await (const chunk of source.iterator({ destroyOnReturn: false })) {
    throwIfFound(scan.push(chunk))
    gathered.add(chunk)
    if (gathered.length >= pieceBytes) {
      yield gathered.bytes()
      gathered = new Gathered(pieceBytes)
    }
  }
  throwIfFound(scan.end())
  yield gathered.bytes()
}

const throwIfFound = (finding: ScanFinding | null): void => {
  if (finding !== null) throw new ContentRefused({ finding })
}

/** Bytes in one growing buffer, so that a message of tiny pieces takes no more memory than one of large ones. */
class Gathered {
  #buffer: Buffer
  #length = 0

  constructor(startBytes: number) {
    this.#buffer = Buffer.allocUnsafe(startBytes)
  }

  get length(): number {
    return this.#length
  }

  add(chunk: Buffer): void {
    const needed = this.#length + chunk.length
    if (needed > this.#buffer.length) {
      const larger = Buffer.allocUnsafe(Math.max(needed, 2 * this.#buffer.length))
      this.#buffer.copy(larger, 0, 0, this.#length)
      this.#buffer = larger
    }
    chunk.copy(this.#buffer, this.#length)
    this.#length = needed
  }

  bytes(): Uint8Array {
    return this.#buffer.subarray(0, this.#length)
  }
}
