import { Duration, Effect, Option, Random } from "effect"
import { monotonicMillis } from "../../../domain/monotonicMillis.ts"
import { Endpoints } from "./Endpoints.ts"
import { type At, type S3Calls, S3Failed, type S3Problem } from "./S3Calls.ts"
import type { S3Settings } from "./S3Config.ts"
import { type Place, s3Place } from "./s3Place.ts"

/** One call, where it is told and in the time that it is given. */
export type Call<A> = (at: At, signal: AbortSignal) => Promise<A>

/** Calls until it succeeds, fails for good, or the deadline is near. */
export type Attempt = <A>(call: Call<A>) => Effect.Effect<A, S3Failed>

/** How the parts of the driver reach S3. */
export interface S3Access {
  readonly calls: S3Calls
  /** Of a key, or of what keys begin with. */
  readonly placeOf: (key: string) => Place
  /** Gives the work its turn and a deadline, which all its attempts share. */
  readonly withinDeadline: <A, E>(
    work: (attempt: Attempt) => Effect.Effect<A, E>
  ) => Effect.Effect<A, E | S3Failed>
  /** The same without a turn, for what nobody waits for: it does not fail at once while no endpoint answers. */
  readonly patiently: <A, E>(work: (attempt: Attempt) => Effect.Effect<A, E>) => Effect.Effect<A, E>
  /** Waits no longer than a deadline allows. */
  readonly inTime: <A, E>(waiting: Effect.Effect<A, E>) => Effect.Effect<A, E | S3Failed>
}

const pauseBaseMillis = 50
const longestPauseMillis = 1_000

/** With full jitter, so that calls that failed together do not come back together. */
const pauseMillis = (attempt: number) =>
  Effect.map(Random.next, (part) =>
    Math.round(part * Math.min(longestPauseMillis, pauseBaseMillis * 2 ** (attempt - 1)))
  )

const repeated: ReadonlySet<S3Problem> = new Set<S3Problem>(["away", "timeout", "damaged", "conflict"])

const resting = new S3Failed({ problem: "away", code: "AllEndpointsRest", mayBeDone: false })
const tooLate = new S3Failed({ problem: "timeout", code: "Deadline", mayBeDone: false })

/** Attempts at whichever of the endpoints answer. */
const makeAttempts = ({ endpoints: addresses, callTimeout }: S3Settings) => {
  const endpoints = new Endpoints(addresses.length)
  const callMillis = Duration.toMillis(callTimeout)

  const once = <A>(at: At, call: Call<A>) =>
    Effect.async<A, S3Failed>((resume, signal) => {
      call(at, signal).then(
        (value) => resume(Effect.succeed(value)),
        (error) => resume(error instanceof S3Failed ? Effect.fail(error) : Effect.die(error))
      )
      return Effect.sync(() => endpoints.abandoned(at.endpoint))
    })

  const answered = (endpoint: number) =>
    endpoints.succeeded(endpoint) ? Effect.logInfo(`S3 at ${addresses[endpoint]} answers again`) : Effect.void

  const noteFailure = ({ endpoint, millis }: At, { problem, code }: S3Failed) => {
    if (problem === "timeout" && millis < callMillis) return Effect.sync(() => endpoints.abandoned(endpoint))
    if (!repeated.has(problem) || problem === "conflict") return answered(endpoint)
    return Effect.flatMap(monotonicMillis, (now) =>
      endpoints.failed(endpoint, now)
        ? Effect.logWarning(`S3 at ${addresses[endpoint]} fails (${code}) and is left alone for a while`)
        : Effect.void
    )
  }

  return ({ until, isPatient }: { readonly until: number; readonly isPatient: boolean }): Attempt => {
    const again = <A>(call: Call<A>, number: number, before: S3Failed): Effect.Effect<A, S3Failed> =>
      Effect.flatMap(Effect.zip(pauseMillis(number), monotonicMillis), ([pause, now]) =>
        now + pause < until ? Effect.delay(attempt(call, number + 1, before), pause) : before
      )

    const attempt = <A>(call: Call<A>, number: number, before: S3Failed): Effect.Effect<A, S3Failed> =>
      Effect.flatMap(monotonicMillis, (now) => {
        if (now >= until) return before
        const endpoint = endpoints.choose(now)
        if (endpoint === undefined) {
          // Who comes while nothing answers is told so at once; who was under way may see it come back.
          return number === 1 && !isPatient ? resting : again(call, number, before)
        }
        const at = { endpoint, millis: Math.min(callMillis, until - now) }
        return Effect.matchEffect(once(at, call), {
          onSuccess: (value) => Effect.as(answered(endpoint), value),
          onFailure: (failure) =>
            Effect.zipRight(
              noteFailure(at, failure),
              repeated.has(failure.problem) ? again(call, number, failure) : failure
            )
        })
      })

    return (call) => attempt(call, 1, tooLate)
  }
}

export const makeS3Access = (calls: S3Calls, settings: S3Settings): S3Access => {
  const attempts = makeAttempts(settings)
  const turns = Effect.unsafeMakeSemaphore(settings.maxConcurrent)
  const deadlineMillis = Duration.toMillis(settings.deadline)

  // Interruptible also where it cleans up after something: a time limit works by interrupting.
  const inTime: S3Access["inTime"] = (waiting) =>
    Effect.timeoutFail(Effect.interruptible(waiting), {
      duration: settings.deadline,
      onTimeout: () => tooLate
    })

  return {
    calls,
    placeOf: (key) => s3Place(settings.bucketPrefix, key),
    inTime,
    withinDeadline: (work) =>
      Effect.flatMap(monotonicMillis, (now) => {
        const bounded = work(attempts({ until: now + deadlineMillis, isPatient: false }))
        // A time limit costs as much as all the rest of this: only for who has to wait.
        return Effect.flatMap(
          turns.withPermitsIfAvailable(1)(bounded),
          Option.match({ onSome: Effect.succeed, onNone: () => inTime(turns.withPermits(1)(bounded)) })
        )
      }),
    patiently: (work) =>
      Effect.flatMap(monotonicMillis, (now) =>
        work(attempts({ until: now + deadlineMillis, isPatient: true }))
      )
  }
}

/** For calls that store something: makes the bucket when there is none. */
export const attemptIn = <A>(
  { calls }: S3Access,
  attempt: Attempt,
  { bucket, call }: { readonly bucket: string; readonly call: Call<A> }
): Effect.Effect<A, S3Failed> =>
  Effect.catchIf(
    attempt(call),
    ({ problem }) => problem === "no-bucket",
    () =>
      Effect.zipRight(
        attempt((at, signal) => calls.makeBucket({ ...at, bucket }, signal)),
        attempt(call)
      )
  )
