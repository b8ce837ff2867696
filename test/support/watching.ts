import { Effect, Option, Schedule, type Scope, Stream, SubscriptionRef } from "effect"
import type { Change } from "../../src/rpc/gen/postroom/core/v1/messages_pb.ts"
import type { Platform } from "./platform.ts"

/** What one watcher has been told of one mailbox, over all its connections. */
export interface Watched {
  readonly address: string
  readonly changes: ReadonlyArray<Change>
  /** Waits until it has been told of everything up to there; fails the test after a minute. */
  readonly until: (modSeq: number) => Effect.Effect<void>
}

/** Watches from the first change on; whenever the connection breaks, connects anew and goes on from where it was. */
export const watch = (platform: Platform, address: string): Effect.Effect<Watched, never, Scope.Scope> =>
  Effect.gen(function* () {
    const { mailbox, stream } = yield* platform.client(address)
    const changes: Array<Change> = []
    const told = yield* SubscriptionRef.make(0n)
    const session = Effect.flatMap(SubscriptionRef.get(told), (afterModSeq) =>
      Stream.runForEach(
        stream((signal) => mailbox.watch({ afterModSeq }, { signal })),
        (answer) => {
          changes.push(...answer.changes)
          return SubscriptionRef.set(told, answer.modSeq)
        }
      )
    )
    yield* Effect.forkScoped(
      Effect.repeat(Effect.ignore(Effect.sandbox(session)), Schedule.spaced("100 millis"))
    )
    return {
      address,
      changes,
      until: (modSeq) =>
        told.changes.pipe(
          Stream.filter((seen) => seen >= BigInt(modSeq)),
          Stream.runHead,
          Effect.timeoutOption("60 seconds"),
          Effect.flatMap(
            Option.match({
              onNone: () => Effect.dieMessage(`I7: the watcher of ${address} sleeps before change ${modSeq}`),
              onSome: () => Effect.void
            })
          )
        )
    }
  })
