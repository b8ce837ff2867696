import { type ChildProcess, spawn } from "node:child_process"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { Duration, Effect, Exit, Random, Schedule, type Scope } from "effect"
import { choosePort } from "../../src/storage/embedded/postmaster.ts"
import { awaited } from "./awaited.ts"
import { addOtherTenant, build, hasty } from "./faultPlatform.ts"
import {
  databaseSetting,
  type Platform,
  platformAt,
  type Settings,
  temporaryFolder,
  testSettings
} from "./platform.ts"
import { type OwnPostgresServer, ownPostgresServer } from "./postgresServer.ts"
import { type OwnValkeyServer, ownValkeyServer } from "./valkey.ts"

const root = fileURLToPath(new URL("../..", import.meta.url))

/** A process of a fleet, which a test may harm. */
export interface FleetProcess {
  readonly name: string
  /** Where it listens, by the middle of the setting's name: `GRPC`. */
  readonly ports: Readonly<Record<string, number>>
  readonly httpPort: number
  /** Sends the signal; for one that ends it, waits for the end. */
  readonly kill: (signal: NodeJS.Signals) => Effect.Effect<void>
  /** Starts it again; ready when it returns. */
  readonly start: Effect.Effect<void>
  /** A number of its metrics, without labels; -1 where it has none, or does not answer. */
  readonly metric: (name: string) => Effect.Effect<number>
  /** Waits until it has so many shards or more, by its own metrics. */
  readonly untilOwns: (shards: number) => Effect.Effect<void>
}

export interface Fleet {
  /** As seen through the first door. */
  readonly platform: Platform & { readonly blobFolder: Effect.Effect<string> }
  /** Edges and workers, each all of them in one process; they own nothing. */
  readonly doors: ReadonlyArray<FleetProcess & { readonly httpsPort: number }>
  readonly runners: ReadonlyArray<FleetProcess>
  readonly valkey: OwnValkeyServer
  readonly postgres: OwnPostgresServer
  /** What every process said. */
  readonly said: () => string
}

/** A process before its first start, and the servers that it will use. */
export interface Unborn extends Pick<Fleet, "postgres" | "valkey"> {
  readonly name: string
  readonly ports: FleetProcess["ports"]
}

/** What is particular to a process. */
export interface Particular {
  readonly settings?: Settings
  /** A program with arguments that starts it: `ip netns exec NAME`. */
  readonly launcher?: ReadonlyArray<string>
}

/** As many as a deployment has unless it says otherwise. */
export const shardCount = 256

/** A process may have to start for what is waited for, on cores that many share. */
const patience = Duration.minutes(2)

const doorRoles = [
  "svc-grpc",
  "svc-activesync",
  "svc-smtp-ingest",
  "worker-ingest",
  "worker-index",
  "worker-notify"
]

const portNames = ["HTTP", "HTTPS", "GRPC", "SMTP", "LMTP", "RUNNER"] as const

const freePorts = Effect.map(
  Effect.forEach(portNames, (name) =>
    Effect.map(Effect.orDie(choosePort(0)), (port) => [name, port] as const)
  ),
  (ports) => Object.fromEntries(ports)
)

const hasEnded = (child: ChildProcess): boolean => child.exitCode !== null || child.signalCode !== null

const ended = (child: ChildProcess) =>
  Effect.async<void>((resume) => {
    if (hasEnded(child)) return resume(Effect.void)
    child.once("exit", () => resume(Effect.void))
  })

const lasting: ReadonlyArray<NodeJS.Signals> = ["SIGSTOP", "SIGCONT"]

interface Wanted {
  readonly name: string
  readonly roles: ReadonlyArray<string>
  readonly settings: Settings
  readonly particular: (ports: FleetProcess["ports"]) => Effect.Effect<Particular, never, Scope.Scope>
  readonly output: Array<string>
}

const processOf = ({ name, roles, settings, particular, output }: Wanted) =>
  Effect.gen(function* () {
    const ports = yield* freePorts
    const { settings: own = {}, launcher = [] } = yield* particular(ports)
    const environment: Settings = {
      PATH: "/usr/local/bin:/usr/bin:/bin",
      TMPDIR: tmpdir(),
      UV_THREADPOOL_SIZE: "16",
      ...settings,
      ...Object.fromEntries(portNames.map((port) => [`POSTROOM_${port}_PORT`, `${ports[port]}`])),
      ...own
    }
    const host = environment["POSTROOM_HOST"] ?? "127.0.0.1"
    const [command = "", ...before] = [...launcher, process.execPath]
    let child: ChildProcess | null = null
    const start = Effect.async<void>((resume) => {
      const born = spawn(command, [...before, join("dist", "main.js"), ...roles], {
        cwd: root,
        env: environment,
        stdio: ["ignore", "pipe", "pipe"]
      })
      child = born
      const hear = (chunk: string) => {
        output.push(...chunk.split("\n").map((line) => `${name}: ${line}\n`))
        if (chunk.includes("stop it")) resume(Effect.void)
      }
      born.stdout.setEncoding("utf8").on("data", hear)
      born.stderr.setEncoding("utf8").on("data", hear)
      born.once("exit", (code, signal) =>
        resume(
          Effect.dieMessage(`${name} ended (${code ?? signal}) before it was ready:\n${output.join("")}`)
        )
      )
    })
    const kill = (signal: NodeJS.Signals) =>
      Effect.suspend(() => {
        if (child === null || hasEnded(child)) return Effect.void
        child.kill(signal)
        return lasting.includes(signal) ? Effect.void : ended(child)
      })
    yield* Effect.addFinalizer(() => Effect.zipRight(kill("SIGCONT"), kill("SIGKILL")))
    yield* start
    const metric = (metricName: string) =>
      Effect.promise((signal) =>
        fetch(`http://${host}:${ports["HTTP"]}/metrics`, { signal })
          .then((response) => response.text())
          .then((text) => Number(new RegExp(`^${metricName} (\\d+)`, "m").exec(text)?.[1] ?? -1))
          .catch(() => -1)
      )
    const owned = metric("shards_owned")
    const untilOwns = (shards: number) =>
      awaited(
        `${name} to have ${shards} shards`,
        Effect.repeat(owned, { schedule: Schedule.spaced("50 millis"), until: (count) => count >= shards }),
        owned,
        patience
      ).pipe(Effect.asVoid)
    return {
      name,
      kill,
      start,
      metric,
      untilOwns,
      ports,
      httpPort: ports["HTTP"] ?? 0,
      httpsPort: ports["HTTPS"] ?? 0
    }
  })

