import { existsSync, readdirSync } from "node:fs"
import { NodeContext } from "@effect/platform-node"
import { assert, it } from "@effect/vitest"
import { ConfigProvider, Context, Effect, Layer, Logger, Queue } from "effect"
import type { WorkerRoleName } from "../../src/args.ts"
import { HttpServer } from "../../src/protocols/http/HttpServer.ts"
import { workersAlone } from "../../src/roles/workers.ts"
import { commandLine } from "../support/commandLine.ts"
import { databaseSetting, type Platform, platformOn, temporaryFolder } from "../support/platform.ts"
import { migratedDatabase } from "../support/postgres.ts"
import { webhookServer } from "../support/webhookServer.ts"

const token = "a-token-for-tests-that-is-long-enough"

interface Apart {
  readonly settings?: Readonly<Record<string, string>>
  readonly sharesFolder?: boolean
}

/** Everything but the workers, and a process of workers beside it that shares nothing but the database, and blobs. */
const apart = (roles: ReadonlyArray<WorkerRoleName>, { settings, sharesFolder = false }: Apart = {}) =>
  Effect.gen(function* () {
    const database = yield* migratedDatabase
    const platform = yield* platformOn(database, {
      POSTROOM_INDEX_MAILBOXES: "0",
      POSTROOM_NOTIFY_LOOPS: "0",
      POSTROOM_RETENTION_MAILBOXES: "0",
      POSTROOM_RETENTION_TOKEN: token
    })
    const dataFolder = sharesFolder ? platform.dataFolder : yield* temporaryFolder
    const own = {
      ...databaseSetting(database),
      POSTROOM_HTTP_PORT: "0",
      POSTROOM_CORE_SERVER: `${platform.at.host}:${platform.at.grpc}`,
      POSTROOM_RETENTION_TOKEN: token,
      ...settings
    }
    const context = yield* Layer.build(workersAlone(roles, dataFolder)).pipe(
      Effect.provide(Layer.merge(NodeContext.layer, Logger.remove(Logger.defaultLogger))),
      Effect.withConfigProvider(ConfigProvider.fromMap(new Map(Object.entries(own))))
    )
    const port = Context.get(context, HttpServer).httpPort
    const get = (path: string) =>
      Effect.promise(() =>
        fetch(`http://127.0.0.1:${port}${path}`).then(async (response) => ({
          status: response.status,
          body: await response.text()
        }))
      )
    return { platform, dataFolder, get }
  })

const postroom = (platform: Platform, ...argv: ReadonlyArray<string>) =>
  Effect.map(commandLine(platform, argv), ({ code, err }) => assert.strictEqual(code, 0, err))

const mailTo = (platform: Platform, address: string) =>
  Effect.gen(function* () {
    const client = yield* platform.smtp
    for (const line of ["MAIL FROM:<a@b.test>", `RCPT TO:<${address}>`, "DATA"]) yield* client.ask(line)
    assert.match(yield* client.ask("Subject: x\r\n\r\nhello\r\n."), /^250/)
    yield* until(platform.query("SELECT 1 FROM mail_state.messages"), (rows) => rows.length > 0)
  })

/** What is there in the end. */
const until = <A, E, R>(look: Effect.Effect<A, E, R>, isThere: (found: A) => boolean) =>
  Effect.repeat(Effect.delay(look, "20 millis"), { until: isThere })

it.scopedLive("worker-index alone makes mail findable by all of its text, without a sweep", () =>
  Effect.gen(function* () {
    const { platform, get } = yield* apart(["worker-index"], {
      sharesFolder: true,
      settings: { POSTROOM_STREAMS_SWEEP_INTERVAL: "1 hour" }
    })
    yield* mailTo(platform, "alice@demo.test")
    const found = platform.query<{ words: string }>("SELECT words FROM search.documents")
    const [document] = yield* until(found, (rows) => rows.length > 0)
    assert.include(document?.words ?? "", " hello ")
    assert.strictEqual((yield* get("/readyz")).status, 200)
    assert.match((yield* get("/metrics")).body, /^consumer_lag\{stream="index",group="indexers"\}/m)
  })
)

it.scopedLive("worker-notify alone tells webhooks, and makes nothing in its data folder", () =>
  Effect.gen(function* () {
    const { platform, dataFolder, get } = yield* apart(["worker-notify"], {
      settings: { POSTROOM_WEBHOOK_ALLOWED_NETWORKS: "127.0.0.1" }
    })
    const server = yield* webhookServer()
    yield* postroom(platform, "webhook", "add", server.url, "--tenant", "demo")
    yield* mailTo(platform, "alice@demo.test")
    assert.include((yield* Queue.take(server.received)).body, "mailbox.changed")
    assert.deepEqual(existsSync(dataFolder) ? readdirSync(dataFolder) : [], [])
    assert.deepEqual(yield* get("/healthz"), { status: 200, body: "ok\n" })
    assert.strictEqual((yield* get("/readyz")).status, 200)
    assert.match((yield* get("/metrics")).body, /^consumer_lag\{stream="notify",group="notifiers"\}/m)
  })
)

it.scopedLive("worker-retention alone removes through the process that owns the mailboxes", () =>
  Effect.gen(function* () {
    const { platform } = yield* apart(["worker-retention"])
    yield* mailTo(platform, "bob@demo.test")
    yield* platform.query("UPDATE mail_state.messages SET received_at = now() - interval '10 days'")
    yield* postroom(platform, "retention", "set", "all", "5", "--tenant", "demo")
    yield* postroom(platform, "retention", "run")
    yield* until(platform.query("SELECT 1 FROM mail_state.messages"), (rows) => rows.length === 0)
    const events = yield* until(
      platform.query<{ actor: string }>(
        "SELECT actor FROM audit.events WHERE action = 'MailboxService/ExpungeMessages'"
      ),
      (rows) => rows.length > 0
    )
    assert.deepEqual(events, [{ actor: "service:worker-retention" }])
  })
)

it.scopedLive("worker-retention with another token removes nothing, and waits", () =>
  Effect.gen(function* () {
    const { platform } = yield* apart(["worker-retention"], {
      settings: { POSTROOM_RETENTION_TOKEN: "another-token-for-tests-that-is-long-enough" }
    })
    yield* mailTo(platform, "bob@demo.test")
    yield* platform.query("UPDATE mail_state.messages SET received_at = now() - interval '10 days'")
    yield* postroom(platform, "retention", "set", "all", "5", "--tenant", "demo")
    yield* postroom(platform, "retention", "run")
    yield* until(
      platform.query(
        `SELECT 1 FROM queue.tasks WHERE type = 'retention' AND status = 'queued' AND attempt = 0
          AND available_at > now() AND updated_at > created_at`
      ),
      (rows) => rows.length > 0
    )
    assert.strictEqual((yield* platform.query("SELECT 1 FROM mail_state.messages")).length, 1)
  })
)

it.scopedLive("worker-reconciler and others start together, and stop", () =>
  Effect.gen(function* () {
    const { get } = yield* apart(["worker-index", "worker-notify", "worker-retention", "worker-reconciler"])
    yield* until(get("/metrics"), ({ body }) => body.includes('blob_findings{problem="missing"} 0'))
    assert.strictEqual((yield* get("/readyz")).status, 200)
  })
)
