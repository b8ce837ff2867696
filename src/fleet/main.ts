// A fleet on one machine: a Postgres, a Valkey, and every role in processes of its own. See scripts/fleet.cjs.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { join, resolve } from "node:path"
import { fileURLToPath } from "node:url"
import { parseArgs } from "node:util"
import { NodeContext, NodeRuntime } from "@effect/platform-node"
import { Console, Data, Effect, Layer, Redacted } from "effect"
import { environment } from "../settings/environment.ts"
import { EmbeddedPostgres, layerEmbeddedPostgres } from "../storage/embedded/EmbeddedPostgres.ts"
import { choosePort } from "../storage/embedded/postmaster.ts"
import { type Member, membersOf } from "./members.ts"
import { keepRunning, untilReady } from "./process.ts"

class FleetFailed extends Data.TaggedError("FleetFailed")<{ readonly problem: string }> {}

const { values } = parseArgs({
  options: {
    data: { type: "string", default: "./data-fleet" },
    runners: { type: "string", default: "3" },
    edges: { type: "string", default: "2" },
    "port-offset": { type: "string", default: "0" },
    valkey: { type: "string", default: "valkey-server" }
  }
})

const dataFolder = resolve(values.data)
const folder = join(dataFolder, "fleet")
const main = fileURLToPath(new URL("../main.js", import.meta.url))

/** What tests and curious people find the processes by. */
const pids = new Map<string, number>()
const note = (name: string) => (pid: number) => {
  pids.set(name, pid)
  writeFileSync(join(folder, "pids.json"), JSON.stringify(Object.fromEntries(pids)))
}

const valkey = Effect.gen(function* () {
  const port = yield* choosePort(0)
  yield* keepRunning(
    {
      name: "valkey",
      folder,
      command: values.valkey,
      args: ["--port", String(port), "--bind", "127.0.0.1", "--save", "", "--dir", folder],
      environment: Object.fromEntries(yield* environment)
    },
    note("valkey")
  )
  return `valkey://127.0.0.1:${port}`
})

const database = Effect.map(EmbeddedPostgres, ({ databaseOverTcp }) => {
  const { host, port, user, password, database } = databaseOverTcp
  return `postgres://${user}:${encodeURIComponent(Redacted.value(password))}@${host}:${port}/${database}`
})

const greeting = (members: ReadonlyArray<Member>): string => {
  const password = readFileSync(join(dataFolder, "secrets", "demo-password"), "utf8").trim()
  const edges = members.filter(({ roles }) => roles.includes("svc-activesync"))
  const grpc = members
    .filter(({ roles }) => roles.includes("svc-grpc"))
    .map(({ settings }) => `127.0.0.1:${settings["POSTROOM_GRPC_PORT"]}`)
  const mail = members.find(({ name }) => name === "mail")?.settings ?? {}
  const rows = members.map(
    ({ name, httpPort, roles }) =>
      `    ${name.padEnd(10)} http://127.0.0.1:${httpPort}/readyz   ${roles.join(" ")}`
  )
  return [
    "",
    "The fleet is ready.",
    `  mail from the world   smtp://127.0.0.1:${mail["POSTROOM_SMTP_PORT"]}   (LMTP on ${mail["POSTROOM_LMTP_PORT"]})`,
    ...edges.map(
      ({ settings }) =>
        `  phones                https://127.0.0.1:${settings["POSTROOM_HTTPS_PORT"]}/Microsoft-Server-ActiveSync`
    ),
    `  mail in a browser     http://127.0.0.1:${edges[0]?.httpPort}/mail`,
    `  programs              gRPC ${grpc.join("  ")}`,
    `  console               http://127.0.0.1:${edges[0]?.httpPort}/console`,
    `  demo users            alice@demo.test, bob@demo.test, carol@demo.test   password ${password}`,
    `  operate it            node bin/postroom.mjs runner list --data ${values.data} --server ${grpc[0]}`,
    `  processes             (what they say is in ${folder})`,
    ...rows,
    "  stop it               Ctrl-C",
    ""
  ].join("\n")
}

const fleet = Effect.gen(function* () {
  mkdirSync(folder, { recursive: true })
  const members = membersOf({
    runners: Number(values.runners),
    edges: Number(values.edges),
    portOffset: Number(values["port-offset"])
  })
  const shared = {
    ...Object.fromEntries(yield* environment),
    UV_THREADPOOL_SIZE: "16",
    POSTROOM_DATA: dataFolder,
    POSTROOM_DATABASE_URL: yield* database,
    POSTROOM_VALKEY_URLS: yield* valkey
  }
  const start = (member: Member, more: Readonly<Record<string, string>>) =>
    keepRunning(
      {
        name: member.name,
        folder,
        command: process.execPath,
        args: [main, ...member.roles],
        environment: { ...shared, ...member.settings, ...more }
      },
      note(member.name)
    ).pipe(
      Effect.zipRight(untilReady(member.httpPort)),
      Effect.filterOrFail(
        (ready) => ready,
        () => new FleetFailed({ problem: `${member.name} did not become ready; look into ${folder}` })
      )
    )
  const [first, ...others] = members
  if (first !== undefined) yield* start(first, {})
  yield* Effect.forEach(others, (member) => start(member, { POSTROOM_NO_DEMO: "true" }), {
    concurrency: "unbounded"
  })
  yield* Console.log(greeting(members))
  return yield* Effect.never
})

NodeRuntime.runMain(
  Effect.zipRight(Console.log(`Starting a fleet on ${dataFolder} ...`), fleet).pipe(
    Effect.scoped,
    Effect.provide(Layer.provide(layerEmbeddedPostgres({ dataFolder }), NodeContext.layer)),
    Effect.catchAll(({ problem }) =>
      Effect.zipRight(
        Console.error(problem),
        Effect.sync(() => process.exit(1))
      )
    )
  )
)