/** Real processes over a Postgres and a Valkey that the test may harm; all of it ends with the scope. */
export const fleetUnderTest = ({
  runners,
  doors,
  settings = {},
  particular = () => Effect.succeed({})
}: {
  readonly runners: number
  readonly doors: number
  readonly settings?: Settings
  readonly particular?: (unborn: Unborn) => Effect.Effect<Particular, never, Scope.Scope>
}): Effect.Effect<Fleet, never, Scope.Scope> =>
  Effect.gen(function* () {
    yield* build
    const dataFolder = yield* temporaryFolder
    const postgres = yield* ownPostgresServer
    const valkey = yield* ownValkeyServer()
    const output: Array<string> = []
    const shared: Settings = {
      ...testSettings,
      ...hasty,
      // Nobody kills a worker; and where many processes share the cores, a claim of a second is over before it is worked on.
      POSTROOM_INGEST_HOLD: "10 seconds",
      ...databaseSetting(postgres.address),
      POSTROOM_VALKEY_URLS: `valkey://127.0.0.1:${valkey.port}`,
      POSTROOM_VALKEY_DEADLINE: "2 seconds",
      POSTROOM_DATA: dataFolder,
      ...settings
    }
    const processesOf = (kind: "runner" | "door", count: number, roles: ReadonlyArray<string>) =>
      Effect.forEach(
        Array.from({ length: count }, (_, n) => `${kind}-${n + 1}`),
        (name) =>
          processOf({
            name,
            roles,
            output,
            particular: (ports) => particular({ name, ports, postgres, valkey }),
            settings: {
              ...shared,
              POSTROOM_RUNNER: name,
              ...(kind === "door" ? { POSTROOM_RUNNER_WEIGHT: "0" } : {}),
              ...(name === "door-1" ? {} : { POSTROOM_NO_DEMO: "true" })
            }
          })
      )
    const [door, ...otherDoors] = yield* processesOf("door", doors, doorRoles)
    if (door === undefined) return yield* Effect.dieMessage("a fleet needs a door")
    const { ports } = door
    const platform = platformAt({
      dataFolder,
      at: {
        host: "127.0.0.1",
        http: ports["HTTP"] ?? 0,
        https: ports["HTTPS"] ?? 0,
        grpc: ports["GRPC"] ?? 0,
        smtp: ports["SMTP"] ?? 0,
        lmtp: ports["LMTP"] ?? 0
      },
      logs: Effect.sync(() => output.join("")),
      database: Effect.succeed(postgres.address)
    })
    // A test that failed says what they all said.
    yield* Effect.addFinalizer((exit) =>
      Exit.isFailure(exit) ? Effect.logError(output.join("")) : Effect.void
    )
    yield* addOtherTenant(platform)
    return {
      platform: { ...platform, blobFolder: Effect.succeed(dataFolder) },
      doors: [door, ...otherDoors],
      runners: yield* processesOf("runner", runners, ["svc-grpc"]),
      valkey,
      postgres,
      said: () => output.join("")
    }
  })

/** Waits until every shard has one owner, and no runner is without. */
export const untilWhole = ({ runners }: Pick<Fleet, "runners">): Effect.Effect<void> => {
  const owned = Effect.forEach(runners, ({ metric }) => metric("shards_owned"))
  const isWhole = (counts: ReadonlyArray<number>) =>
    counts.every((count) => count > 0) && counts.reduce((sum, count) => sum + count, 0) === shardCount
  const whole = Effect.repeat(owned, { schedule: Schedule.spaced("100 millis"), until: isWhole })
  return Effect.asVoid(awaited("every shard to have one owner", whole, owned, patience))
}

/** Of so many runners: so nearly the share of one that nothing is moved for it. */
export const fairShare = (runners: number): number => (0.8 * shardCount) / runners

/** Waits until every runner has its share. */
export const untilFair = ({ runners }: Pick<Fleet, "runners">): Effect.Effect<void> =>
  Effect.forEach(runners, ({ untilOwns }) => untilOwns(fairShare(runners.length)), { discard: true })

export type Operator = Effect.Effect.Success<Platform["operator"]>

export const anyOf = <A>(all: ReadonlyArray<A>): Effect.Effect<A> =>
  Effect.flatMap(Random.shuffle(all), ([first]) =>
    first === undefined ? Effect.dieMessage("nothing to choose from") : Effect.succeed(first)
  )
