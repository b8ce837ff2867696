import { type ChildProcess, spawn, spawnSync } from "node:child_process"
import { existsSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { FileSystem } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { Context, Duration, Effect, Layer, Option, type Scope } from "effect"
import { Redis, type RedisOptions } from "ioredis"
import { choosePort } from "../../src/storage/embedded/postmaster.ts"
import { Valkey, type ValkeyConnection } from "../../src/storage/valkey/Valkey.ts"
import type { ValkeySettings } from "../../src/storage/valkey/ValkeyConfig.ts"
import { awaited } from "./awaited.ts"

const script = fileURLToPath(new URL("../../scripts/valkey.sh", import.meta.url))

/** The program, installed where that is possible without asking anybody; null: there is none. */
const program = (() => {
  const { status, stdout } = spawnSync("bash", [script], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"]
  })
  return status === 0 ? stdout.trim() : null
})()

export const hasValkey = program !== null

/** A server that one test has for itself and may harm. */
export interface OwnValkeyServer {
  readonly port: number
  /** For a platform that is to use it. */
  readonly settings: ValkeySettings
  /** Asks it over a connection of the test's own; waits for it to be up. */
  readonly ask: (command: string, ...args: ReadonlyArray<string | number>) => Effect.Effect<unknown>
  /** kill -9; it has ended when this returns. */
  readonly kill: Effect.Effect<void>
  /** Starts it again after `kill`: the same port, and empty. */
  readonly revive: Effect.Effect<void>
  /** Stops it as a debugger would: it keeps its connections, takes new ones, and answers nothing. */
  readonly whileFrozen: <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
}

export const settingsOf = (port: number, more: Partial<ValkeySettings> = {}): ValkeySettings => ({
  mode: "single",
  addresses: [{ host: "127.0.0.1", port }],
  database: 0,
  credentials: Option.none(),
  sentinelCredentials: Option.none(),
  sentinelName: "postroom",
  tls: Option.none(),
  // Not the default: on a busy machine nothing may be late that is not meant to be.
  deadline: Duration.seconds(10),
  ...more
})

/** Dies with us even where we are killed, where the system can do that. */
const prefix = existsSync("/usr/bin/setpriv") ? ["/usr/bin/setpriv", "--pdeathsig", "KILL"] : []

interface Launched {
  readonly child: ChildProcess
  /** The end of what it said. */
  said: string
}

const launch = (folder: string, args: ReadonlyArray<string>): Launched => {
  const [command = "", ...rest] = [...prefix, program ?? "valkey-server", ...args]
  const child = spawn(command, rest, { cwd: folder, stdio: ["ignore", "pipe", "pipe"] })
  const launched: Launched = { child, said: "" }
  for (const output of [child.stdout, child.stderr]) {
    output.on("data", (text: Buffer) => {
      launched.said = `${launched.said}${text}`.slice(-1000)
    })
  }
  return launched
}

const killed = ({ child }: Launched) =>
  awaited(
    "valkey-server to die",
    Effect.async<void>((resume) => {
      if (child.exitCode !== null || child.signalCode !== null) return resume(Effect.void)
      child.once("exit", () => resume(Effect.void))
      child.kill("SIGKILL")
    })
  )

const start = (
  args: (folder: string) => ReadonlyArray<string>,
  { port, client }: { readonly port: number; readonly client: RedisOptions }
): Effect.Effect<OwnValkeyServer, never, Scope.Scope> =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const folder = yield* fs.makeTempDirectoryScoped({ prefix: "postroom-test-" })
    let launched = launch(folder, args(folder))
    yield* Effect.addFinalizer(() => Effect.suspend(() => killed(launched)))
    const admin = yield* Effect.acquireRelease(
      Effect.sync(() => {
        // Waits for as long as it takes.
        const one = new Redis({ port, maxRetriesPerRequest: null, retryStrategy: () => 20, ...client })
        one.on("error", () => undefined)
        return one
      }),
      (one) => Effect.sync(() => one.disconnect())
    )
    const state = Effect.sync(() => {
      const { child, said } = launched
      return { connection: admin.status, pid: child.pid, exit: child.exitCode ?? child.signalCode, said }
    })
    const ask: OwnValkeyServer["ask"] = (command, ...args) =>
      awaited(
        `an answer to ${[command, ...args].join(" ")}`,
        Effect.promise(() => admin.call(command, [...args])),
        state
      )
    yield* ask("ping")
    return {
      port,
      settings: settingsOf(port),
      ask,
      kill: Effect.suspend(() => killed(launched)),
      revive: Effect.suspend(() => {
        launched = launch(folder, args(folder))
        return ask("ping")
      }),
      whileFrozen: <A, E, R>(effect: Effect.Effect<A, E, R>) =>
        Effect.acquireUseRelease(
          Effect.sync(() => launched.child.kill("SIGSTOP")),
          () => effect,
          () => Effect.sync(() => launched.child.kill("SIGCONT"))
        )
    }
  }).pipe(Effect.provide(NodeContext.layer), Effect.orDie)

