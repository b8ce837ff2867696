import { readFileSync } from "node:fs"
import { Duration, Option, Redacted } from "effect"
import { Cluster, type CommonRedisOptions, Redis, type RedisOptions } from "ioredis"
import type { ValkeyAddress, ValkeyCredentials, ValkeySettings, ValkeyTls } from "./ValkeyConfig.ts"

export type Client = Redis | Cluster

const connectMillis = 2000
const longestPauseMillis = 2000

/** For the first, the second, … attempt in a row; with jitter, so that not all come back at once. */
const pauseBeforeAttempt = (attempt: number) =>
  Math.min(longestPauseMillis, 50 * 2 ** Math.min(attempt, 10)) * (0.5 + Math.random() / 2)

const tlsOptions = ({ ca, certificate, key }: ValkeyTls) => {
  const read = (file: Option.Option<string>) =>
    Option.getOrUndefined(Option.map(file, (name) => readFileSync(name)))
  return { ca: read(ca), cert: read(certificate), key: read(key) }
}

/** How to sign in, to the servers and to the sentinels. */
export type ValkeySignIn = Pick<ValkeySettings, "credentials" | "sentinelCredentials">

const usernameOf = (credentials: Option.Option<ValkeyCredentials>) =>
  Option.getOrUndefined(Option.flatMap(credentials, ({ username }) => username))

const passwordOf = (credentials: Option.Option<ValkeyCredentials>) =>
  Option.getOrUndefined(Option.map(credentials, ({ password }) => Redacted.value(password)))

/** ioredis looks into its options for every connection that it opens, and finds what is right then. */
const signingIn = <Options extends object>(options: Options, newest: () => ValkeySignIn): Options =>
  Object.defineProperties(options, {
    username: { enumerable: true, get: () => usernameOf(newest().credentials) },
    password: { enumerable: true, get: () => passwordOf(newest().credentials) },
    sentinelUsername: { enumerable: true, get: () => usernameOf(newest().sentinelCredentials) },
    sentinelPassword: { enumerable: true, get: () => passwordOf(newest().sentinelCredentials) }
  })

/** ioredis that never gives up. */
class LastingRedis extends Redis {
  override disconnect(reconnect = false): void {
    // What is asked for is under way; while it asks the sentinels, ioredis would take this for the end.
    if (reconnect && this.status === "connecting") return
    super.disconnect(reconnect)
  }
}

/** ioredis copies the options that it is given; the copy is what it looks into. */
const connecting = (options: RedisOptions, newest: () => ValkeySignIn): Redis => {
  const client = new LastingRedis({ ...options, lazyConnect: true })
  signingIn(client.options, newest)
  // It goes on trying by itself.
  client.connect().catch(() => undefined)
  return client
}

const endpoint = (address: ValkeyAddress) => ("path" in address ? { host: address.path } : address)

/**
 * A client that keeps connecting, never queues what it cannot send, never sends twice, and gives each command up after
 * `patience`. Reads the certificates, and throws where it cannot. `newest` is asked for every connection.
 */
export const newClient = (
  settings: ValkeySettings,
  { patience, newest }: { readonly patience: Duration.Duration; readonly newest: () => ValkeySignIn }
): Client => {
  const tls = Option.match(settings.tls, {
    onNone: () => ({}),
    onSome: (files) => ({ tls: tlsOptions(files) })
  })
  const common = {
    ...tls,
    commandTimeout: Duration.toMillis(patience),
    connectTimeout: connectMillis,
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    disableClientInfo: true,
    keepAlive: 10_000,
    // After a failover the old primary is a replica.
    reconnectOnError: (error) => error.message.startsWith("READONLY")
  } satisfies CommonRedisOptions & { readonly tls?: object }
  const alone = {
    ...common,
    db: settings.database,
    enableOfflineQueue: false,
    disconnectTimeout: 100,
    retryStrategy: pauseBeforeAttempt
  }
  switch (settings.mode) {
    case "single": {
      const [address] = settings.addresses
      return connecting({ ...alone, ...(address ?? {}) }, newest)
    }
    case "sentinel": {
      const sentinels = {
        name: settings.sentinelName,
        sentinels: settings.addresses.map(endpoint),
        sentinelCommandTimeout: connectMillis,
        sentinelRetryStrategy: pauseBeforeAttempt,
        enableTLSForSentinelMode: Option.isSome(settings.tls),
        ...("tls" in tls ? { sentinelTLS: tls.tls } : {})
      }
      return connecting({ ...alone, ...sentinels }, newest)
    }
    case "cluster":
      return new Cluster(settings.addresses.map(endpoint), {
        redisOptions: signingIn({ ...common, disconnectTimeout: 100 }, newest),
        enableOfflineQueue: false,
        clusterRetryStrategy: pauseBeforeAttempt,
        slotsRefreshTimeout: connectMillis,
        // Certificates speak of names.
        dnsLookup: (name, done) => done(null, name)
      })
    default:
      return settings.mode satisfies never
  }
}
