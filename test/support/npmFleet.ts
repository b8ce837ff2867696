import { type ChildProcess, spawn } from "node:child_process"
import { fileURLToPath } from "node:url"
import { Duration, Effect, type Scope } from "effect"
import { environment } from "../../src/settings/environment.ts"
import { awaited } from "./awaited.ts"
import { type Platform, platformAt, temporaryFolder, testSettings } from "./platform.ts"
import { embeddedDatabase } from "./platformProcess.ts"

/** What `npm run fleet` starts, as people find it by what it says. */
export interface NpmFleet {
  /** Mail goes in where it says; gRPC is the first runner's, HTTP the first edge's. */
  readonly platform: Platform
  readonly edges: ReadonlyArray<Platform["at"]>
}

const program = fileURLToPath(new URL("../../scripts/fleet.cjs", import.meta.url))

/** Below the ports that the system gives to clients, and apart from those of another test's process. */
const portOffset = 9000 + (process.pid % 600) * 20

/** It may have to build, and starts a Postgres and ten processes. */
const patience = Duration.minutes(3)

export const npmFleet: Effect.Effect<NpmFleet, never, Scope.Scope> = Effect.gen(function* () {
  const dataFolder = yield* temporaryFolder
  const output: Array<string> = []
  const inherited = Object.fromEntries(yield* environment)
  const fleet = yield* Effect.acquireRelease(
    Effect.sync(() =>
      spawn(process.execPath, [program, "--data", dataFolder, "--port-offset", String(portOffset)], {
        env: { ...inherited, POSTROOM_DEMO_PASSWORD: testSettings["POSTROOM_DEMO_PASSWORD"] },
        stdio: ["ignore", "pipe", "inherit"]
      })
    ),
    stopped
  )
  fleet.stdout.setEncoding("utf8").on("data", (chunk: string) => output.push(chunk))
  const said = Effect.sync(() => output.join(""))
  const ready = Effect.async<string>((resume) => {
    fleet.stdout.on("data", () => {
      const text = output.join("")
      if (text.includes("stop it")) resume(Effect.succeed(text))
    })
  })
  const greeting = yield* awaited("the fleet to be ready", ready, said, patience)
  const ports = (pattern: RegExp): ReadonlyArray<number> =>
    [...greeting.matchAll(pattern)].map(([, port]) => Number(port))
  const port = (pattern: RegExp): number => ports(pattern)[0] ?? 0
  const https = ports(/https:\/\/[^:]+:(\d+)\/Microsoft/g)
  const at = {
    host: "127.0.0.1",
    grpc: port(/gRPC [^:]+:(\d+)/g),
    smtp: port(/smtp:\/\/[^:]+:(\d+)/g),
    lmtp: port(/LMTP on (\d+)/g)
  }
  const edges = ports(/edge-\d+ +http:\/\/[^:]+:(\d+)\/readyz/g).map((http, n) => ({
    ...at,
    http,
    https: https[n] ?? 0
  }))
  const [first] = edges
  if (first === undefined) return yield* Effect.dieMessage(`no edge in: ${greeting}`)
  const platform = platformAt({ dataFolder, at: first, logs: said, database: embeddedDatabase(dataFolder) })
  return { platform, edges }
})

/** As Ctrl-C does; its end is waited for. */
const stopped = (fleet: ChildProcess) =>
  Effect.async<void>((resume) => {
    if (fleet.exitCode !== null || fleet.signalCode !== null) return resume(Effect.void)
    fleet.once("exit", () => resume(Effect.void))
    fleet.kill("SIGINT")
  })
