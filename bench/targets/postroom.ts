import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { join, resolve } from "node:path"
import { fileURLToPath } from "node:url"
import { Effect, Redacted } from "effect"
import { Client, type ClientConfig } from "pg"
import { makeAdminClient } from "../../src/rpc/AdminClient.ts"
import { makeRpcClient } from "../../src/rpc/client.ts"
import { parentOf, treeCpu } from "../measure/cpu.ts"
import type { ExternalServers } from "./externalServers.ts"
import type { Target } from "./Target.ts"

export interface PostroomOptions {
  /** Folder in which the data folder is made; on the disk that is to be measured. */
  readonly directory: string
  /** `scripts/start.cjs` of this tree, or the `main.js` of another build. */
  readonly program?: string
  readonly nodeFlags?: ReadonlyArray<string>
  readonly users: number
  /** Settings of the server, by their environment name. */
  readonly settings?: Readonly<Record<string, string>>
  /** Servers to keep everything in, instead of the embedded ones. */
  readonly external?: ExternalServers
}

export interface Postroom extends Target {
  readonly dataFolder: string
  readonly pid: number
  readonly grpcUrl: string
  readonly httpUrl: string
  /** A connection to its Postgres, as the server's own role. */
  readonly sql: () => Promise<Client>
}

export const benchPassword = "bench-password-1"

const ownProgram = fileURLToPath(new URL("../../scripts/start.cjs", import.meta.url))

/** A server of its own with a fresh data folder, `users` mailboxes and every port free; ends with `stop`. */
export const startPostroom = async (options: PostroomOptions): Promise<Postroom> => {
  const program = options.program ?? ownProgram
  const dataFolder = mkdtempSync(join(resolve(options.directory), "postroom-bench-"))
  const ports = ["http", "https", "grpc", "smtp", "lmtp"].flatMap((name) => [`--${name}-port`, "0"])
  const server = spawn(
    "env",
    [
      "UV_THREADPOOL_SIZE=16",
      ...Object.entries({ ...options.settings, ...options.external?.settings }).map(
        ([name, value]) => `${name}=${value}`
      ),
      process.execPath,
      ...(options.nodeFlags ?? []),
      program,
      "all",
      "--data",
      dataFolder,
      "--demo-password",
      benchPassword,
      ...ports
    ],
    { stdio: ["ignore", "pipe", "inherit"] }
  )
  // A bench that ends early leaves nobody behind.
  process.once("exit", () => server.kill("SIGTERM"))
  const greeting = await untilReady(server)
  const portOf = (pattern: RegExp) => Number(pattern.exec(greeting)?.[1])
  const smtp = portOf(/smtp:\/\/[^:]+:(\d+)/)
  const lmtp = portOf(/LMTP on (\d+)/)
  const grpcUrl = `http://127.0.0.1:${portOf(/gRPC \S+:(\d+)/)}`
  const pid = server.pid ?? 0
  await addUsers({ dataFolder, grpcUrl, users: options.users })
  const database = options.external?.database ?? embeddedDatabase(dataFolder)
  const { client, postmasterPid, delivered, check } = await counterOf(database)
  return {
    name: nameOf(options),
    dataFolder,
    pid,
    grpcUrl,
    httpUrl: `http://127.0.0.1:${portOf(/Connect and gRPC-web http:\/\/[^:]+:(\d+)/)}`,
    sql: () => connectTo(database),
    endpoint: (protocol) => ({ protocol, host: "127.0.0.1", port: protocol === "smtp" ? smtp : lmtp }),
    delivered,
    cpu: () => ({
      node: treeCpu(pid, [postmasterPid]),
      postgres: treeCpu(postmasterPid),
      ...options.external?.cpu()
    }),
    check,
    stop: async () => {
      await client.end()
      server.kill("SIGTERM")
      if (server.exitCode === null) await once(server, "exit")
      rmSync(dataFolder, { recursive: true, force: true })
    }
  }
}

const connectTo = async (database: ClientConfig): Promise<Client> => {
  const client = new Client(database)
  await client.connect()
  return client
}

/** A connection that counts what is in the mailboxes, and the server behind it. */
export const counterOf = async (database: ClientConfig) => {
  const client = await connectTo(database)
  const { rows: backends } = await client.query<{ readonly pid: number }>("SELECT pg_backend_pid() AS pid")
  return {
    client,
    postmasterPid: parentOf(backends[0]?.pid ?? 0),
    delivered: async () => {
      const { rows } = await client.query(
        "SELECT sum(next_message - 1)::float8 AS count FROM mail_state.heads"
      )
      return Number(rows[0]?.count ?? 0)
    },
    check: async () => {
      const { rows } = await client.query(
        "SELECT count(*) FILTER (WHERE status <> 'done')::int AS open FROM queue.tasks WHERE type = 'mail_ingest'"
      )
      if (rows[0]?.open !== 0) throw new Error(`${rows[0]?.open} ingest tasks are not done`)
    }
  }
}

const nameOf = ({ program, external }: PostroomOptions): string => {
  const what = external === undefined ? "postroom" : "postroom on external servers"
  return program === undefined ? what : `${what} (${program})`
}

export const embeddedDatabase = (dataFolder: string) => {
  const postmaster = readFileSync(join(dataFolder, "postgres", "postmaster.pid"), "utf8").split("\n")
  return {
    host: postmaster[4] ?? "",
    port: Number(postmaster[3]),
    database: "postroom",
    user: "postroom",
    password: readFileSync(join(dataFolder, "secrets", "postgres"), "utf8").trim()
  }
}

export const untilReady = (server: ChildProcess): Promise<string> =>
  new Promise((resolve, reject) => {
    let text = ""
    server.on("error", reject)
    server.once("exit", (code) => reject(new Error(`the server ended with ${code}: ${text}`)))
    server.stdout?.on("data", (chunk) => {
      text += String(chunk)
      if (text.includes("stop it")) resolve(text)
    })
  })

/** `user0@demo.test` and on, all with one password. */
export const addUsers = ({
  dataFolder,
  grpcUrl,
  users
}: {
  readonly dataFolder: string
  readonly grpcUrl: string
  readonly users: number
}): Promise<void> => {
  const token = readFileSync(join(dataFolder, "secrets", "operator-token"), "utf8").trim()
  return Effect.gen(function* () {
    const rpc = yield* makeRpcClient({
      baseUrl: grpcUrl,
      protocol: "grpc",
      authorization: Redacted.make(`Bearer ${token}`)
    })
    const wanted = Array.from({ length: users }, (_, index) => ({
      address: `user${index}@demo.test`,
      displayName: "",
      roles: ["user" as const],
      quotaBytes: null,
      password: Redacted.make(benchPassword)
    }))
    for (let from = 0; from < users; from += 50)
      yield* makeAdminClient(rpc).createUsers(wanted.slice(from, from + 50))
  }).pipe(Effect.scoped, Effect.runPromise)
}
