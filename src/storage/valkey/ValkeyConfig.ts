import { Config, ConfigError, Duration, Either, Option, Redacted } from "effect"
import { setting } from "../../settings/setting.ts"
import { choice, duration, secret, text } from "../../settings/types.ts"

/** Where a server answers: a name or address and a port, or a socket. */
export type ValkeyAddress = { readonly host: string; readonly port: number } | { readonly path: string }

export interface ValkeyCredentials {
  readonly username: Option.Option<string>
  readonly password: Redacted.Redacted
}

/** Files in PEM. Without `ca`, the authorities that Node knows. */
export interface ValkeyTls {
  readonly ca: Option.Option<string>
  readonly certificate: Option.Option<string>
  readonly key: Option.Option<string>
}

/** Who the addresses are: the server itself, sentinels that know where it is, or some nodes of a cluster. */
export const valkeyModes = ["single", "sentinel", "cluster"] as const

export interface ValkeySettings {
  readonly mode: (typeof valkeyModes)[number]
  readonly addresses: ReadonlyArray<ValkeyAddress>
  /** Database number; a cluster has 0 only. */
  readonly database: number
  /** How to sign in to the servers that hold data. */
  readonly credentials: Option.Option<ValkeyCredentials>
  /** How to sign in to the sentinels. */
  readonly sentinelCredentials: Option.Option<ValkeyCredentials>
  /** What the sentinels call the server. */
  readonly sentinelName: string
  readonly tls: Option.Option<ValkeyTls>
  /** Who did not get an answer in this time does without Valkey. */
  readonly deadline: Duration.Duration
}

interface ReadUrl {
  readonly address: ValkeyAddress
  readonly database: number
  readonly isSecure: boolean
  readonly credentials: Option.Option<ValkeyCredentials>
}

const schemes = new Map([
  ["valkey:", false],
  ["redis:", false],
  ["unix:", false],
  ["valkeys:", true],
  ["rediss:", true]
])

const readUrl = (text: string): Option.Option<ReadUrl> =>
  Either.getRight(Either.try(() => new URL(text))).pipe(
    Option.flatMap((url) => {
      const isSecure = schemes.get(url.protocol)
      const isSocket = url.protocol === "unix:"
      const database = isSocket ? 0 : Number(url.pathname.slice(1))
      if (isSecure === undefined || !Number.isInteger(database)) return Option.none()
      if (isSocket ? url.pathname.length < 2 : url.hostname === "") return Option.none()
      return Option.some({
        address: isSocket
          ? { path: decodeURIComponent(url.pathname) }
          : {
              host: url.hostname.replace(/^\[(.*)\]$/, "$1"),
              port: url.port === "" ? 6379 : Number(url.port)
            },
        database,
        isSecure,
        credentials: credentialsOf(decodeURIComponent(url.username), decodeURIComponent(url.password))
      })
    })
  )

const credentialsOf = (username: string, password: string): Option.Option<ValkeyCredentials> =>
  password === ""
    ? Option.none()
    : Option.some({
        username: username === "" ? Option.none() : Option.some(username),
        password: Redacted.make(password)
      })

const wrong = (message: string) => Either.left(ConfigError.InvalidData(["POSTROOM_VALKEY_URLS"], message))

type Read = readonly [ReadUrl, ...ReadonlyArray<ReadUrl>]

/** All URLs agree in everything but the address. */
const readUrls = (urls: Redacted.Redacted): Either.Either<Read, ConfigError.ConfigError> => {
  const texts = Redacted.value(urls)
    .split(/[\s,]+/)
    .filter((text) => text !== "")
  const [first, ...rest] = Option.getOrElse(Option.all(texts.map(readUrl)), (): Array<ReadUrl> => [])
  // Says nothing of what was read: a URL holds a password.
  if (first === undefined)
    return wrong("is not a list of valkey://user:password@host:port/database, valkeys://… or unix:///socket")
  return rest.every(({ isSecure, database }) => isSecure === first.isSecure && database === first.database)
    ? Either.right([first, ...rest])
    : wrong("differ in TLS or in their database")
}

const file = (name: `POSTROOM_${string}`, meaning: string) =>
  Config.option(setting({ name, type: text, meaning }))

/** None where no Valkey is named: then there is none. */
export const ValkeyConfig: Config.Config<Option.Option<ValkeySettings>> = Config.all({
  urls: Config.option(
    setting({
      name: "POSTROOM_VALKEY_URLS",
      type: secret,
      meaning:
        "`valkey://user:password@host:port/database`, several with commas; valkeys:// for TLS, unix:///socket. Without it there is no Valkey."
    })
  ),
  mode: setting({
    name: "POSTROOM_VALKEY_MODE",
    type: choice(...valkeyModes),
    default: "single",
    meaning: "Who the URLs name: the server (single), its sentinels, or nodes of a cluster."
  }),
  sentinelName: setting({
    name: "POSTROOM_VALKEY_SENTINEL_NAME",
    type: text,
    default: "postroom",
    meaning: "What the sentinels call the server."
  }),
  username: setting({
    name: "POSTROOM_VALKEY_USER",
    type: text,
    default: "",
    meaning: "ACL user of the servers that hold data, instead of the URLs'."
  }),
  password: Config.option(
    setting({
      name: "POSTROOM_VALKEY_PASSWORD",
      type: secret,
      meaning: "Its password. With sentinels, whose own is in the URLs, the only place for it."
    })
  ),
  ca: file("POSTROOM_VALKEY_CA", "File with the certificates of who may vouch for the servers."),
  certificate: file("POSTROOM_VALKEY_CERT", "File with our certificate, where the servers ask for one."),
  key: file("POSTROOM_VALKEY_KEY", "File with its key."),
  deadline: setting({
    name: "POSTROOM_VALKEY_DEADLINE",
    type: duration,
    default: Duration.millis(250),
    meaning: "Who got no answer from Valkey in this time does without it."
  })
}).pipe(
  Config.mapOrFail(({ urls, ...others }) =>
    Option.match(urls, {
      onNone: () => Either.right(Option.none()),
      onSome: (text) =>
        Either.map(
          Either.flatMap(readUrls(text), (read) => fitting(others.mode, read)),
          (read) => Option.some(settingsOf(read, others))
        )
    })
  )
)

const fitting = (mode: ValkeySettings["mode"], read: Read): Either.Either<Read, ConfigError.ConfigError> => {
  if (mode === "single" && read.length > 1)
    return wrong("names several servers: set POSTROOM_VALKEY_MODE to sentinel or cluster")
  return mode === "cluster" && read[0].database !== 0
    ? wrong("names a database: a cluster has none")
    : Either.right(read)
}

interface Others extends ValkeyTls, Pick<ValkeySettings, "mode" | "sentinelName" | "deadline"> {
  readonly username: string
  readonly password: Option.Option<Redacted.Redacted>
}

const settingsOf = (
  read: Read,
  { username, password, ca, certificate, key, ...others }: Others
): ValkeySettings => {
  const inUrl = Option.firstSomeOf(read.map(({ credentials }) => credentials))
  const given = Option.flatMap(password, (secret) => credentialsOf(username, Redacted.value(secret)))
  const isSentinel = others.mode === "sentinel"
  return {
    ...others,
    addresses: read.map(({ address }) => address),
    database: read[0].database,
    credentials: isSentinel ? given : Option.orElse(given, () => inUrl),
    sentinelCredentials: isSentinel ? inUrl : Option.none(),
    tls: read[0].isSecure ? Option.some({ ca, certificate, key }) : Option.none()
  }
}
