import type { OutgoingHttpHeaders, ServerResponse } from "node:http"
import { Chunk, type Duration, Effect, Option, Stream } from "effect"
import { type PartRefused, refuse } from "./PartRefused.ts"

export interface Sending {
  readonly pieces: Stream.Stream<Uint8Array, PartRefused>
  /** What is said before the octets, by the first of them; of an empty answer there are none. */
  readonly headers: (head: Buffer) => Effect.Effect<OutgoingHttpHeaders, PartRefused>
  /** How long the reader may take nothing. */
  readonly stall: Duration.Duration
}

/** Passes octets on as fast as the reader takes them, and ends the answer. Says nothing before it has the first of them. */
export const sendPieces = (
  { pieces, headers, stall }: Sending,
  to: ServerResponse
): Effect.Effect<void, PartRefused> =>
  Effect.gen(function* () {
    const next = yield* Stream.toPull(pieces)
    let now = yield* pulled(next)
    to.writeHead(200, yield* headers(Buffer.concat(now ?? [])))
    for (; now !== null; now = yield* pulled(next)) {
      for (const piece of now)
        if (!to.write(piece))
          yield* Effect.timeoutFail(drained(to), { duration: stall, onTimeout: () => refuse("too-slow") })
    }
    to.end()
  }).pipe(Effect.scoped)

/** Null at the end. */
const pulled = (
  next: Effect.Effect<Chunk.Chunk<Uint8Array>, Option.Option<PartRefused>>
): Effect.Effect<ReadonlyArray<Uint8Array> | null, PartRefused> =>
  Effect.catchAll(Effect.map(next, Chunk.toReadonlyArray), (end) =>
    Option.isSome(end) ? end.value : Effect.succeed(null)
  )

const drained = (to: ServerResponse): Effect.Effect<void> =>
  Effect.async((resume) => {
    const goOn = () => resume(Effect.void)
    to.once("drain", goOn)
    return Effect.sync(() => void to.off("drain", goOn))
  })
