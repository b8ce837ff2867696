import { NodeContext } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { ConfigProvider, Context, Duration, Effect, Fiber, Layer, Logger, Queue, Redacted } from "effect"
import * as database from "../../src/storage/database.ts"
import { Postgres, statement } from "../../src/storage/postgres.ts"
import { migratedDatabase } from "../support/postgres.ts"
import { makeTcpProxy, type TcpProxy } from "../support/tcpProxy.ts"

/** A database behind a proxy, and the start of a platform on it. */
const starting = (patience: string) =>
  Effect.gen(function* () {
    const { host, port, database: name, user, password } = yield* migratedDatabase
    const proxy = yield* makeTcpProxy({ path: `${host}/.s.PGSQL.${port}` })
    const settings = {
      POSTROOM_DATABASE_URL: `postgres://${user}:${Redacted.value(password)}@127.0.0.1:${proxy.port}/${name}`,
      POSTROOM_DATABASE_PATIENCE: patience
    }
    const lines = yield* Queue.unbounded<string>()
    const log = Logger.replace(
      Logger.defaultLogger,
      Logger.make(({ message }) => void lines.unsafeOffer(String(message)))
    )
    const start = Layer.build(Layer.provide(database.layer("/nowhere"), log)).pipe(
      Effect.withConfigProvider(ConfigProvider.fromMap(new Map(Object.entries(settings))))
    )
    return { proxy, start, lines }
  })

/** What a server says that is not up yet (PostgreSQL documentation, 55.7 "ErrorResponse"). */
const fatal = (sqlState: string): Buffer => {
  const fields = Buffer.from(`SFATAL\0VFATAL\0C${sqlState}\0Mnot now\0\0`)
  const length = Buffer.alloc(4)
  length.writeUInt32BE(fields.length + 4)
  return Buffer.concat([Buffer.from("E"), length, fields])
}

const saying =
  (sqlState: string) =>
  ({ answer }: TcpProxy) =>
    answer(fatal(sqlState))

const ways: ReadonlyArray<readonly [string, string, (proxy: TcpProxy) => Effect.Effect<void>]> = [
  ["refuses connections", "connect (ECONNREFUSED)", ({ refuse }) => refuse],
  ["says that it is starting", "shuttingDown (57P03)", saying("57P03")],
  ["says that it is stopping", "shuttingDown (57P01)", saying("57P01")],
  ["has no connection left", "busy (53300)", saying("53300")]
]

describe("the start on a Postgres of somebody else's", () => {
  for (const [what, why, happens] of ways) {
    it.scopedLive(`waits, and says so, while that ${what}`, () =>
      Effect.gen(function* () {
        const { proxy, start, lines } = yield* starting("1 minute")
        yield* happens(proxy)
        const fiber = yield* Effect.forkScoped(start)
        assert.strictEqual(
          yield* Queue.take(lines),
          `waiting up to 1m for Postgres to be there (postgres: ${why})`
        )
        yield* proxy.pass
        const { query } = Context.get(yield* Fiber.join(fiber), Postgres)
        yield* query(statement({ text: "SELECT 1" }))
        assert.strictEqual(yield* Queue.size(lines), 0)
      }).pipe(Effect.provide(NodeContext.layer))
    )
  }

  it.scopedLive("ends when that is not there in time", () =>
    Effect.gen(function* () {
      const { proxy, start } = yield* starting("300 millis")
      yield* proxy.refuse
      const [spent, error] = yield* Effect.timed(Effect.flip(start))
      assert.include(String(error), "ECONNREFUSED")
      assert.isAtLeast(Duration.toMillis(spent), 300)
    }).pipe(Effect.provide(NodeContext.layer))
  )

  it.scopedLive("ends at once where waiting does not help", () =>
    Effect.gen(function* () {
      for (const sqlState of ["28P01", "3D000"]) {
        const { proxy, start, lines } = yield* starting("1 hour")
        yield* saying(sqlState)(proxy)
        assert.include(String(yield* Effect.flip(start)), sqlState)
        assert.strictEqual(yield* Queue.size(lines), 0)
      }
    }).pipe(Effect.provide(NodeContext.layer))
  )
})
