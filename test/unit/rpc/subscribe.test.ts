import { assert, describe, it } from "@effect/vitest"
import { Effect, Runtime, TestClock } from "effect"
import { Router } from "../../../src/actors/mailbox/MailboxProtocol.ts"
import type { Command } from "../../../src/domain/Command.ts"
import { CorrelationId, FolderId, ModSeq, TenantId } from "../../../src/domain/ids.ts"
import { subscribe } from "../../../src/rpc/handlers/subscribe.ts"
import type { News } from "../../../src/rpc/Sync.ts"
import { makeTimerWheel } from "../../../src/rpc/TimerWheel.ts"
import { ask, mailboxNumber, routerOn } from "../../support/actors.ts"
import { deliver } from "../../support/domain.ts"
import { layerMemory } from "../../support/mailboxStoreMemory.ts"

const inbox = FolderId(1)
const drafts = FolderId(2)
const twin = layerMemory([mailboxNumber(1)])

const call = {
  principal: {
    _tag: "User",
    mailboxId: mailboxNumber(1),
    tenantId: TenantId("00000000-0000-4000-8000-00000000000a"),
    address: "a@example.test",
    roles: []
  },
  correlationId: CorrelationId("test"),
  remote: null,
  origin: "eas:device1",
  access: { tenantId: null, may: () => true, maySomewhere: () => true }
} as const

/** Waits for news of Inbox and of the folders beyond these; gives what it was told, and the way to end it. */
const waiting = (beyond: number, hierarchyBeyond: number | null = 7) =>
  Effect.gen(function* () {
    const told: Array<News | null> = []
    const fork = Runtime.runFork(yield* Effect.runtime())
    const services = {
      router: yield* Router,
      wheel: yield* makeTimerWheel,
      run: (effect: Effect.Effect<void>) => {
        fork(effect)
      }
    }
    const stop = yield* subscribe(services)(call, {
      mailboxId: mailboxNumber(1),
      folders: [
        { folderId: inbox, beyond: ModSeq(beyond) },
        { folderId: drafts, beyond: ModSeq(beyond) }
      ],
      hierarchyBeyond: hierarchyBeyond === null ? null : ModSeq(hierarchyBeyond),
      forMillis: 10_000,
      wake: (news) => told.push(news)
    })
    return { told, stop }
  })

const makeFolder: Command = { _tag: "CreateFolder", name: "Trips", parentId: null }

describe("a parked request", () => {
  it.scoped("is woken once, by the first change of its folders, with their names", () =>
    Effect.gen(function* () {
      const { told } = yield* waiting(7)
      assert.deepEqual(told, [])
      yield* ask(deliver({}, "junk"))
      assert.deepEqual(told, [])
      yield* ask(deliver())
      yield* ask(deliver())
      assert.deepEqual(told, [{ folderIds: [inbox], isHierarchyChanged: false }])
      yield* TestClock.adjust("12 seconds")
      assert.lengthOf(told, 1)
    }).pipe(Effect.provide(routerOn(twin)))
  )

  it.scoped("is answered at once where something came before it", () =>
    Effect.gen(function* () {
      yield* ask(deliver())
      const { told } = yield* waiting(7)
      assert.deepEqual(told, [{ folderIds: [inbox], isHierarchyChanged: false }])
    }).pipe(Effect.provide(routerOn(twin)))
  )

  it.scoped("hears of changed folders, where it wants to", () =>
    Effect.gen(function* () {
      const deaf = yield* waiting(7, null)
      const { told } = yield* waiting(7)
      yield* ask(makeFolder)
      assert.deepEqual(told, [{ folderIds: [], isHierarchyChanged: true }])
      assert.deepEqual(deaf.told, [])
    }).pipe(Effect.provide(routerOn(twin)))
  )

  it.scoped("is told when its time is over, to the second, and nothing afterwards", () =>
    Effect.gen(function* () {
      const { told } = yield* waiting(7)
      yield* TestClock.adjust("9 seconds")
      assert.deepEqual(told, [])
      yield* TestClock.adjust("2 seconds")
      assert.deepEqual(told, [null])
      yield* ask(deliver())
      assert.deepEqual(told, [null])
    }).pipe(Effect.provide(routerOn(twin)))
  )

  it.scoped("that is ended hears nothing more", () =>
    Effect.gen(function* () {
      const { told, stop } = yield* waiting(7)
      stop()
      stop()
      yield* ask(deliver())
      yield* TestClock.adjust("12 seconds")
      assert.deepEqual(told, [])
    }).pipe(Effect.provide(routerOn(twin)))
  )
})
