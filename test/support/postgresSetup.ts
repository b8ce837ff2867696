import { FileSystem } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { Effect, Layer, ManagedRuntime, Redacted } from "effect"
import type { TestProject } from "vitest/node"
import { EmbeddedPostgres, layerEmbeddedPostgres } from "../../src/storage/embedded/EmbeddedPostgres.ts"
import { layerMigratedPostgres } from "../../src/storage/migrate.ts"
import { Postgres, statement } from "../../src/storage/postgres.ts"
import { layerPostgres } from "../../src/storage/postgresPool.ts"

/** What every test process needs to know of the server of this run; plain values, because they are sent to it. */
export interface TestServer {
  readonly host: string
  readonly port: number
  readonly adminPassword: string
  readonly password: string
}

declare module "vitest" {
  interface ProvidedContext {
    postgres: TestServer
  }
}

const server = Layer.unwrapScoped(
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const dataFolder = yield* fs.makeTempDirectoryScoped({ prefix: "postroom-test-" })
    // fsync is off: no test of this run survives a power loss. Crash tests start a durable server of their own.
    return layerEmbeddedPostgres({
      dataFolder: `${dataFolder}/data`,
      isVolatile: true,
      orphanGrace: "1 second"
    })
  })
).pipe(Layer.provideMerge(NodeContext.layer))

/** The migrated database becomes the template from which each test file gets its own. */
const prepare = Effect.gen(function* () {
  const { admin, database } = yield* EmbeddedPostgres
  yield* Effect.scoped(Layer.build(layerMigratedPostgres(database)))
  const asTemplate = `ALTER DATABASE ${database.database} IS_TEMPLATE true ALLOW_CONNECTIONS false`
  yield* Effect.flatMap(Postgres, (postgres) => postgres.query(statement({ text: asTemplate }))).pipe(
    Effect.provide(layerPostgres({ ...admin, poolSize: 1 }))
  )
  return {
    host: database.host,
    port: database.port,
    adminPassword: Redacted.value(admin.password),
    password: Redacted.value(database.password)
  }
})

const runtime = ManagedRuntime.make(server)

/** Called by vitest once, before the first test file. */
export const setup = async (project: TestProject) => {
  if (project.vitest.projects.every(({ name }) => name === "unit")) return
  project.provide("postgres", await runtime.runPromise(prepare))
}

/** Called by vitest once, after the last test file. */
export const teardown = () => runtime.dispose()
