import { parseArgs } from "node:util"
import { Either } from "effect"

/** Workers that may run in a process without anything else. */
export const workerRoleNames = [
  "worker-index",
  "worker-notify",
  "worker-retention",
  "worker-reconciler"
] as const
export type WorkerRoleName = (typeof workerRoleNames)[number]

/** Roles that find mailboxes by the shard map. Each may run in several processes; `svc-grpc` owns mailboxes. */
export const fleetRoleNames = ["svc-grpc", "svc-activesync", "svc-smtp-ingest", "worker-ingest"] as const
export type FleetRoleName = (typeof fleetRoleNames)[number]

/** What may share a process of its own. */
export type ApartRoleName = FleetRoleName | WorkerRoleName

/** Names as the specification has them. `all` runs everything in one process. */
export const roleNames = ["all", ...fleetRoleNames, ...workerRoleNames] as const
export type RoleName = (typeof roleNames)[number]

export const isWorker = (role: ApartRoleName): role is WorkerRoleName =>
  workerRoleNames.some((name) => name === role)

interface Flag {
  readonly setting: string
  readonly help: string
  /** Shown in the help where the flag takes a value. */
  readonly value?: string
}

/** Each flag sets what the environment variable of the same meaning sets; the flag wins. */
const flags: Readonly<Record<string, Flag>> = {
  data: { setting: "POSTROOM_DATA", value: "DIR", help: "where everything is kept (default ./data)" },
  host: { setting: "POSTROOM_HOST", value: "ADDRESS", help: "address to listen on (default 127.0.0.1)" },
  "port-offset": {
    setting: "POSTROOM_PORT_OFFSET",
    value: "N",
    help: "adds N to every port, so that several run side by side"
  },
  "http-port": {
    setting: "POSTROOM_HTTP_PORT",
    value: "PORT",
    help: "health, metrics, Connect and gRPC-web (8080)"
  },
  "https-port": { setting: "POSTROOM_HTTPS_PORT", value: "PORT", help: "the same over TLS (8443)" },
  "grpc-port": { setting: "POSTROOM_GRPC_PORT", value: "PORT", help: "gRPC (9090)" },
  "smtp-port": { setting: "POSTROOM_SMTP_PORT", value: "PORT", help: "mail from the world (2525)" },
  "lmtp-port": {
    setting: "POSTROOM_LMTP_PORT",
    value: "PORT",
    help: "mail from a local transfer agent (2424)"
  },
  "database-url": {
    setting: "POSTROOM_DATABASE_URL",
    value: "URL",
    help: "a Postgres of yours instead of the built-in one (better set in the environment: it holds a password)"
  },
  "demo-password": {
    setting: "POSTROOM_DEMO_PASSWORD",
    value: "TEXT",
    help: "password of the demo users instead of a random one"
  },
  "no-demo": { setting: "POSTROOM_NO_DEMO", help: "make no demo tenant" },
  "log-level": { setting: "POSTROOM_LOG_LEVEL", value: "LEVEL", help: "Debug, Info, Warning or Error" },
  "log-format": { setting: "POSTROOM_LOG_FORMAT", value: "FORMAT", help: "json or pretty" }
}

export interface Args {
  readonly roles: "all" | ReadonlyArray<ApartRoleName>
  /** Settings given as flags, by their environment name. */
  readonly settings: ReadonlyMap<string, string>
  readonly wants: "start" | "help" | "settings"
}

/** Reads the command line; the left side is a sentence for whoever typed it. */
export const readArgs = (argv: ReadonlyArray<string>): Either.Either<Args, string> =>
  Either.flatMap(parse(argv), ({ positionals, values }) => {
    const unknown = positionals.find((name) => !isRole(name))
    if (unknown !== undefined)
      return Either.left(`There is no role "${unknown}". Roles: ${roleNames.join(", ")}.`)
    const settings = new Map<string, string>()
    for (const [name, value] of Object.entries(values)) {
      const flag = flags[name]
      if (flag !== undefined) settings.set(flag.setting, String(value))
    }
    const apart = [...fleetRoleNames, ...workerRoleNames].filter((name) => positionals.includes(name))
    return Either.right({
      roles: apart.length === 0 || positionals.includes("all") ? "all" : apart,
      settings,
      wants: values["help"] === true ? "help" : values["settings"] === true ? "settings" : "start"
    })
  })

export const helpText = (): string => {
  const rows = Object.entries(flags).map(
    ([name, { value, help }]) => `  ${`--${name}${value === undefined ? "" : ` ${value}`}`.padEnd(26)}${help}`
  )
  return [
    "Usage: npm start -- [ROLE …] [OPTION …]",
    "",
    `Roles: ${roleNames.join(", ")} (default all).`,
    "",
    ...rows,
    `  ${"--settings".padEnd(26)}prints every setting, as in docs/configuration.md`,
    `  ${"--help".padEnd(26)}this text`,
    "",
    "Every option can be set in the environment too, e.g. POSTROOM_DATA=/var/lib/postroom.",
    ""
  ].join("\n")
}

const parse = (argv: ReadonlyArray<string>) =>
  Either.try({
    try: () =>
      parseArgs({
        args: [...argv],
        allowPositionals: true,
        strict: true,
        options: {
          help: { type: "boolean" as const },
          settings: { type: "boolean" as const },
          ...Object.fromEntries(
            Object.entries(flags).map(([name, { value }]) => [
              name,
              { type: value === undefined ? ("boolean" as const) : ("string" as const) }
            ])
          )
        }
      }),
    catch: (error) => `${error instanceof Error ? error.message.split(".")[0] : "Bad arguments"}. Try --help.`
  })

const isRole = (name: string): boolean => roleNames.some((role) => role === name)
