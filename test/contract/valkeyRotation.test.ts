import { FileSystem } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Layer, Logger, Queue, Schedule } from "effect"
import { openSettings } from "../../src/settings/openSettings.ts"
import { Secrets } from "../../src/settings/Secrets.ts"
import { Valkey } from "../../src/storage/valkey/Valkey.ts"
import { hasValkey, type OwnValkeyServer, ownValkeyCluster, ownValkeyServer } from "../support/valkey.ts"

/** Valkey as a platform has it whose password is in a file, and that file. */
const signedIn = (settings: Readonly<Record<string, string>>, password: string) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const file = yield* fs.makeTempFileScoped()
    yield* fs.writeFileString(file, password)
    const lines = yield* Queue.unbounded<string>()
    const log = Logger.replace(
      Logger.defaultLogger,
      Logger.make(({ message }) => void lines.unsafeOffer(String(message)))
    )
    const opened = yield* openSettings(
      new Map(
        Object.entries({
          ...settings,
          POSTROOM_VALKEY_USER: "postroom",
          POSTROOM_VALKEY_PASSWORD_FILE: file,
          POSTROOM_SECRETS_INTERVAL: "1 second"
        })
      )
    )
    const layer = yield* Effect.flatten(Valkey.configured).pipe(
      Effect.provideService(Secrets, opened.secrets),
      Effect.withConfigProvider(opened.provider)
    )
    const { run } = Context.get(yield* Layer.build(Layer.provideMerge(layer, log)), Valkey)
    yield* Effect.forkScoped(Effect.provide(opened.watch, log))
    return {
      isUp: Effect.retry(run(["get", "a"]), { times: 1000, schedule: Schedule.spaced("10 millis") }),
      run,
      write: (text: string) => fs.writeFileString(file, text),
      /** Waits for a line of the log. */
      said: (line: RegExp) => Effect.repeat(Queue.take(lines), { until: (text) => line.test(text) })
    }
  })

const allow = ({ ask }: OwnValkeyServer, password: string) =>
  ask("acl", "setuser", "postroom", "on", "resetpass", `>${password}`, "~*", "+@all")

const cutOff = ({ ask }: OwnValkeyServer) => ask("client", "kill", "user", "postroom")

describe.skipIf(!hasValkey)("Valkey's password (needs valkey-server)", () => {
  it.scopedLive("may be rotated: who is refused signs in again with what the file says then", () =>
    Effect.gen(function* () {
      const server = yield* ownValkeyServer()
      yield* allow(server, "one")
      yield* server.ask("acl", "setuser", "default", "resetpass", ">unknown to us")
      const urls = { POSTROOM_VALKEY_URLS: `valkey://127.0.0.1:${server.port}` }
      const { isUp, run, write, said } = yield* signedIn(urls, "one")
      yield* isUp

      yield* allow(server, "two")
      assert.deepEqual(yield* run(["get", "a"]), [null], "who is connected stays so")
      yield* cutOff(server)
      yield* said(/Valkey is away \(WRONGPASS\)/)
      yield* write("two\n")
      yield* said(/^rotated: POSTROOM_VALKEY_PASSWORD; new connections use it$/)
      yield* said(/Valkey is back/)
      yield* isUp
    }).pipe(Effect.provide(NodeContext.layer))
  )

  it.scopedLive("may be rotated in a cluster", () =>
    Effect.gen(function* () {
      const { nodes } = yield* ownValkeyCluster
      yield* Effect.forEach(nodes, (node) => allow(node, "one"))
      const urls = nodes.map(({ port }) => `valkey://127.0.0.1:${port}`).join(",")
      const settings = { POSTROOM_VALKEY_URLS: urls, POSTROOM_VALKEY_MODE: "cluster" }
      const { isUp, write, said } = yield* signedIn(settings, "one")
      yield* isUp

      yield* Effect.forEach(nodes, (node) => Effect.zipRight(allow(node, "two"), cutOff(node)))
      yield* write("two")
      yield* said(/^rotated:/)
      yield* isUp
    }).pipe(Effect.provide(NodeContext.layer))
  )
})
