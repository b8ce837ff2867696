import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { createInterface } from "node:readline"
import { FileSystem } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Layer, Option, Schedule, Schema } from "effect"
import { EmbeddedPostgres, layerEmbeddedPostgres } from "../../src/storage/embedded/EmbeddedPostgres.ts"
import { endOf } from "../../src/storage/embedded/postmaster.ts"
import { processIdentity, signal } from "../../src/storage/embedded/processes.ts"
import { Postgres, statement } from "../../src/storage/postgres.ts"
import { layerPostgres } from "../../src/storage/postgresPool.ts"

const Ready = Schema.parseJson(
  Schema.Struct({ origin: Schema.Literal("created", "started", "adopted"), server: Schema.Number })
)

const dataFolder = Effect.gen(function* () {
  const fs = yield* FileSystem.FileSystem
  return `${yield* fs.makeTempDirectoryScoped({ prefix: "postroom-test-" })}/data`
})

/** Another Postroom process on the folder, ready; killed with the scope at the latest. */
const postroom = (folder: string, graceSeconds = 30) =>
  Effect.gen(function* () {
    const child = yield* Effect.acquireRelease(
      Effect.sync(() =>
        spawn(
          process.execPath,
          ["--import", "tsx", "test/support/embeddedProcess.ts", folder, `${graceSeconds}`],
          { stdio: ["ignore", "pipe", "inherit"] }
        )
      ),
      (running) => Effect.promise(() => kill(running, "SIGTERM"))
    )
    const lines = createInterface({ input: child.stdout })
    const answer = yield* Effect.async<string>((resume) => {
      lines.on("line", (line) => line.startsWith("{") && resume(Effect.succeed(line)))
      child.once("exit", (code) => resume(Effect.die(`ended with ${code} before it was ready`)))
    })
    return { child, ...(yield* Schema.decode(Ready)(answer)) }
  })

const kill = async (child: ChildProcess, name: NodeJS.Signals) => {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, "exit")
  child.kill(name)
  await ended
}

const killed = ({ child }: { readonly child: ChildProcess }) => Effect.promise(() => kill(child, "SIGKILL"))

const here = (folder: string) =>
  Effect.map(Layer.build(layerEmbeddedPostgres({ dataFolder: folder })), (context) =>
    Context.get(context, EmbeddedPostgres)
  )

const answerOf = (server: Context.Tag.Service<typeof EmbeddedPostgres>) =>
  Effect.flatMap(Postgres, (postgres) =>
    postgres.query(
      statement({ text: "SELECT current_user::text AS me, current_setting('data_checksums') AS checksums" })
    )
  ).pipe(Effect.provide(layerPostgres(server.database)))

describe("the embedded Postgres", { timeout: 60_000 }, () => {
  it.scopedLive(
    "serves Postroom's own role without superuser rights, and keeps its data for the next start",
    () =>
      Effect.gen(function* () {
        const folder = yield* dataFolder
        const origins = yield* Effect.forEach([1, 2], () =>
          Effect.scoped(
            Effect.gen(function* () {
              const server = yield* here(folder)
              assert.deepStrictEqual(yield* answerOf(server), [{ me: "postroom", checksums: "on" }])
              return server.origin
            })
          )
        )
        assert.deepStrictEqual(origins, ["created", "started"])
      }).pipe(Effect.provide(NodeContext.layer))
  )

  it.scopedLive("keeps passwords, cluster and lock from other users' eyes", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const folder = yield* dataFolder
      yield* here(folder)
      const modes = yield* Effect.forEach(
        ["secrets", "secrets/postgres", "secrets/postgres-admin", "postgres", "postgres.log"],
        (name) => Effect.map(fs.stat(`${folder}/${name}`), ({ mode }) => (mode & 0o777).toString(8))
      )
      assert.deepStrictEqual(modes, ["700", "600", "600", "700", "600"])
    }).pipe(Effect.provide(NodeContext.layer))
  )

  it.scopedLive("is refused to a second Postroom while the first one runs", () =>
    Effect.gen(function* () {
      const folder = yield* dataFolder
      const { child } = yield* postroom(folder)
      const error = yield* Effect.flip(Effect.scoped(here(folder)))
      assert.include(error.message, `another Postroom, process ${child.pid}`)
    }).pipe(Effect.provide(NodeContext.layer))
  )

  it.scopedLive("outlives a Postroom that is killed, and the next one takes it over", () =>
    Effect.gen(function* () {
      const folder = yield* dataFolder
      const before = yield* postroom(folder)
      yield* killed(before)
      const after = yield* here(folder)
      assert.strictEqual(after.origin, "adopted")
      assert.strictEqual(yield* after.processId, before.server)
      assert.lengthOf(yield* answerOf(after), 1)
    }).pipe(Effect.provide(NodeContext.layer))
  )

  it.scopedLive("goes when its Postroom was killed and none comes back", () =>
    Effect.gen(function* () {
      const before = yield* postroom(yield* dataFolder, 1)
      yield* killed(before)
      yield* endOf(before.server)
    }).pipe(Effect.provide(NodeContext.layer))
  )

  it.scopedLive(
    "starts after both were killed, though the number in its pid file is another process's now",
    () =>
      Effect.gen(function* () {
        const fs = yield* FileSystem.FileSystem
        const folder = yield* dataFolder
        const before = yield* postroom(folder)
        yield* killed(before)
        yield* signal(before.server, "SIGKILL")
        yield* endOf(before.server)
        const bystander = spawn("sleep", ["600"], { stdio: "ignore" })
        yield* Effect.addFinalizer(() => Effect.promise(() => kill(bystander, "SIGKILL")))
        const pidFile = `${folder}/postgres/postmaster.pid`
        const [, ...rest] = (yield* fs.readFileString(pidFile)).split("\n")
        yield* fs.writeFileString(pidFile, [bystander.pid, ...rest].join("\n"))
        const after = yield* here(folder)
        assert.strictEqual(after.origin, "started")
        assert.lengthOf(yield* answerOf(after), 1)
        assert.isTrue(Option.isSome(yield* processIdentity(bystander.pid ?? 0)))
      }).pipe(Effect.provide(NodeContext.layer))
  )

  it.scopedLive("is started again at the same address when it is killed under us", () =>
    Effect.gen(function* () {
      const server = yield* here(yield* dataFolder)
      const before = yield* server.processId
      yield* signal(before, "SIGKILL")
      yield* Effect.repeat(server.processId, {
        schedule: Schedule.spaced("20 millis"),
        while: (pid) => pid === before
      })
      const rows = yield* Effect.retry(answerOf(server), Schedule.spaced("20 millis"))
      assert.lengthOf(rows, 1)
    }).pipe(Effect.provide(NodeContext.layer))
  )

  it.scopedLive("says so when the data were made by another major version", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const folder = yield* dataFolder
      yield* Effect.scoped(here(folder))
      yield* fs.writeFileString(`${folder}/postgres/PG_VERSION`, "15\n")
      const error = yield* Effect.flip(Effect.scoped(here(folder)))
      assert.include(error.message, "was made by Postgres 15")
    }).pipe(Effect.provide(NodeContext.layer))
  )
})
