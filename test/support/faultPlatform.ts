import { spawnSync } from "node:child_process"
import { fileURLToPath } from "node:url"
import { Config, Effect, Redacted, type Scope } from "effect"
import { makeAdminClient } from "../../src/rpc/AdminClient.ts"
import type { ExternalBackEnds } from "./externalBackEnds.ts"
import { demoPassword, type Platform, type Settings } from "./platform.ts"
import { type PlatformProcess, type PlatformProcessOptions, platformProcess } from "./platformProcess.ts"

/** Everybody who gets mail in the fault tests: two tenants, so that one message may become two tasks. */
export const everybody: ReadonlyArray<string> = [
  "alice@demo.test",
  "bob@demo.test",
  "carol@demo.test",
  "dave@other.test",
  "erin@other.test"
]

/** Whether Postgres, Valkey and MinIO are servers of their own in all fault tests: `scripts/chaos.cjs --external`. */
export const isExternal: boolean = Effect.runSync(
  Config.boolean("POSTROOM_CHAOS_EXTERNAL").pipe(Config.withDefault(false), Effect.orDie)
)

/** Short, so that what a fault left lying is taken up within the test's time. */
export const hasty: Settings = {
  POSTROOM_INGEST_HOLD: "1 second",
  POSTROOM_INGEST_BATCH: "4",
  POSTROOM_RELAY_SPACING: "20 millis",
  POSTROOM_STREAMS_SWEEP_INTERVAL: "200 millis",
  POSTROOM_STREAMS_RETRY_BASE: "200 millis",
  POSTROOM_STREAMS_MAX_ATTEMPTS: "50"
}

/** `dist/` as the sources are now; it starts in a third of the time that the sources take. */
export const build = Effect.sync(() => {
  const { status } = spawnSync(
    process.execPath,
    ["-e", "process.exitCode = require('./scripts/setup.cjs').build() ? 0 : 1"],
    { cwd: fileURLToPath(new URL("../..", import.meta.url)), stdio: ["ignore", "ignore", "inherit"] }
  )
  if (status !== 0) throw new Error("the build failed")
})

export const addOtherTenant = (platform: Platform): Effect.Effect<void> =>
  Effect.gen(function* () {
    const admin = makeAdminClient(yield* platform.operator)
    yield* admin.createTenant("other")
    yield* admin.createDomain("other", "other.test")
    const users = everybody.filter((address) => address.endsWith("@other.test"))
    yield* admin.createUsers(
      users.map((address) => ({
        address,
        displayName: "",
        roles: ["user" as const],
        quotaBytes: null,
        password: Redacted.make(demoPassword)
      }))
    )
  }).pipe(Effect.scoped, Effect.orDie)

/** Loaded where it is asked for: to find its programs may take minutes. */
const externalWith = (database: PlatformProcessOptions["database"]) =>
  Effect.flatMap(
    Effect.promise(() => import("./externalBackEnds.ts")),
    ({ externalBackEnds }) => externalBackEnds({ database })
  )

export interface FaultPlatform extends PlatformProcess {
  /** For another process that is to find everything where this one has it, where that is not in its folder. */
  readonly shared: Settings
  /** A folder with its blobs, as they are now. */
  readonly blobFolder: Effect.Effect<string>
}

/** A process with `everybody` as its users, quick to take up what a fault left. */
export const faultPlatform = (
  options: Omit<PlatformProcessOptions, "from"> & { readonly backEnds?: ExternalBackEnds } = {}
): Effect.Effect<FaultPlatform, never, Scope.Scope> =>
  Effect.gen(function* () {
    yield* build
    const { settings, database } = options
    const backEnds = options.backEnds ?? (isExternal ? yield* externalWith(database) : undefined)
    const address = backEnds?.database ?? database
    const shared = backEnds?.settings ?? {}
    const platform = yield* platformProcess({
      ...(address === undefined ? {} : { database: address }),
      from: "dist",
      settings: { ...hasty, ...shared, ...settings }
    })
    yield* addOtherTenant(platform)
    const { dataFolder } = platform
    return { ...platform, shared, blobFolder: backEnds?.blobFolder ?? Effect.succeed(dataFolder) }
  })
