import { Data, Duration, Effect, Option, Redacted, Schema } from "effect"
import type { MeiliSettings } from "./MeiliConfig.ts"

/** Meilisearch did not answer, or not in time; or it refused what we asked, which is as good as away. */
export class MeiliAway extends Data.TaggedError("MeiliAway")<{
  /** HTTP status; 0 where there was no answer. */
  readonly status: number
}> {}

interface Ask<A, I> {
  readonly method: "GET" | "POST" | "PATCH"
  readonly path: string
  readonly body?: unknown
  readonly answer: Schema.Schema<A, I>
  readonly deadline?: Duration.Duration
}

const Enqueued = Schema.Struct({ taskUid: Schema.Number })
const Task = Schema.Struct({
  status: Schema.String,
  error: Schema.optional(Schema.NullOr(Schema.Struct({ code: Schema.String })))
})

/** For what is not a search. */
const patience = Duration.seconds(20)
/** From one look at a change to the next. */
const lookAgain = Duration.millis(30)

/** Its REST interface, as far as we use it. */
export const makeMeili = (settings: MeiliSettings) => {
  const headers = {
    "content-type": "application/json",
    ...Option.match(settings.key, {
      onNone: () => ({}),
      onSome: (key) => ({ authorization: `Bearer ${Redacted.value(key)}` })
    })
  }

  const ask = <A, I>({ method, path, body, answer, deadline = patience }: Ask<A, I>) =>
    Effect.tryPromise({
      try: async (signal) => {
        const response = await fetch(settings.url + path, {
          method,
          headers,
          signal,
          ...(body === undefined ? {} : { body: JSON.stringify(body) })
        })
        return { status: response.status, text: await response.text() }
      },
      catch: () => new MeiliAway({ status: 0 })
    }).pipe(
      Effect.timeoutFail({ duration: deadline, onTimeout: () => new MeiliAway({ status: 0 }) }),
      Effect.flatMap(({ status, text }) =>
        status >= 200 && status < 300
          ? Effect.mapError(Schema.decode(Schema.parseJson(answer))(text), () => new MeiliAway({ status }))
          : new MeiliAway({ status })
      )
    )

  const settled = (taskUid: number): Effect.Effect<typeof Task.Type, MeiliAway> =>
    Effect.filterOrElse(
      ask({ method: "GET", path: `/tasks/${taskUid}`, answer: Task }),
      ({ status }) => status !== "enqueued" && status !== "processing",
      () => Effect.delay(settled(taskUid), lookAgain)
    )

  /** A change, once it has taken effect; Meilisearch does them one after the other. */
  const change = (what: Omit<Ask<unknown, unknown>, "answer">, allowed: ReadonlyArray<string> = []) =>
    Effect.gen(function* () {
      const { taskUid } = yield* ask({ ...what, answer: Enqueued })
      const task = yield* Effect.timeoutFail(settled(taskUid), {
        duration: patience,
        onTimeout: () => new MeiliAway({ status: 0 })
      })
      const isAllowed = task.status === "succeeded" || allowed.includes(task.error?.code ?? "")
      if (!isAllowed) return yield* new MeiliAway({ status: 200 })
    })

  return { ask, change, deadline: settings.deadline }
}

export type Meili = ReturnType<typeof makeMeili>
