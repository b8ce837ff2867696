import { type ChildProcess, spawn } from "node:child_process"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { NodeContext } from "@effect/platform-node"
import { Effect, Exit, Option, Redacted, type Scope } from "effect"
import { readSecret } from "../../src/identity/secretFile.ts"
import type { Listening } from "../../src/roles.ts"
import { readPidFile } from "../../src/storage/embedded/pidFile.ts"
import type { PostgresAddress } from "../../src/storage/postgres.ts"
import {
  databaseSetting,
  type Platform,
  platformAt,
  type Settings,
  temporaryFolder,
  testSettings
} from "./platform.ts"

const root = fileURLToPath(new URL("../..", import.meta.url))

/** How a process ended: its exit code, or the signal that ended it. */
export interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

/** A Postroom in a process of its own, which a test may kill and start again. */
export interface PlatformProcess extends Platform {
  readonly pid: Effect.Effect<number>
  /** Sends the signal and waits for the end. */
  readonly kill: (signal: NodeJS.Signals) => Effect.Effect<Ended>
  /** Waits for an end that comes by itself, e.g. at `POSTROOM_CRASH_AT`. */
  readonly ended: Effect.Effect<Ended>
  /** Starts it again on the same folder and ports, with these settings over the first ones'; ends it first if it runs. */
  readonly restart: (settings?: Settings) => Effect.Effect<void>
}

export interface PlatformProcessOptions {
  readonly settings?: Settings
  /** Instead of the embedded Postgres, which is durable and lives in the data folder. */
  readonly database?: PostgresAddress
  /** `source` (default) runs `src/main.ts` with tsx; `dist` runs what was built. */
  readonly from?: "source" | "dist"
}

/** Ready when it returns; stopped in good order with the scope. */
export const platformProcess = (
  options: PlatformProcessOptions = {}
): Effect.Effect<PlatformProcess, never, Scope.Scope> =>
  Effect.gen(function* () {
    const dataFolder = yield* temporaryFolder
    const output: Array<string> = []
    const settings = {
      ...testSettings,
      ...(options.database === undefined ? {} : databaseSetting(options.database)),
      ...options.settings
    }
    const start = (over: Settings) =>
      launch({ dataFolder, output, from: options.from ?? "source", settings: { ...settings, ...over } })

    let running = yield* start({})
    const { at } = running
    yield* Effect.addFinalizer((exit) =>
      Effect.zipRight(
        stop(running.child, "SIGTERM"),
        // A test that failed says what the platform said.
        Exit.isFailure(exit) ? Effect.logError(output.join("")) : Effect.void
      )
    )
    return {
      ...platformAt({
        dataFolder,
        at,
        logs: Effect.sync(() => output.join("")),
        database:
          options.database === undefined ? embeddedDatabase(dataFolder) : Effect.succeed(options.database)
      }),
      pid: Effect.sync(() => running.child.pid ?? 0),
      kill: (signal) => Effect.suspend(() => stop(running.child, signal)),
      ended: Effect.suspend(() => endOf(running.child)),
      restart: (over = {}) =>
        Effect.gen(function* () {
          yield* stop(running.child, "SIGTERM")
          running = yield* start({ ...portSettings(at), ...over })
        })
    }
  })

interface Launch {
  readonly dataFolder: string
  readonly output: Array<string>
  readonly from: "source" | "dist"
  readonly settings: Settings
}

const programs = {
  source: ["--import", "tsx", join("src", "main.ts")],
  dist: [join("dist", "main.js")]
} as const

/** Nothing of the test's own environment reaches it. */
const launch = ({ dataFolder, output, from, settings }: Launch) =>
  Effect.async<{ readonly child: ChildProcess; readonly at: Listening }>((resume) => {
    const child = spawn(process.execPath, [...programs[from], "all", "--data", dataFolder], {
      cwd: root,
      env: { PATH: "/usr/local/bin:/usr/bin:/bin", TMPDIR: tmpdir(), UV_THREADPOOL_SIZE: "16", ...settings },
      stdio: ["ignore", "pipe", "pipe"]
    })
    let said = ""
    let isReady = false
    const hear = (chunk: string) => {
      output.push(chunk)
      if (isReady) return
      said += chunk
      const at = readGreeting(said)
      isReady = at !== null
      if (at !== null) resume(Effect.succeed({ child, at }))
    }
    child.stdout.setEncoding("utf8").on("data", hear)
    child.stderr.setEncoding("utf8").on("data", hear)
    child.once("exit", (code, signal) =>
      resume(Effect.dieMessage(`Postroom ended (${code ?? signal}) before it was ready:\n${said}`))
    )
    return stop(child, "SIGKILL")
  })

/** Where it says that it listens, once it has said all of it. */
const readGreeting = (text: string): Listening | null => {
  if (!text.includes("stop it")) return null
  const [, host = "", smtp] = /smtp:\/\/([\d.]+):(\d+)/.exec(text) ?? []
  const [, lmtp] = /LMTP on (\d+)/.exec(text) ?? []
  const [, grpc] = /gRPC [\d.]+:(\d+)/.exec(text) ?? []
  const [, http] = /http:\/\/[\d.]+:(\d+)/.exec(text) ?? []
  const [, https] = /https:\/\/[\d.]+:(\d+)/.exec(text) ?? []
  return {
    host,
    http: Number(http),
    https: Number(https),
    grpc: Number(grpc),
    smtp: Number(smtp),
    lmtp: Number(lmtp)
  }
}

const portSettings = (at: Listening): Settings => ({
  POSTROOM_HTTP_PORT: `${at.http}`,
  POSTROOM_HTTPS_PORT: `${at.https}`,
  POSTROOM_GRPC_PORT: `${at.grpc}`,
  POSTROOM_SMTP_PORT: `${at.smtp}`,
  POSTROOM_LMTP_PORT: `${at.lmtp}`
})

const endOf = (child: ChildProcess) =>
  Effect.async<Ended>((resume) => {
    const done = () => resume(Effect.succeed({ code: child.exitCode, signal: child.signalCode }))
    if (child.exitCode !== null || child.signalCode !== null) return done()
    child.once("exit", done)
    return Effect.sync(() => void child.off("exit", done))
  })

const stop = (child: ChildProcess, signal: NodeJS.Signals) =>
  Effect.suspend(() => {
    if (child.exitCode === null && child.signalCode === null) child.kill(signal)
    return endOf(child)
  })

/** Postroom's own database in the embedded server that runs now. */
export const embeddedDatabase = (dataFolder: string) =>
  Effect.gen(function* () {
    const { port } = Option.getOrThrow(yield* readPidFile(join(dataFolder, "postgres")))
    const password = Option.getOrThrow(yield* readSecret(join(dataFolder, "secrets", "postgres")))
    return {
      host: "127.0.0.1",
      port,
      database: "postroom",
      user: "postroom",
      password: Redacted.make(Redacted.value(password))
    } satisfies PostgresAddress
  }).pipe(Effect.provide(NodeContext.layer), Effect.orDie)
