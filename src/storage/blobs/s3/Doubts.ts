import { Deferred, type Duration, Effect, FiberId, FiberMap, identity, Schedule, type Scope } from "effect"
import type { BlobKey } from "../../../domain/ids.ts"
import type { S3Access } from "./S3Access.ts"
import { isMissing, type S3Failed } from "./S3Calls.ts"

/**
 * Puts that failed without anybody knowing whether S3 has stored the object all the same: a request that timed out,
 * an answer that was lost. What such a put made is looked for and removed, so that it leaves nothing under its key.
 */
export interface Doubts {
  /**
   * Does work on the key alone, as far as this process goes: a put must not rely on what another one is about to take
   * back. `earlier`: puts of the key that were in doubt, and are the work's business from now on.
   */
  readonly withKey: <A, E>(
    key: BlobKey,
    work: (earlier: ReadonlySet<string>) => Effect.Effect<A, E>
  ) => Effect.Effect<A, E | S3Failed>
  /** Begins to look for what these puts may have stored. */
  readonly add: (key: BlobKey, putIds: ReadonlySet<string>) => Effect.Effect<void>
  /** Waits until nothing of the doubted puts of the key is there, but not for longer than the deadline. */
  readonly settled: (key: BlobKey) => Effect.Effect<void>
}

interface Doubt {
  readonly putIds: ReadonlySet<string>
  readonly isSettled: Deferred.Deferred<void>
}

/** One at a time for each key, in the order of their coming. `wait`: how to wait for the one before. */
const makeLocks = () => {
  const held = new Map<BlobKey, Deferred.Deferred<void>>()
  const withLock = <A, E, E2>(
    key: BlobKey,
    wait: (before: Effect.Effect<void>) => Effect.Effect<void, E2>,
    work: Effect.Effect<A, E>
  ): Effect.Effect<A, E | E2> =>
    Effect.uninterruptibleMask((restore) => {
      const before = held.get(key)
      if (before !== undefined) {
        return Effect.zipRight(restore(wait(Deferred.await(before))), restore(withLock(key, wait, work)))
      }
      const mine = Deferred.unsafeMake<void>(FiberId.none)
      held.set(key, mine)
      const release = Effect.suspend(() => {
        held.delete(key)
        return Deferred.succeed(mine, undefined)
      })
      return Effect.ensuring(restore(work), release)
    })
  return withLock
}

/** Removes the object if one of the puts made it. */
const takeBack = (
  access: S3Access,
  key: BlobKey,
  putIds: ReadonlySet<string>
): Effect.Effect<void, S3Failed> => {
  const { calls } = access
  const place = access.placeOf(key)
  return access.patiently((attempt) =>
    attempt((at, signal) => calls.headObject({ ...place, ...at }, signal)).pipe(
      Effect.flatMap(({ putId, versionId }) =>
        putIds.has(putId)
          ? attempt((at, signal) => calls.deleteObject({ ...place, ...at, versionId }, signal))
          : Effect.void
      ),
      Effect.catchIf(isMissing, () => Effect.void)
    )
  )
}

const untilAnswered = Schedule.union(Schedule.exponential("100 millis"), Schedule.spaced("30 seconds"))

export const makeDoubts = (
  access: S3Access,
  deadline: Duration.Duration
): Effect.Effect<Doubts, never, Scope.Scope> =>
  Effect.gen(function* () {
    const withLock = makeLocks()
    const doubts = new Map<BlobKey, Doubt>()
    const searches = yield* FiberMap.make<BlobKey, void>()

    const soon = (settled: Effect.Effect<void>) =>
      settled.pipe(Effect.interruptible, Effect.timeoutOption(deadline), Effect.asVoid)
    const unsettled = Effect.suspend(() =>
      Effect.filter(doubts.values(), ({ isSettled }) => Effect.negate(Deferred.isDone(isSettled)))
    )

    yield* Effect.addFinalizer(() =>
      Effect.gen(function* () {
        const open = yield* unsettled
        yield* soon(Effect.forEach(open, ({ isSettled }) => Deferred.await(isSettled), { discard: true }))
        const left = yield* unsettled
        if (left.length > 0) {
          yield* Effect.logWarning(
            `S3 may hold blobs of failed puts that no message refers to: ${left.length}`
          )
        }
      })
    )

    const search = (key: BlobKey, { putIds, isSettled }: Doubt) => {
      // Holds the key until it is certain: a removal that may yet happen must not meet the next put.
      const look = withLock(
        key,
        identity,
        Effect.retry(takeBack(access, key, putIds), {
          schedule: untilAnswered,
          while: ({ problem }) => problem !== "refused"
        })
      )
      return look.pipe(
        Effect.zipRight(Deferred.succeed(isSettled, undefined)),
        // A request that was cut off may be stored late; one that is later still is the reconciler's.
        Effect.zipRight(Effect.delay(look, deadline)),
        Effect.catchAll((failure) => Effect.logError(`a failed put cannot be undone: ${failure.message}`)),
        Effect.zipRight(Effect.sync(() => doubts.delete(key))),
        Effect.zipRight(Deferred.succeed(isSettled, undefined)),
        Effect.asVoid,
        Effect.interruptible
      )
    }

    const takeOver = (key: BlobKey): Effect.Effect<ReadonlySet<string>> => {
      const doubt = doubts.get(key)
      if (doubt === undefined) return Effect.succeed(nothing)
      doubts.delete(key)
      return FiberMap.remove(searches, key).pipe(
        Effect.zipRight(Deferred.succeed(doubt.isSettled, undefined)),
        Effect.as(doubt.putIds)
      )
    }

    return {
      withKey: (key, work) =>
        withLock(
          key,
          access.inTime,
          Effect.suspend(() => Effect.flatMap(takeOver(key), work))
        ),
      add: (key, putIds) =>
        Effect.suspend(() => {
          const doubt = { putIds, isSettled: Deferred.unsafeMake<void>(FiberId.none) }
          doubts.set(key, doubt)
          return Effect.asVoid(FiberMap.run(searches, key, search(key, doubt)))
        }),
      settled: (key) =>
        Effect.suspend(() => {
          const doubt = doubts.get(key)
          return doubt === undefined ? Effect.void : soon(Deferred.await(doubt.isSettled))
        })
    }
  })

const nothing: ReadonlySet<string> = new Set()
