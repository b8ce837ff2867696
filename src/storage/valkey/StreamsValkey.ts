import { randomUUID } from "node:crypto"
import { type ConfigError, Context, Duration, Effect, Layer, Record } from "effect"
import { Unavailable } from "../../domain/errors.ts"
import { undeterred } from "../../observability/undeterred.ts"
import { Postgres } from "../postgres.ts"
import { Announcer } from "../streams/Announcer.ts"
import { groupOf, type StreamName, Streams } from "../streams/Streams.ts"
import { StreamsConfig, type StreamsSettings } from "../streams/StreamsConfig.ts"
import { fromRow } from "../streams/StreamsPg.ts"
import { ring } from "../streams/statements.ts"
import { makeAnnouncer } from "./announcing.ts"
import { makeDeadLetterStream } from "./deadLetters.ts"
import { type Ear, makeEar } from "./ear.ts"
import { makeGroup, type Rung } from "./group.ts"
import { claimRung } from "./statements.ts"
import { Valkey } from "./Valkey.ts"

type Service = typeof Streams.Service

/** A look without entries; until it finds few, and so all that there is, the next claim has to look, too. */
const untilFew = (ear: Ear, claim: ReturnType<Service["claim"]>, max: number) =>
  Effect.suspend(() => {
    ear.hasToLook = false
    return Effect.onExit(claim, (exit) =>
      Effect.sync(() => {
        if (exit._tag === "Failure" || exit.value.length >= max) ear.hasToLook = true
      })
    )
  })

const make = <E>(inner: Layer.Layer<Streams, E, Postgres>, overrides: Partial<StreamsSettings>) =>
  Effect.gen(function* () {
    const { sweepInterval, ringSpacing } = { ...(yield* StreamsConfig), ...overrides }
    const postgres = yield* Postgres
    const valkey = yield* Valkey
    const scope = yield* Effect.scope
    const self = randomUUID()
    const notify = (streams: ReadonlyArray<StreamName>) =>
      undeterred("ringing for other processes", postgres.query(ring, [streams, self]))
    const announce = yield* makeAnnouncer({ valkey, otherwise: notify, spacing: ringSpacing })
    const context = yield* Layer.build(Layer.provide(inner, Layer.succeed(Announcer, announce)))
    const inPostgres = Context.get(context, Streams)

    const open = (stream: StreamName) => {
      const group = makeGroup(valkey, stream, self)
      const deadLetters = makeDeadLetterStream(valkey, postgres, stream)
      const ear = makeEar({
        group,
        postgresRings: inPostgres.rings(stream),
        tellOthers: notify([stream]),
        upkeep: undeterred("following dead letters", deadLetters.follow),
        upkeepInterval: sweepInterval
      })
      return Effect.map(ear, (ear) => ({ ear, group, deadLetters }))
    }
    const streams = yield* Effect.all(Record.map(groupOf, (_, stream) => open(stream)))
    /** Nobody waits for Valkey. */
    const beside = <E>(what: string, effect: Effect.Effect<void, E>) =>
      Effect.forkIn(undeterred(what, effect), scope)

    const claim: Service["claim"] = (stream, { max, hold }) =>
      Effect.gen(function* () {
        const { ear, group } = streams[stream]
        const settle = (rung: ReadonlyArray<Rung>) =>
          rung.length === 0 ? Effect.void : beside("settling entries", group.settle(rung))
        const whatever = inPostgres.claim(stream, { max, hold })
        if (ear.hasToLook) {
          const rung = ear.drain()
          return yield* Effect.tap(untilFew(ear, whatever, max), () => settle(rung))
        }
        const rung = yield* ear.take(max)
        if (rung.length === 0) return yield* whatever
        const claimId = randomUUID()
        const ids = rung.flatMap(({ taskId }) => (taskId === null ? [] : [taskId]))
        const rows = yield* Effect.mapError(
          postgres.query(claimRung, [stream, max, claimId, Duration.toMillis(hold), ids]),
          (cause) => new Unavailable({ what: "storage", cause })
        )
        yield* settle(rung)
        return rows
          .map((row) => ({ ...fromRow(stream, row), claimId }))
          .sort((left, right) => left.createdAt - right.createdAt)
      })

    const tidyAfter = <E>(stream: StreamName, change: Effect.Effect<number, E>) =>
      Effect.tap(change, () => beside("tidying dead letters", streams[stream].deadLetters.tidy))

    return Streams.of({
      ...inPostgres,
      claim,
      rings: (stream) => streams[stream].ear.rings,
      replay: (stream, ...how) => tidyAfter(stream, inPostgres.replay(stream, ...how)),
      drop: (stream, which) => tidyAfter(stream, inPostgres.drop(stream, which))
    })
  })

/**
 * Valkey in front of `inner`, whose rows stay the record. Published tasks are announced in the stream of their name, and
 * one worker of its group hears of each; whoever claims asks Postgres for those, and for others that are due.
 *
 * Whatever becomes of Valkey costs a sweep interval at most: then, and whenever Postgres rings, workers look without it.
 */
export const layerOver = <E>(
  inner: Layer.Layer<Streams, E, Postgres>,
  settings: Partial<StreamsSettings> = {}
): Layer.Layer<Streams, E | ConfigError.ConfigError, Postgres | Valkey> =>
  Layer.scoped(Streams, make(inner, settings))
