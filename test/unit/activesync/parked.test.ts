import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Exit, Fiber, Scope } from "effect"
import type { Command } from "../../../src/protocols/activesync/Command.ts"
import { element } from "../../../src/protocols/activesync/wbxml/element.ts"
import { phoneAt } from "../../support/activesync/client.ts"
import { edgeWith } from "../../support/activesync/edge.ts"
import {
  folderSyncOf,
  foldersAnswer,
  parkedPing,
  pingAnswer,
  recorder,
  statusXml,
  xmlOf
} from "../../support/activesync/fakeCommands.ts"

const folderSync = recorder(foldersAnswer()).command
const ping = element("Ping:Ping")
const sync = element("AirSync:Sync")
const ended = statusXml("Ping:Ping", 1)

describe("a parked request", () => {
  it.scopedLive("is ended at once by a newer Ping or Sync of its device, by nothing else", () =>
    Effect.gen(function* () {
      const parked = yield* Deferred.make<void>()
      const edge = yield* edgeWith({
        Ping: parkedPing(parked),
        Sync: () => Effect.succeed({ _tag: "Empty" }),
        FolderSync: folderSync
      })
      const phone = yield* phoneAt(edge)
      const other = phone.but({ deviceId: "OTHER" })
      const bobs = phone.but({ address: "bob@demo.test" })
      const older = yield* Effect.fork(phone.ask("Ping", ping))
      yield* Deferred.await(parked)
      yield* phone.ask("FolderSync", folderSyncOf(0))
      yield* other.ask("Sync", sync)
      // The same id on another mailbox is another device.
      yield* bobs.ask("Sync", sync)
      assert.strictEqual((yield* Fiber.poll(older))._tag, "None")
      yield* phone.ask("Sync", sync)
      assert.strictEqual(xmlOf(yield* Fiber.join(older)), ended)
    })
  )

  it.scopedLive("is told when its device hangs up", () =>
    Effect.gen(function* () {
      const parked = yield* Deferred.make<void>()
      const gone = yield* Deferred.make<void>()
      const waiting: Command = (request) =>
        Effect.zipRight(Deferred.succeed(parked, undefined), request.gone).pipe(
          Effect.zipRight(Deferred.succeed(gone, undefined)),
          Effect.as(pingAnswer(1))
        )
      const phone = yield* phoneAt(yield* edgeWith({ Ping: waiting }))
      const asking = yield* Effect.fork(phone.ask("Ping", ping))
      yield* Deferred.await(parked)
      yield* Fiber.interrupt(asking)
      yield* Deferred.await(gone)
    })
  )

  it.scopedLive("ends with the server, before its time", () =>
    Effect.gen(function* () {
      const parked = yield* Deferred.make<void>()
      const server = yield* Scope.make()
      const phone = yield* phoneAt(yield* Scope.extend(edgeWith({ Ping: parkedPing(parked) }), server))
      const asking = yield* Effect.fork(phone.ask("Ping", ping))
      yield* Deferred.await(parked)
      yield* Scope.close(server, Exit.void)
      assert.strictEqual(xmlOf(yield* Fiber.join(asking)), ended)
    })
  )
})
