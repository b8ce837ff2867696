import { deepStrictEqual, strictEqual } from "node:assert/strict"
import { describe, layer } from "@effect/vitest"
import { Context, Duration, Effect, Layer, Random } from "effect"
import { type Boundary, boundaryNames } from "../../src/observability/boundaries.ts"
import { type ExternalBackEnds, externalBackEnds, hasExternalBackEnds } from "../support/externalBackEnds.ts"
import { faultPlatform } from "../support/faultPlatform.ts"
import { type FaultStory, faultStory, throughCrash } from "../support/faultStory.ts"
import type { Offer } from "../support/offers.ts"
import { chaosRounds } from "../support/rounds.ts"
import { type Direction, makeTcpProxy, type TcpProxy } from "../support/tcpProxy.ts"
import { counted, type Traffic } from "../support/traffic.ts"
import { until } from "../support/valkey.ts"

type World = FaultStory & ExternalBackEnds & { readonly road: TcpProxy }

/** A platform on servers of its own, with a road to MinIO that can be blocked. */
class BackEnds extends Context.Tag("postroom/test/chaos/BackEnds")<BackEnds, World>() {
  static readonly layer = Layer.scoped(
    BackEnds,
    Effect.gen(function* () {
      const backEnds = yield* externalBackEnds()
      const road = yield* makeTcpProxy({ host: "127.0.0.1", port: backEnds.minio.port })
      const platform = yield* faultPlatform({
        backEnds,
        settings: { POSTROOM_S3_ENDPOINTS: `http://127.0.0.1:${road.port}` }
      })
      return { ...backEnds, ...(yield* faultStory(platform)), road }
    })
  )
}

/** Clients soon hear that MinIO is away. */
const impatient = { POSTROOM_S3_DEADLINE: "1 second", POSTROOM_S3_CALL_TIMEOUT: "400 millis" }

/** What may become of a server, for as long as something else lasts. */
type Faults = Readonly<Record<string, (meanwhile: Effect.Effect<void>) => Effect.Effect<void>>>

const valkeyFaults = ({ valkey }: World): Faults => ({
  emptied: (meanwhile) => Effect.zipRight(valkey.ask("flushall"), meanwhile),
  killed: (meanwhile) =>
    Effect.acquireUseRelease(
      valkey.kill,
      () => meanwhile,
      () => valkey.revive
    ),
  frozen: valkey.whileFrozen,
  "holding up its clients": (meanwhile) =>
    Effect.zipRight(valkey.ask("client", "pause", 1000, "ALL"), meanwhile)
})

/** Whatever was done, the client reads that it was not. */
const as503 = (bytes: Buffer, direction: Direction) =>
  direction === "down" && bytes.toString("latin1", 0, 9) === "HTTP/1.1 "
    ? Buffer.concat([Buffer.from("HTTP/1.1 503"), bytes.subarray(12)])
    : bytes

const minioFaults = ({ minio, road }: World): Faults => {
  const whileRoad = (isBad: Effect.Effect<void>) => (meanwhile: Effect.Effect<void>) =>
    Effect.acquireUseRelease(
      isBad,
      () => meanwhile,
      () => road.pass
    )
  return {
    killed: minio.whileKilled,
    "hearing and saying nothing": whileRoad(road.stall()),
    "doing all and saying nothing": whileRoad(road.stall("down")),
    "cut off before it answers": whileRoad(road.cut("down", { afterBytes: 0 })),
    "answering 503": whileRoad(road.alter(as503))
  }
}

/** Mail goes on for a while that nobody knows beforehand. */
const aWhile = (traffic: Traffic) =>
  Effect.flatMap(Random.nextIntBetween(1, 16), (count) => traffic.more(count))

/** Clients are told to come back, and nobody gets a 250 for nothing. */
const nothingAccepted = (traffic: Traffic) =>
  Effect.gen(function* () {
    // Every connection has had an answer since.
    yield* traffic.more(8, "deferred")
    const before = counted(traffic.offers, "accepted")
    yield* traffic.more(8, "deferred")
    const meanwhile = counted(traffic.offers, "accepted") - before
    strictEqual(meanwhile, 0, "accepted while MinIO was away")
  })

/** Each temporary refusal. */
const deferrals = (offers: ReadonlyArray<Offer>) =>
  offers.map(({ reply }) => reply).filter((reply) => reply.startsWith("4"))

/** What was answered with 4xx alone is nobody's mail: only an answer that got lost leaves the outcome open. */
const checkDeferred = ({ platform }: World, offers: ReadonlyArray<Offer>) => {
  const mayBeThere = new Set(
    offers.filter(({ fate, reply }) => fate === "accepted" || reply === "").map(({ messageId }) => messageId)
  )
  const deferred = offers.map(({ messageId }) => messageId).filter((messageId) => !mayBeThere.has(messageId))
  return Effect.map(
    platform.query(
      `SELECT internet_message_id FROM mail_state.messages
      WHERE internet_message_id IN (SELECT jsonb_array_elements_text($1::jsonb))`,
      [JSON.stringify(deferred)]
    ),
    (delivered) => deepStrictEqual(delivered, [], "delivered, though its client was told to come back")
  )
}

