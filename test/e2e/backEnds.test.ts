import { NodeContext } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { ConfigProvider, Context, Effect, Layer, Logger } from "effect"
import { HttpServer } from "../../src/protocols/http/HttpServer.ts"
import { workersAlone } from "../../src/roles/workers.ts"
import { fakeMeili } from "../support/fakeMeili.ts"
import { databaseSetting, platformOn, temporaryFolder } from "../support/platform.ts"
import { migratedDatabase } from "../support/postgres.ts"
import { hasValkey, ownValkeyServer } from "../support/valkey.ts"

/** Whether a process is ready, what it says of the servers behind it, and what its metrics say. */
const healthAt = (port: number) =>
  Effect.promise(async () => {
    const ready = await fetch(`http://127.0.0.1:${port}/readyz`)
    const body = await ready.text()
    const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()
    const { checks }: { readonly checks: Readonly<Record<string, string>> } = JSON.parse(body)
    const up = Object.fromEntries(
      [...text.matchAll(/^backend_up\{backend="(\w+)"\} ([01])$/gm)].map(([, name, value]) => [name, value])
    )
    return { status: ready.status, body, checks, up }
  })

const letter = Buffer.from("From: <a@b.test>\r\nSubject: x\r\n\r\nhello\r\n")

/** Nobody listens there. */
const noS3 = {
  POSTROOM_S3_ENDPOINTS: "http://127.0.0.1:9",
  POSTROOM_S3_ACCESS_KEY: "the-access-key",
  POSTROOM_S3_SECRET_KEY: "the-secret-key",
  POSTROOM_S3_DEADLINE: "500 millis"
}

/** One after the other: the metrics are the process's. */
describe.sequential("the servers behind a process", () => {
  it.scopedLive.skipIf(!hasValkey)(
    "are told of; without Valkey and a search engine it is degraded, and ready",
    () =>
      Effect.gen(function* () {
        const valkey = yield* ownValkeyServer()
        const meili = yield* fakeMeili
        const platform = yield* platformOn(yield* migratedDatabase, {
          POSTROOM_VALKEY_URLS: `valkey://127.0.0.1:${valkey.port}`,
          POSTROOM_MEILISEARCH_URL: meili.url
        })
        const health = healthAt(platform.at.http)
        const isUp = Effect.repeat(health, { until: ({ checks }) => checks["valkey"] === "ok" })
        const all = { postgres: "ok", blob_store: "ok", valkey: "ok", search_engine: "ok", shards: "ok" }
        assert.deepEqual((yield* isUp).checks, all)
        const { status, up } = yield* health
        assert.deepEqual(
          [status, up],
          [200, { postgres: "1", blob_store: "1", valkey: "1", search_engine: "1" }]
        )

        yield* valkey.kill
        meili.isAway = true
        const without = yield* health
        assert.deepEqual(without.checks, { ...all, valkey: "degraded", search_engine: "degraded" })
        assert.strictEqual(without.status, 200)
        assert.deepInclude(without.up, { postgres: "1", blob_store: "1", valkey: "0", search_engine: "0" })
        assert.notMatch(without.body, /127\.0\.0\.1|http|\d{4}/)
        const smtp = yield* platform.smtp
        assert.match(yield* smtp.deliver({ to: ["alice@demo.test"], bytes: letter }), /^250/)

        yield* valkey.revive
        meili.isAway = false
        assert.deepEqual((yield* isUp).checks, all)
      })
  )

  it.scopedLive("may be away as S3: mailboxes are served on, and who only works on blobs is not ready", () =>
    Effect.gen(function* () {
      const database = yield* migratedDatabase
      const platform = yield* platformOn(database, noS3)
      const { status, checks, up, body } = yield* healthAt(platform.at.http)
      assert.deepEqual([status, checks["blob_store"], up["blob_store"]], [200, "degraded", "0"])
      for (const secret of Object.values(noS3)) assert.notInclude(body, secret)
      const smtp = yield* platform.smtp
      assert.match(yield* smtp.deliver({ to: ["alice@demo.test"], bytes: letter }), /^451 4\.3\.0/)

      const reconciler = yield* Layer.build(workersAlone(["worker-reconciler"], yield* temporaryFolder)).pipe(
        Effect.provide(Layer.merge(NodeContext.layer, Logger.remove(Logger.defaultLogger))),
        Effect.withConfigProvider(
          ConfigProvider.fromMap(
            new Map(Object.entries({ ...databaseSetting(database), ...noS3, POSTROOM_HTTP_PORT: "0" }))
          )
        )
      )
      const alone = yield* healthAt(Context.get(reconciler, HttpServer).httpPort)
      assert.deepEqual([alone.status, alone.checks], [503, { postgres: "ok", blob_store: "failing" }])
    })
  )
})
