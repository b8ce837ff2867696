import { type Config, type ConfigError, Context, Duration, Effect } from "effect"
import { setting } from "./setting.ts"
import { duration } from "./types.ts"

/** Read by whoever looks after secrets that are kept elsewhere: here, and where TLS certificates are. */
export const secretsInterval = setting({
  name: "POSTROOM_SECRETS_INTERVAL",
  type: duration,
  default: Duration.seconds(10),
  meaning: "How often files and Vault are looked at for secrets and certificates that were rotated.",
  check: { message: "1 second or more", validation: (value) => Duration.toMillis(value) >= 1000 }
})

/**
 * Settings whose secrets may be rotated while the process runs. A driver takes `current` of its own config once, when
 * it is built, and asks it again for every connection that it opens:
 *
 *     const { current } = yield* Secrets
 *     const account = yield* current(s3Settings)     // Effect<S3Settings>, fails now where it is wrong
 *     const { accessKey, secretKey } = yield* account  // for a new connection
 *
 * Where nobody looks after secrets, e.g. in a test, they stay as they were first read.
 */
export class Secrets extends Context.Reference<Secrets>()("postroom/settings/Secrets", {
  defaultValue: (): {
    /**
     * Reads the config, and gives what reads its newest value: the same object until a secret was rotated. Should a new
     * value be wrong, the one before stays. Never waits, so it may be run synchronously.
     */
    readonly current: <A>(
      config: Config.Config<A>
    ) => Effect.Effect<Effect.Effect<A>, ConfigError.ConfigError>
  } => ({ current: (config) => Effect.map(config, Effect.succeed) })
}) {}