/** Each of them once, in any order, with mail before and after. */
const eachOf = (faults: Faults, traffic: Traffic, meanwhile: Effect.Effect<void>) =>
  Effect.gen(function* () {
    for (const [what, fault] of yield* Random.shuffle(Object.entries(faults))) {
      yield* aWhile(traffic)
      yield* Effect.onError(fault(meanwhile), () => Effect.logError(`failed while it was ${what}`))
    }
    yield* aWhile(traffic)
  })

/** `count` of them, any ones. */
const anyOf = (faults: Faults, count: number, traffic: Traffic, meanwhile: Effect.Effect<void>) =>
  Effect.gen(function* () {
    for (let done = 0; done < count; done++) {
      yield* aWhile(traffic)
      const [fault] = yield* Random.shuffle(Object.values(faults))
      yield* fault?.(meanwhile) ?? Effect.void
    }
  })

const inRounds = <E, R>(round: Effect.Effect<unknown, E, R>) =>
  Effect.repeatN(Effect.asVoid(round), chaosRounds)

/** On either side of what is asked of MinIO and of Valkey; for long runs all. */
const boundaries: ReadonlyArray<Boundary> =
  chaosRounds === 0 ? ["blob-stored", "task-committed"] : boundaryNames

const patience = 120_000 * (1 + chaosRounds)

describe.skipIf(!hasExternalBackEnds)(
  "Valkey and MinIO in trouble in the middle of traffic (needs valkey-server and MinIO)",
  () => {
    layer(BackEnds.layer, { timeout: Duration.minutes(2), excludeTestServices: true })((it) => {
      it.effect(
        "Valkey emptied, killed, frozen and paused: nobody who sends or gets mail notices, and it is used again",
        () =>
          Effect.gen(function* () {
            const world = yield* BackEnds
            const faults = valkeyFaults(world)
            const isUsed = until(world.valkey.ask("info", "commandstats"), (calls) =>
              ["xadd", "xreadgroup", "xack"].every((name) => calls.includes(`cmdstat_${name}:`))
            )
            const through = world.through(
              "Valkey in trouble",
              (traffic) =>
                Effect.gen(function* () {
                  yield* eachOf(faults, traffic, aWhile(traffic))
                  yield* world.valkey.ask("config", "resetstat")
                  yield* isUsed
                }),
              Object.keys(faults).length
            )
            yield* inRounds(Effect.map(through, (offers) => deepStrictEqual(deferrals(offers), [])))
          }),
        patience
      )

      it.effect(
        "MinIO killed, dumb, cut off and overloaded: clients hear 451, and of what was accepted nothing is lost",
        () =>
          Effect.gen(function* () {
            const world = yield* BackEnds
            const faults = minioFaults(world)
            yield* world.platform.restart(impatient)
            const through = world.through(
              "MinIO in trouble",
              (traffic) => eachOf(faults, traffic, nothingAccepted(traffic)),
              Object.keys(faults).length
            )
            yield* inRounds(
              Effect.flatMap(through, (offers) => {
                deepStrictEqual([...new Set(deferrals(offers).map((reply) => reply.slice(0, 3)))], ["451"])
                return checkDeferred(world, offers)
              })
            )
          }),
        patience
      )

      for (const boundary of boundaries) {
        it.effect(
          `Postroom killed at ${boundary}, MinIO killed and Valkey emptied before it is back`,
          () =>
            Effect.gen(function* () {
              const world = yield* BackEnds
              const meanwhile = Effect.zip(world.valkey.ask("flushall"), world.minio.whileKilled(Effect.void))
              yield* inRounds(
                Effect.flatMap(Random.nextIntBetween(1, 8), (pass) =>
                  throughCrash(world, { boundary, pass, meanwhile })
                )
              )
            }),
          patience
        )
      }

      it.effect(
        "all three in trouble at once",
        () =>
          Effect.gen(function* () {
            const world = yield* BackEnds
            const { platform, through } = world
            yield* platform.restart(impatient)
            const restart = Effect.zipRight(platform.kill("SIGKILL"), platform.restart(impatient))
            const each = 2
            yield* inRounds(
              through(
                "all three in trouble",
                (traffic) =>
                  Effect.all(
                    [
                      anyOf(valkeyFaults(world), each, traffic, aWhile(traffic)),
                      anyOf(minioFaults(world), each, traffic, traffic.more(4, "deferred")),
                      anyOf({ restart: () => restart }, each, traffic, Effect.void)
                    ],
                    { concurrency: "unbounded", discard: true }
                  ),
                3 * each
              )
            )
          }),
        patience
      )
    })
  }
)
