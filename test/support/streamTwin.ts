import { Duration, Effect, Layer, Queue, Stream } from "effect"
import { CorrelationId, TaskId } from "../../src/domain/ids.ts"
import {
  type ClaimedTask,
  type Payload,
  type StreamName,
  Streams
} from "../../src/storage/streams/Streams.ts"

/** One stream in memory. Tasks have names, and what happens to them is told in its order. */
export interface StreamTwin {
  /** `claim a b`, `ack a`, `release a +1000`, `fail a: why`, `dead a: why`. */
  readonly story: Array<string>
  readonly accept: (name: string, payload?: Payload) => void
  /** Run before each claim; a test may fail there. */
  onClaim: Effect.Effect<void>
  /** As a sweep does. */
  ring: Effect.Effect<void>
  readonly layer: Layer.Layer<Streams>
}

interface Waiting {
  /** Epoch milliseconds. */
  readonly notBefore: number
  readonly task: ClaimedTask
}

export const makeStreamTwin = (stream: StreamName = "notify"): StreamTwin => {
  const waiting: Array<Waiting> = []
  const twin: StreamTwin = {
    story: [],
    onClaim: Effect.void,
    ring: Effect.void,
    accept: (name, payload = {}) =>
      void waiting.push({
        notBefore: 0,
        task: {
          taskId: TaskId(name),
          stream,
          claimId: "",
          attempt: 0,
          correlationId: CorrelationId(name),
          tenantId: null,
          payload,
          createdAt: 0
        }
      }),
    layer: Layer.suspend(() => streams(twin, waiting))
  }
  return twin
}

const streams = (twin: StreamTwin, waiting: Array<Waiting>) =>
  Layer.unwrapScoped(
    Effect.gen(function* () {
      const scope = yield* Effect.scope
      const clock = yield* Effect.clock
      const bell = yield* Queue.sliding<void>(1)
      yield* Queue.offer(bell, undefined)
      twin.ring = Effect.asVoid(Queue.offer(bell, undefined))
      const tell = (what: string) => void twin.story.push(what)
      const names = (tasks: ReadonlyArray<ClaimedTask>) => tasks.map(({ taskId }) => taskId).join(" ")
      const giveBack = (task: ClaimedTask, delay: number) => {
        tell(`release ${task.taskId} +${delay}`)
        const notBefore = clock.unsafeCurrentTimeMillis() + delay
        waiting.push({ notBefore, task: { ...task, attempt: task.attempt - 1 } })
        return Effect.forkIn(Effect.delay(Queue.offer(bell, undefined), delay), scope)
      }
      return Layer.mock(Streams, {
        rings: () => Stream.fromQueue(bell),
        claim: (_, { max }) =>
          Effect.map(
            Effect.suspend(() => twin.onClaim),
            () => {
              const now = clock.unsafeCurrentTimeMillis()
              const due = waiting.filter(({ notBefore }) => notBefore <= now).slice(0, max)
              for (const one of due) waiting.splice(waiting.indexOf(one), 1)
              const claimed = due.map(({ task }) => ({ ...task, attempt: task.attempt + 1 }))
              if (claimed.length > 0) tell(`claim ${names(claimed)}`)
              return claimed
            }
          ),
        ack: (tasks) => Effect.sync(() => tell(`ack ${names(tasks)}`)),
        fail: ({ taskId }, { error, final }) =>
          Effect.sync(() => {
            tell(`${final ? "dead" : "fail"} ${taskId}: ${error}`)
            return final ? "dead" : "retry"
          }),
        release: (tasks, delayOf = () => Duration.zero) =>
          Effect.forEach(tasks, (task) => giveBack(task, Duration.toMillis(delayOf(task))), { discard: true })
      })
    })
  )
