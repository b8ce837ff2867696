import { Effect, Stream } from "effect"
import type { CoreError } from "../../domain/errors.ts"
import type { Call } from "../../rpc/Call.ts"
import type { OfMailbox } from "../../rpc/Core.ts"
import type { Refusal } from "./OwaAnswers.ts"
import { away, refusalOf } from "./refusal.ts"

/** Whose connection it is that calls. */
export interface Caller extends OfMailbox {
  /** By which of their sessions. */
  readonly sessionId: string
  /** Primary address. */
  readonly address: string
  /** A call of its own each time. */
  readonly call: () => Call
  /** Somebody is there. */
  readonly used: Effect.Effect<void>
}

export interface Client {
  readonly clientId: number
}

export type CallerOf = (client: number) => Caller | undefined

/** A call is answered in the browser's words. A connection that has just ended has no caller any more. */
export const makeAsking =
  (callerOf: CallerOf) =>
  <A>(
    { clientId }: Client,
    use: (caller: Caller) => Effect.Effect<A, CoreError | Refusal>
  ): Effect.Effect<A, Refusal> => {
    const caller = callerOf(clientId)
    if (caller === undefined) return Effect.interrupt
    return unlessBug(
      Effect.suspend(() => use(caller)).pipe(
        Effect.mapError((error) => (error._tag === "Refused" ? error : refusalOf(error))),
        Effect.zipLeft(caller.used)
      )
    )
  }

/** The same of what goes on and on, which is no sign that somebody is there. */
export const makeTelling =
  (callerOf: CallerOf) =>
  <A>(
    { clientId }: Client,
    use: (caller: Caller) => Stream.Stream<A, CoreError>
  ): Stream.Stream<A, Refusal> => {
    const caller = callerOf(clientId)
    if (caller === undefined) return Stream.fromEffect(Effect.interrupt)
    return Stream.suspend(() => use(caller)).pipe(
      Stream.mapError(refusalOf),
      Stream.catchAllCause((cause) => Stream.fromEffect(unlessBug(Effect.failCause(cause))))
    )
  }

/** A bug of ours is told here; over there something is away. */
const unlessBug = <A>(work: Effect.Effect<A, Refusal>): Effect.Effect<A, Refusal> =>
  work.pipe(
    Effect.tapDefect((cause) => Effect.logError("a call of web mail failed by a defect", cause)),
    Effect.catchAllDefect(() => Effect.fail(away))
  )
