import { randomUUID } from "node:crypto"
import { FileSystem } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Layer, Logger, Queue, Redacted, TestClock } from "effect"
import { openSettings } from "../../src/settings/openSettings.ts"
import { Secrets } from "../../src/settings/Secrets.ts"
import * as database from "../../src/storage/database.ts"
import { Postgres, type PostgresAddress, statement } from "../../src/storage/postgres.ts"
import { layerPostgres } from "../../src/storage/postgresPool.ts"
import { adminAddress, migratedDatabase } from "../support/postgres.ts"

/** A role that signs in for ours, as in docs/runbooks/secrets.md; dropped with the scope. */
const newRole = (password: string) =>
  Effect.gen(function* () {
    const name = `role_${randomUUID().replaceAll("-", "")}`
    yield* Effect.acquireRelease(
      Effect.zipRight(
        asAdmin(`CREATE ROLE ${name} LOGIN PASSWORD '${password}' IN ROLE postroom`),
        asAdmin(`ALTER ROLE ${name} SET role = 'postroom'`)
      ),
      () => asAdmin(`DROP ROLE ${name}`)
    )
    return name
  })

const asAdmin = (text: string) =>
  Effect.flatMap(Postgres, (postgres) => postgres.query(statement({ text }))).pipe(
    Effect.provide(layerPostgres({ ...adminAddress(), poolSize: 1 })),
    Effect.orDie
  )

/** By the server's unix socket, as the test server has it. */
const urlOf = ({ host, port, database }: PostgresAddress, user: string) =>
  `postgres://${user}@${encodeURIComponent(host)}:${port}/${database}`

const whoAmI = statement<{ readonly user: string; readonly role: string; readonly pid: number }>({
  text: `SELECT session_user AS "user", current_user AS role, pg_backend_pid() AS pid`
})

describe("the database's password", () => {
  it.scoped("and user may be rotated: new connections sign in with what the files say then", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const address = yield* migratedDatabase
      assert.match(address.host, /^\//)
      const [first, second] = [yield* newRole("one"), yield* newRole("two")]
      const [url, password] = [yield* fs.makeTempFileScoped(), yield* fs.makeTempFileScoped()]
      yield* fs.writeFileString(url, urlOf(address, first))
      yield* fs.writeFileString(password, "one\n")
      const lines = yield* Queue.unbounded<string>()
      const logger = Logger.replace(
        Logger.defaultLogger,
        Logger.make(({ message }) => void lines.unsafeOffer(String(message)))
      )

      const settings = yield* openSettings(
        new Map([
          ["POSTROOM_DATABASE_URL_FILE", url],
          ["POSTROOM_DATABASE_PASSWORD_FILE", password]
        ])
      )
      const context = yield* Layer.build(database.layer("/nowhere")).pipe(
        Effect.provideService(Secrets, settings.secrets),
        Effect.withConfigProvider(settings.provider)
      )
      const { query } = Context.get(context, Postgres)
      yield* Effect.forkScoped(Effect.provide(settings.watch, logger))
      const rotated = Effect.zipRight(TestClock.adjust("10 seconds"), Queue.take(lines))
      /** The pool's connection goes, so that the next query needs a new one. */
      const disconnect = Effect.flatMap(query(whoAmI), ([me]) =>
        asAdmin(`SELECT pg_terminate_backend(${me?.pid}, 5000)`)
      )
      // Who asks before the end of a connection is noticed here may still be given that one.
      const user = Effect.map(Effect.retry(query(whoAmI), { times: 1 }), ([me]) => me?.user)

      assert.deepInclude((yield* query(whoAmI))[0], { user: first, role: "postroom" })
      yield* asAdmin(`ALTER ROLE ${first} PASSWORD 'newer'`)
      assert.strictEqual(yield* user, first, "who is connected stays so")
      yield* fs.writeFileString(password, "newer\n")
      yield* rotated
      yield* disconnect
      assert.strictEqual(yield* user, first)

      yield* fs.writeFileString(password, "two")
      yield* fs.writeFileString(url, urlOf(address, second))
      yield* rotated
      yield* disconnect
      assert.strictEqual(yield* user, second)
    }).pipe(Effect.provide(NodeContext.layer))
  )

  it.scoped("is one that Postgres refuses: the URL's is not used where another is set", () =>
    Effect.gen(function* () {
      const address = yield* migratedDatabase
      const url = urlOf(address, "postroom").replace("@", `:${Redacted.value(address.password)}@`)
      const { provider } = yield* openSettings(
        new Map([
          ["POSTROOM_DATABASE_URL", url],
          ["POSTROOM_DATABASE_PASSWORD", "wrong"]
        ])
      )
      const error = yield* Effect.flip(
        Layer.build(database.layer("/nowhere")).pipe(Effect.withConfigProvider(provider))
      )
      assert.include(String(error), "connect")
    }).pipe(Effect.provide(NodeContext.layer))
  )
})
