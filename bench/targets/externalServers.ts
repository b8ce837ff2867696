import { Effect, Exit, Redacted, Scope } from "effect"
import type { ClientConfig } from "pg"
import { externalBackEnds } from "../../test/support/externalBackEnds.ts"
import type { Settings } from "../../test/support/platform.ts"
import { programCpu } from "../measure/cpu.ts"

/** Postgres, Valkey and MinIO as an operator runs them: servers of their own, here on the same machine. */
export interface ExternalServers {
  /** What a platform has to be told of them. */
  readonly settings: Settings
  readonly database: ClientConfig
  /** CPU milliseconds so far; of Postgres the target knows itself. */
  readonly cpu: () => Readonly<Record<string, number>>
  readonly stop: () => Promise<void>
}

export const startExternalServers = async (): Promise<ExternalServers> => {
  const scope = Effect.runSync(Scope.make())
  const { database, settings } = await Effect.runPromise(Scope.extend(externalBackEnds(), scope))
  return {
    settings,
    database: { ...database, password: Redacted.value(database.password) },
    cpu: () => ({ minio: programCpu("minio"), valkey: programCpu("valkey-server") }),
    stop: () => Effect.runPromise(Scope.close(scope, Exit.void))
  }
}