const standard = ["--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]

/** Starts one in a folder of its own; both go with the scope. */
export const ownValkeyServer = (
  options: {
    readonly args?: ReadonlyArray<string>
    /** TLS and nothing else: the files are in `args`, and the test's own connection shows these. */
    readonly tls?: NonNullable<RedisOptions["tls"]>
  } = {}
): Effect.Effect<OwnValkeyServer, never, Scope.Scope> =>
  Effect.flatMap(Effect.orDie(choosePort(0)), (port) => {
    const { args = [], tls } = options
    const ports = tls === undefined ? ["--port", `${port}`] : ["--port", "0", "--tls-port", `${port}`]
    return start(() => [...ports, ...standard, ...args], { port, client: tls === undefined ? {} : { tls } })
  })

/** Three nodes that share the slots, without replicas; where one is down, the others go on. */
export const ownValkeyCluster = Effect.gen(function* () {
  const nodes = yield* Effect.forEach([0, 1, 2], () =>
    Effect.gen(function* () {
      const bus = yield* Effect.orDie(choosePort(0))
      const cluster = [
        "--cluster-enabled",
        "yes",
        "--cluster-port",
        `${bus}`,
        "--cluster-node-timeout",
        "1000"
      ]
      const server = yield* ownValkeyServer({ args: [...cluster, "--cluster-require-full-coverage", "no"] })
      return { ...server, bus }
    })
  )
  const slots = 16_384
  yield* Effect.forEach(nodes, ({ ask }, n) =>
    ask("cluster", "addslotsrange", Math.ceil((slots * n) / 3), Math.ceil((slots * (n + 1)) / 3) - 1)
  )
  yield* Effect.forEach(nodes, ({ ask }, n) => ask("cluster", "set-config-epoch", n + 1))
  const [first, ...others] = nodes
  if (first === undefined) throw new Error("no node")
  yield* Effect.forEach(others, ({ port, bus }) => first.ask("cluster", "meet", "127.0.0.1", port, bus))
  yield* Effect.forEach(nodes, ({ ask }) =>
    until(
      ask("cluster", "info"),
      (info) => /state:ok/.test(info) && /slots_ok:16384/.test(info) && /size:3/.test(info)
    )
  )
  return {
    nodes,
    settings: settingsOf(0, {
      mode: "cluster",
      addresses: nodes.map(({ port }) => ({ host: "127.0.0.1", port }))
    }),
    /** The node that has a key. */
    nodeOf: (key: string) =>
      Effect.map(first.ask("cluster", "keyslot", key), (slot) => {
        const node = nodes[Math.floor((Number(slot) * 3) / slots)]
        if (node === undefined) throw new Error("no node")
        return node
      })
  }
})

/** A primary, a replica, and three sentinels that agree by two. */
export const ownValkeySentinels = Effect.gen(function* () {
  const fs = yield* FileSystem.FileSystem
  // Nobody else is about to come whom it would wait for.
  const primary = yield* ownValkeyServer({ args: ["--repl-diskless-sync-delay", "0"] })
  const replica = yield* ownValkeyServer({ args: ["--replicaof", `127.0.0.1 ${primary.port}`] })
  yield* until(replica.ask("info", "replication"), (info) => info.includes("master_link_status:up"))
  const sentinels = yield* Effect.forEach([0, 1, 2], () =>
    Effect.gen(function* () {
      const port = yield* choosePort(0)
      const folder = yield* fs.makeTempDirectoryScoped({ prefix: "postroom-test-" })
      const file = join(folder, "sentinel.conf")
      yield* fs.writeFileString(
        file,
        [
          `port ${port}`,
          `sentinel monitor postroom 127.0.0.1 ${primary.port} 2`,
          "sentinel down-after-milliseconds postroom 500",
          "sentinel failover-timeout postroom 3000",
          ""
        ].join("\n")
      )
      return yield* start(() => [file, "--sentinel"], { port, client: { enableReadyCheck: false } })
    })
  )
  yield* Effect.forEach(sentinels, ({ ask }) =>
    until(ask("sentinel", "masters"), (all) => /num-slaves,1,num-other-sentinels,2/.test(all))
  )
  return {
    primary,
    replica,
    settings: settingsOf(0, {
      mode: "sentinel",
      addresses: sentinels.map(({ port }) => ({ host: "127.0.0.1", port }))
    })
  }
}).pipe(Effect.provide(NodeContext.layer), Effect.orDie)

/** Asks until the answer, as text, is right; gives it. */
export const until = <A>(ask: Effect.Effect<A>, isRight: (answer: string) => boolean): Effect.Effect<A> =>
  Effect.suspend(() => {
    let last: unknown = "no answer yet"
    const again = Effect.tap(Effect.delay(ask, "50 millis"), (answer) =>
      Effect.sync(() => {
        last = answer
      })
    )
    return awaited(
      `${isRight}`,
      Effect.repeat(again, { until: (answer) => isRight(String(answer)) }),
      Effect.sync(() => last)
    )
  })

/** Until there is a connection. */
export const answering = ({ run }: ValkeyConnection): Effect.Effect<void> => {
  const ping = run(["ping"])
  return awaited(
    "a connection to Valkey",
    Effect.asVoid(Effect.eventually(Effect.tapError(ping, () => Effect.sleep("10 millis")))),
    ping
  )
}

/** What a platform has of it, once there is a connection. */
export const connected = (
  settings: ValkeySettings
): Effect.Effect<typeof Valkey.Service, never, Scope.Scope> =>
  Layer.build(Valkey.layer(settings)).pipe(
    Effect.map(Context.get(Valkey)),
    Effect.tap(answering),
    Effect.orDie
  )
