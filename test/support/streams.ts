import { randomUUID } from "node:crypto"
import { assert, it } from "@effect/vitest"
import { Duration, Effect, Option, type Scope, Stream } from "effect"
import { CorrelationId, TaskId } from "../../src/domain/ids.ts"
import type { ClaimedTask, NewTask, StreamName, Streams } from "../../src/storage/streams/Streams.ts"
import type { StreamsSettings } from "../../src/storage/streams/StreamsConfig.ts"
import { awaited } from "./awaited.ts"

export type Service = typeof Streams.Service

/** Opens one process' view of a store; several opened by the same function share it. */
export type OpenStreams = (settings?: Partial<StreamsSettings>) => Effect.Effect<Service, never, Scope.Scope>

/** No time of its own: tests sweep when they mean to. */
export const quiet: Partial<StreamsSettings> = {
  sweepInterval: Duration.hours(1),
  pruneInterval: Duration.hours(1)
}

/** Defines tests that each have an empty store, opened quiet, and may open it again as another process would. */
export const onFresh =
  (fresh: Effect.Effect<OpenStreams, never, Scope.Scope>) =>
  <E>(
    title: string,
    body: (streams: Service, open: OpenStreams) => Effect.Effect<void, E, Scope.Scope>,
    settings: Partial<StreamsSettings> = {}
  ) =>
    it.live(title, () =>
      Effect.scoped(
        Effect.gen(function* () {
          const open = yield* fresh
          const streams = yield* open({ ...quiet, ...settings })
          yield* body(streams, (more) => open({ ...quiet, ...settings, ...more }))
        })
      )
    )

export const task = (fields: Partial<NewTask> = {}): NewTask => ({
  taskId: TaskId(randomUUID()),
  stream: "mail_ingest",
  correlationId: CorrelationId("c-1"),
  tenantId: null,
  workKey: null,
  payload: {},
  notBefore: null,
  ...fields
})
export const tasks = (count: number, fields: Partial<NewTask> = {}) =>
  Array.from({ length: count }, () => task(fields))

export const claim = (
  streams: Service,
  options: { stream?: StreamName; max?: number; hold?: Duration.DurationInput } = {}
) =>
  streams.claim(options.stream ?? "mail_ingest", {
    max: options.max ?? 1000,
    hold: Duration.decode(options.hold ?? "1 minute")
  })
export const idsOf = (some: ReadonlyArray<{ readonly taskId: TaskId }>) =>
  some.map(({ taskId }) => taskId).sort()
export const only = (some: ReadonlyArray<ClaimedTask>) => {
  assert.strictEqual(some.length, 1)
  const [first] = some
  if (first === undefined) throw new Error("no task")
  return first
}
/** A claim that ends as soon as it was made. */
export const claimInVain = (streams: Service) => claim(streams, { hold: 0 })
export const statsOf = (streams: Service, stream: StreamName = "mail_ingest") =>
  Effect.map(streams.stats, (all) => all.find((one) => one.stream === stream))

/** Succeeds after so many rings. */
export const ringTimes = (streams: Service, times: number) =>
  awaited(`${times} rings`, Stream.runDrain(Stream.take(streams.rings("mail_ingest"), times)), streams.stats)

/** What there is to claim as soon as something rings and there is something. */
export const nextClaim = (streams: Service) =>
  awaited(
    "a ring and a task",
    streams.rings("mail_ingest").pipe(
      Stream.mapEffect(() => claim(streams)),
      Stream.filter((some) => some.length > 0),
      Stream.runHead,
      Effect.map(Option.getOrThrow)
    ),
    streams.stats
  )

export const payloadsOf = (streams: Service) =>
  Effect.map(claim(streams, { stream: "index" }), (some) => some.map(({ payload }) => payload))
