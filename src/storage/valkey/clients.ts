import { readFileSync } from "node:fs"
import { Duration, Option, Redacted } from "effect"
import { Cluster, type CommonRedisOptions, Redis } from "ioredis"
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

const signIn = (credentials: Option.Option<ValkeyCredentials>) =>
  Option.match(credentials, {
    onNone: () => ({}),
    onSome: ({ username, password }) => ({
      password: Redacted.value(password),
      ...(Option.isSome(username) ? { username: username.value } : {})
    })
  })

const endpoint = (address: ValkeyAddress) => ("path" in address ? { host: address.path } : address)

/**
 * A client that keeps connecting, never queues what it cannot send, never sends twice, and gives each command up after
 * `patience`. Reads the certificates, and throws where it cannot.
 */
export const newClient = (settings: ValkeySettings, patience: Duration.Duration): Client => {
  const tls = Option.match(settings.tls, {
    onNone: () => ({}),
    onSome: (files) => ({ tls: tlsOptions(files) })
  })
  const common = {
    ...signIn(settings.credentials),
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
      return new Redis({ ...alone, ...(address ?? {}) })
    }
    case "sentinel": {
      const { username, password } = {
        username: undefined,
        password: undefined,
        ...signIn(settings.sentinelCredentials)
      }
      return new Redis({
        ...alone,
        name: settings.sentinelName,
        sentinels: settings.addresses.map(endpoint),
        sentinelCommandTimeout: connectMillis,
        sentinelRetryStrategy: pauseBeforeAttempt,
        enableTLSForSentinelMode: Option.isSome(settings.tls),
        ...("tls" in tls ? { sentinelTLS: tls.tls } : {}),
        ...(username === undefined ? {} : { sentinelUsername: username }),
        ...(password === undefined ? {} : { sentinelPassword: password })
      })
    }
    case "cluster":
      return new Cluster(settings.addresses.map(endpoint), {
        redisOptions: { ...common, disconnectTimeout: 100 },
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
