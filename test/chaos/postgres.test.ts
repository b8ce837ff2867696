import { strictEqual } from "node:assert/strict"
import { join } from "node:path"
import { NodeContext } from "@effect/platform-node"
import { describe, it } from "@effect/vitest"
import { Effect, Option, Schedule } from "effect"
import { readPidFile } from "../../src/storage/embedded/pidFile.ts"
import { signal } from "../../src/storage/embedded/processes.ts"
import { faultPlatform, isExternal } from "../support/faultPlatform.ts"
import { faultStory } from "../support/faultStory.ts"
import type { Platform } from "../support/platform.ts"
import { ownPostgresServer } from "../support/postgresServer.ts"
import { chaosRounds } from "../support/rounds.ts"
import { counted } from "../support/traffic.ts"

const killEmbedded = (platform: Platform) =>
  readPidFile(join(platform.dataFolder, "postgres")).pipe(
    Effect.flatMap((file) => signal(Option.getOrThrow(file).pid, "SIGKILL")),
    Effect.provide(NodeContext.layer)
  )

/** A platform, kill -9 of its Postgres, which comes back by itself, and a start of both. */
const withPostgres = Effect.gen(function* () {
  if (isExternal) {
    const postgres = yield* ownPostgresServer
    const platform = yield* faultPlatform({ database: postgres.address })
    const isBack = Effect.retry(Effect.sandbox(platform.query("SELECT 1")), Schedule.spaced("50 millis"))
    return {
      ...(yield* faultStory(platform)),
      killPostgres: postgres.crash,
      restart: Effect.zipRight(Effect.orDie(isBack), platform.restart())
    }
  }
  const platform = yield* faultPlatform()
  return {
    ...(yield* faultStory(platform)),
    killPostgres: killEmbedded(platform),
    restart: platform.restart()
  }
})

const rounds = 2 + chaosRounds

describe("Postgres goes away in the middle of traffic", () => {
  it.scopedLive(
    "killed with SIGKILL, again and again: nothing is lost and nothing doubled",
    () =>
      Effect.gen(function* () {
        const { through, killPostgres } = yield* withPostgres
        yield* through(
          "Postgres killed",
          (traffic) =>
            Effect.gen(function* () {
              for (let round = 0; round < rounds; round++) {
                yield* traffic.more(15)
                yield* killPostgres
              }
              yield* traffic.more(15)
            }),
          rounds
        )
      }),
    120_000 + rounds * 30_000
  )

  it.scopedLive(
    "killed together with Postroom, as in a crash of the machine: what was not waited for on disk is done again",
    () =>
      Effect.gen(function* () {
        const { platform, through, killPostgres, restart } = yield* withPostgres
        yield* through(
          "machine crashed",
          (traffic) =>
            Effect.gen(function* () {
              for (let round = 0; round < rounds; round++) {
                yield* traffic.more(15)
                yield* killPostgres
                yield* platform.kill("SIGKILL")
                yield* restart
              }
              yield* traffic.more(15)
            }),
          rounds
        )
      }),
    120_000 + rounds * 60_000
  )

  it.scopedLive(
    "stopped for a while: clients are told to come back, and nobody gets a 250 for nothing",
    () =>
      Effect.gen(function* () {
        const postgres = yield* ownPostgresServer
        const { through } = yield* Effect.flatMap(faultPlatform({ database: postgres.address }), faultStory)
        yield* through("Postgres stopped", (traffic) =>
          Effect.gen(function* () {
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
          })
        )
      }),
    180_000
  )
})
