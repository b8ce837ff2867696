import { type ConfigError, Effect, Layer, Option, Schema } from "effect"
import { backEnd, type Check, Health } from "../observability/health.ts"
import { BlobStore } from "./blobs/BlobStore.ts"
import { Postgres, statement } from "./postgres.ts"
import { makeMeili } from "./search/meili/Meili.ts"
import { meiliSettings } from "./search/meili/MeiliConfig.ts"
import { Valkey } from "./valkey/Valkey.ts"

// What readiness and `backend_up` ask of the servers behind us. docs/runbooks/backends.md says why which of them matters.

const registering = (check: Check): Effect.Effect<void, never, Health> =>
  Effect.flatMap(Health, ({ register }) => register(check))

/** Without it nothing is done. */
export const postgres: Layer.Layer<never, never, Postgres | Health> = Layer.effectDiscard(
  Effect.flatMap(Postgres, ({ query }) =>
    registering(backEnd("postgres", query(statement({ text: "SELECT 1" }))))
  )
)

/** It rings and counts for several processes; each can do that for itself. */
export const valkey: Layer.Layer<never, never, Valkey | Health> = Layer.effectDiscard(
  Effect.flatMap(Valkey, ({ run }) => registering(backEnd("valkey", run(["ping"]), { isDispensable: true })))
)

/** Below it nothing is stored, and who answers for it is up. */
const nowhere = "blobs/00000000-0000-0000-0000-000000000000/"

/** `isDispensable`: the process has other work that it can do without blobs. */
export const blobs = (
  options: Required<Pick<Check, "isDispensable">>
): Layer.Layer<never, never, BlobStore | Health> =>
  Layer.effectDiscard(
    Effect.flatMap(BlobStore, ({ list }) =>
      registering(backEnd("blob_store", list(nowhere, { after: null, limit: 1 }), options))
    )
  )

/** Postgres searches in its place. */
export const searchEngine: Layer.Layer<never, ConfigError.ConfigError, Health> = Layer.effectDiscard(
  Effect.flatMap(
    meiliSettings,
    Option.match({
      onNone: () => Effect.void,
      onSome: (settings) => {
        const asking = makeMeili(settings).ask({ method: "GET", path: "/health", answer: Schema.Unknown })
        return registering(backEnd("search_engine", asking, { isDispensable: true }))
      }
    })
  )
)
