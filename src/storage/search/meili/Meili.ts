import { Agent as HttpAgent, request as httpRequest } from "node:http"
import { Agent as HttpsAgent, request as httpsRequest } from "node:https"
import { Clock, Data, Duration, Effect, Option, Redacted, Schema } from "effect"
import type { MeiliSettings } from "./MeiliConfig.ts"

/** Meilisearch did not answer, or not in time; or it refused what we asked, which is as good as away. */
export class MeiliAway extends Data.TaggedError("MeiliAway")<{
  /** HTTP status; 0 where there was no answer. */
  readonly status: number
  /** Its word for what is wrong. */
  readonly code?: string
}> {
  override get message() {
    return `Meilisearch: ${this.status === 0 ? "no answer" : `HTTP ${this.status}`} ${this.code ?? ""}`.trimEnd()
  }
}

interface Ask<A, I> {
  readonly method: "GET" | "POST" | "PATCH" | "DELETE"
  readonly path: string
  readonly body?: unknown
  readonly answer: Schema.Schema<A, I>
  readonly deadline?: Duration.Duration
}

const Enqueued = Schema.Struct({ taskUid: Schema.Number })
const Fault = Schema.Struct({ code: Schema.String })
const Task = Schema.Struct({ status: Schema.String, error: Schema.optional(Schema.NullOr(Fault)) })

/** For what is not a search. */
const patience = Duration.seconds(20)
/** For a change: it waits for those before it, and indexing takes its time. A server that is away shows sooner. */
const changePatience = Duration.minutes(10)
/** From one look at a change to the next: longer and longer. */
const lookAgain = { first: 10, most: 500 }

interface Answer {
  readonly status: number
  readonly text: string
}

interface Exchange {
  readonly method: string
  readonly headers: Readonly<Record<string, string | number>>
  readonly agent: HttpAgent | HttpsAgent
  readonly body: string
}

/** `isStale`: a connection that was kept open broke before anything came; a new one may not. */
type Outcome =
  | { readonly _tag: "Answered"; readonly answer: Answer }
  | { readonly _tag: "Broken"; readonly isStale: boolean }

/**
 * One request. Not `fetch`: that sends headers and body apart, and the second of them waits for the server to acknowledge
 * the first: 40 ms of nothing for each search.
 */
const exchange = (url: URL, { method, headers, agent, body }: Exchange): Effect.Effect<Outcome> =>
  Effect.async((resume) => {
    const open = url.protocol === "https:" ? httpsRequest : httpRequest
    const broken = (isStale: boolean) => resume(Effect.succeed({ _tag: "Broken", isStale }))
    const request = open(url, { method, headers, agent }, (response) => {
      const pieces: Array<Buffer> = []
      response.on("data", (piece: Buffer) => pieces.push(piece))
      response.on("error", () => broken(false))
      response.on("end", () => {
        const answer = { status: response.statusCode ?? 0, text: Buffer.concat(pieces).toString() }
        resume(Effect.succeed({ _tag: "Answered", answer }))
      })
    })
    request.on("error", () => broken(request.reusedSocket))
    request.end(body)
    return Effect.sync(() => request.destroy())
  })

const decodeFault = Schema.decodeOption(Schema.parseJson(Fault))

/** Its REST interface, as far as we use it. */
export const makeMeili = (settings: MeiliSettings) => {
  const agent = settings.url.startsWith("https:")
    ? new HttpsAgent({ keepAlive: true })
    : new HttpAgent({ keepAlive: true })
  const authorization = Effect.map(
    settings.key,
    Option.match({
      onNone: () => ({}),
      onSome: (key) => ({ authorization: `Bearer ${Redacted.value(key)}` })
    })
  )

  const ask = <A, I>({ method, path, body, answer, deadline = patience }: Ask<A, I>) =>
    Effect.flatMap(authorization, (signedIn) => {
      const sent = body === undefined ? "" : JSON.stringify(body)
      const headers = {
        ...signedIn,
        "content-length": Buffer.byteLength(sent),
        ...(sent === "" ? {} : { "content-type": "application/json" })
      }
      const once = exchange(new URL(settings.url + path), { method, headers, agent, body: sent })
      return Effect.repeat(once, { until: (outcome) => outcome._tag === "Answered" || !outcome.isStale })
    }).pipe(
      Effect.flatMap((outcome) =>
        outcome._tag === "Answered" ? Effect.succeed(outcome.answer) : new MeiliAway({ status: 0 })
      ),
      Effect.timeoutFail({ duration: deadline, onTimeout: () => new MeiliAway({ status: 0 }) }),
      Effect.flatMap(({ status, text }) =>
        status >= 200 && status < 300
          ? Effect.mapError(Schema.decode(Schema.parseJson(answer))(text), () => new MeiliAway({ status }))
          : new MeiliAway({ status, ...Option.getOrElse(decodeFault(text), () => ({})) })
      )
    )

  const settled = (
    taskUid: number,
    until: number,
    wait = lookAgain.first
  ): Effect.Effect<typeof Task.Type, MeiliAway> =>
    Effect.gen(function* () {
      const task = yield* ask({ method: "GET", path: `/tasks/${taskUid}`, answer: Task })
      if (task.status !== "enqueued" && task.status !== "processing") return task
      if ((yield* Clock.currentTimeMillis) >= until) return yield* new MeiliAway({ status: 0 })
      yield* Effect.sleep(wait)
      return yield* settled(taskUid, until, Math.min(2 * wait, lookAgain.most))
    })

  /** A change, once it has taken effect; Meilisearch does them one after the other. False where it had an allowed fault. */
  const change = (what: Omit<Ask<unknown, unknown>, "answer">, allowed: ReadonlyArray<string> = []) =>
    Effect.gen(function* () {
      const { taskUid } = yield* ask({ ...what, answer: Enqueued })
      const until = (yield* Clock.currentTimeMillis) + Duration.toMillis(changePatience)
      const { status, error } = yield* settled(taskUid, until)
      const code = error?.code ?? ""
      if (status !== "succeeded" && !allowed.includes(code))
        return yield* new MeiliAway({ status: 200, code })
      return status === "succeeded"
    })

  return { ask, change, deadline: settings.deadline }
}

export type Meili = ReturnType<typeof makeMeili>
