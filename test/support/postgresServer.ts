import { FileSystem } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { Context, Effect, Exit, Layer, Ref, Scope } from "effect"
import { EmbeddedPostgres, layerEmbeddedPostgres } from "../../src/storage/embedded/EmbeddedPostgres.ts"
import { choosePort } from "../../src/storage/embedded/postmaster.ts"
import { signal } from "../../src/storage/embedded/processes.ts"
import type { PostgresAddress } from "../../src/storage/postgres.ts"

/** A durable server that one test has for itself and may harm. */
export interface OwnPostgresServer {
  /** Over TCP, the same before and after every fault. The database is empty: migrate it yourself. */
  readonly address: PostgresAddress
  /** kill -9 of the server process; it comes back by itself. */
  readonly crash: Effect.Effect<void>
  /** Stops the server in good order, runs the effect, and has it up again before it returns. */
  readonly whileDown: <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
}

/** Starts it in a folder of its own; both go with the scope. */
export const ownPostgresServer: Effect.Effect<OwnPostgresServer, never, Scope.Scope> = Effect.gen(
  function* () {
    const fs = yield* FileSystem.FileSystem
    const folder = yield* fs.makeTempDirectoryScoped({ prefix: "postroom-test-" })
    const port = yield* choosePort(0)
    const layer = layerEmbeddedPostgres({ dataFolder: `${folder}/data`, port, orphanGrace: "1 second" })
    const up = Effect.gen(function* () {
      const scope = yield* Scope.make()
      const context = yield* Effect.onError(Layer.buildWithScope(layer, scope), (cause) =>
        Scope.close(scope, Exit.failCause(cause))
      )
      return { scope, server: Context.get(context, EmbeddedPostgres) }
    }).pipe(Effect.provide(NodeContext.layer), Effect.orDie)

    const running = yield* Effect.acquireRelease(Effect.flatMap(up, Ref.make), (current) =>
      Effect.flatMap(Ref.get(current), ({ scope }) => Scope.close(scope, Exit.void))
    )
    const { server } = yield* Ref.get(running)
    const own: OwnPostgresServer = {
      address: server.databaseOverTcp,
      crash: Effect.flatMap(Ref.get(running), (now) =>
        Effect.flatMap(now.server.processId, (pid) => signal(pid, "SIGKILL"))
      ),
      whileDown: (effect) =>
        Effect.acquireUseRelease(
          Effect.flatMap(Ref.get(running), ({ scope }) => Scope.close(scope, Exit.void)),
          () => effect,
          () => Effect.flatMap(up, (again) => Ref.set(running, again))
        )
    }
    return own
  }
).pipe(Effect.provide(NodeContext.layer), Effect.orDie)
