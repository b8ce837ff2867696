import { strictEqual } from "node:assert/strict"
import { join } from "node:path"
import { NodeContext } from "@effect/platform-node"
import { describe, it } from "@effect/vitest"
import { Effect, Option } from "effect"
import { readPidFile } from "../../src/storage/embedded/pidFile.ts"
import { signal } from "../../src/storage/embedded/processes.ts"
import { everybody, faultPlatform } from "../support/faultPlatform.ts"
import { assertInvariants, logAsserted } from "../support/invariants.ts"
import type { Platform } from "../support/platform.ts"
import { ownPostgresServer } from "../support/postgresServer.ts"
import { chaosRounds } from "../support/rounds.ts"
import { counted, repeatWishes, startTraffic, type Traffic } from "../support/traffic.ts"
import { type Watched, watch } from "../support/watching.ts"

const watchEverybody = (platform: Platform) =>
  Effect.forEach(everybody, (address) => watch(platform, address))

const assertAll = (
  platform: Platform,
  {
    what,
    faults,
    watched,
    traffic
  }: {
    readonly what: string
    readonly faults: number
    readonly watched: ReadonlyArray<Watched>
    readonly traffic: Traffic
  }
) =>
  Effect.gen(function* () {
    yield* traffic.end
    yield* repeatWishes(platform, traffic)
    const figures = yield* assertInvariants(platform, { ...traffic, addresses: everybody, watched })
    yield* logAsserted(what, { traffic, figures, faults })
  })

const killEmbedded = (platform: Platform) =>
  readPidFile(join(platform.dataFolder, "postgres")).pipe(
    Effect.flatMap((file) => signal(Option.getOrThrow(file).pid, "SIGKILL")),
    Effect.provide(NodeContext.layer)
  )

const rounds = 2 + chaosRounds

describe("Postgres goes away in the middle of traffic", () => {
  it.scopedLive(
    "killed with SIGKILL, again and again: nothing is lost and nothing doubled",
    () =>
      Effect.gen(function* () {
        const platform = yield* faultPlatform()
        const watched = yield* watchEverybody(platform)
        const traffic = yield* startTraffic(platform, { name: "postgres" })
        for (let round = 0; round < rounds; round++) {
          yield* traffic.more(15)
          yield* killEmbedded(platform)
        }
        yield* traffic.more(15)
        yield* assertAll(platform, { what: "Postgres killed", faults: rounds, watched, traffic })
      }),
    120_000 + rounds * 30_000
  )

  it.scopedLive(
    "killed together with Postroom, as in a crash of the machine: what was not waited for on disk is done again",
    () =>
      Effect.gen(function* () {
        const platform = yield* faultPlatform()
        const watched = yield* watchEverybody(platform)
        const traffic = yield* startTraffic(platform, { name: "machine" })
        for (let round = 0; round < rounds; round++) {
          yield* traffic.more(15)
          yield* killEmbedded(platform)
          yield* platform.kill("SIGKILL")
          yield* platform.restart()
        }
        yield* traffic.more(15)
        yield* assertAll(platform, { what: "machine crashed", faults: rounds, watched, traffic })
      }),
    120_000 + rounds * 60_000
  )

  it.scopedLive(
    "stopped for a while: clients are told to come back, and nobody gets a 250 for nothing",
    () =>
      Effect.gen(function* () {
        const postgres = yield* ownPostgresServer
        const platform = yield* faultPlatform({ database: postgres.address })
        const watched = yield* watchEverybody(platform)
        const traffic = yield* startTraffic(platform, { name: "stopped" })
        yield* traffic.more(15)
        yield* postgres.whileDown(
          Effect.gen(function* () {
            // Every connection has had an answer since the stop.
            yield* traffic.more(12, "deferred")
            const before = counted(traffic.offers, "accepted")
            yield* traffic.more(20, "deferred")
            strictEqual(counted(traffic.offers, "accepted"), before)
          })
        )
        yield* traffic.more(15)
        yield* assertAll(platform, { what: "Postgres stopped", faults: 1, watched, traffic })
      }),
    180_000
  )
})
