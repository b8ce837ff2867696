import { deepStrictEqual, ok, strictEqual } from "node:assert/strict"
import { describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { CorrelationId, TaskId, TenantId } from "../../src/domain/ids.ts"
import type { PostgresAddress } from "../../src/storage/postgres.ts"
import { layerPostgres } from "../../src/storage/postgresPool.ts"
import { type Payload, Streams } from "../../src/storage/streams/Streams.ts"
import * as StreamsPg from "../../src/storage/streams/StreamsPg.ts"
import { everybody, faultPlatform } from "../support/faultPlatform.ts"
import { assertInvariants, logAsserted, untilDrained } from "../support/invariants.ts"
import type { Platform } from "../support/platform.ts"
import { ownPostgresServer } from "../support/postgresServer.ts"
import { chaosRounds } from "../support/rounds.ts"
import { repeatWishes, startTraffic } from "../support/traffic.ts"
import { watch } from "../support/watching.ts"

interface TaskRow {
  readonly task_id: string
  readonly correlation_id: string
  readonly tenant_id: string
  readonly payload: Payload
}

/** Publishes every ingest task that there is once more, under its id, as a publisher does that got no answer. */
const publishAgain = (platform: Platform, address: PostgresAddress) =>
  Effect.gen(function* () {
    const rows = yield* platform.query<TaskRow>(
      "SELECT task_id, correlation_id, tenant_id, payload FROM queue.tasks WHERE type = 'mail_ingest'"
    )
    const { publish } = yield* Streams
    yield* publish(
      rows.map((row) => ({
        taskId: TaskId(row.task_id),
        stream: "mail_ingest",
        correlationId: CorrelationId(row.correlation_id),
        tenantId: TenantId(row.tenant_id),
        workKey: null,
        payload: row.payload,
        notBefore: null
      }))
    )
  }).pipe(Effect.provide(Layer.provide(StreamsPg.layer, layerPostgres(address))), Effect.orDie)

/** An order that has nothing to do with that of acceptance. */
const reorder = (platform: Platform) =>
  platform.query(
    `UPDATE queue.tasks SET created_at = now() - interval '1 minute' * random(),
      available_at = now() + interval '1 second' * (random() - 0.5)
    WHERE type = 'mail_ingest' AND status = 'queued'`
  )

/** As a worker's acknowledgement does that a crash forgot. */
const forgetAcks = (platform: Platform) =>
  platform.query<{ readonly task_id: string }>(
    `UPDATE queue.tasks SET status = 'queued', available_at = now(), claim_id = NULL
    WHERE type = 'mail_ingest' AND status = 'done' RETURNING task_id`
  )

const deliveries = "SELECT user_id, task_id, message_id FROM mail_state.deliveries ORDER BY user_id, task_id"

describe("tasks that come twice, late or in another order", () => {
  it.scopedLive(
    "become one message for each recipient",
    () =>
      Effect.gen(function* () {
        const postgres = yield* ownPostgresServer
        // Nobody takes what is accepted, until the order is lost.
        const platform = yield* faultPlatform({
          database: postgres.address,
          settings: { POSTROOM_INGEST_LOOPS: "0" }
        })
        const watched = yield* Effect.forEach(everybody, (address) => watch(platform, address))
        const traffic = yield* startTraffic(platform, { name: "waiting" })
        yield* traffic.more(60)
        yield* traffic.end
        yield* platform.kill("SIGKILL")
        yield* reorder(platform)
        yield* publishAgain(platform, postgres.address)
        yield* platform.restart({ POSTROOM_INGEST_LOOPS: "3" })
        yield* publishAgain(platform, postgres.address)
        yield* repeatWishes(platform, traffic)
        yield* untilDrained(platform)

        const delivered = yield* platform.query(deliveries)
        ok(delivered.length > 60)
        for (let round = 0; round < 2 + chaosRounds; round++) {
          strictEqual((yield* forgetAcks(platform)).length > 60, true)
          yield* publishAgain(platform, postgres.address)
          yield* reorder(platform)
          yield* untilDrained(platform)
        }
        deepStrictEqual(yield* platform.query(deliveries), delivered)
        const figures = yield* assertInvariants(
          { ...platform, dataFolder: yield* platform.blobFolder },
          { ...traffic, addresses: everybody, watched }
        )
        yield* logAsserted("tasks repeated and reordered", { traffic, figures, faults: 1 + chaosRounds })
      }),
    180_000 + chaosRounds * 10_000
  )

  it.scopedLive(
    "are delivered once even where every claim ends while its worker is still at it",
    () =>
      Effect.gen(function* () {
        const platform = yield* faultPlatform({
          settings: {
            POSTROOM_INGEST_HOLD: "1 millis",
            POSTROOM_STREAMS_SWEEP_INTERVAL: "5 millis",
            POSTROOM_STREAMS_MAX_ATTEMPTS: "1000000"
          }
        })
        const watched = yield* Effect.forEach(everybody, (address) => watch(platform, address))
        const traffic = yield* startTraffic(platform, { name: "expiring" })
        yield* traffic.more(60 * (1 + chaosRounds))
        const [row] = yield* platform.query<{ readonly again: number }>(
          "SELECT count(*) AS again FROM queue.tasks WHERE type = 'mail_ingest' AND attempt > 1"
        )
        ok((row?.again ?? 0) > 0, "no claim ended too early: the test shows nothing")
        yield* traffic.end
        yield* platform.restart({
          POSTROOM_INGEST_HOLD: "10 seconds",
          POSTROOM_STREAMS_MAX_ATTEMPTS: "1000000"
        })
        yield* repeatWishes(platform, traffic)
        const figures = yield* assertInvariants(
          { ...platform, dataFolder: yield* platform.blobFolder },
          { ...traffic, addresses: everybody, watched }
        )
        yield* logAsserted("claims that ended early", { traffic, figures, faults: 1 + chaosRounds })
      }),
    180_000 + chaosRounds * 20_000
  )
})
