import { assert, describe, it } from "@effect/vitest"
import { ConfigProvider, Deferred, Effect, Either, Exit, Fiber, Layer, Ref, TestClock } from "effect"
import { Router, type Wake } from "../../../src/actors/mailbox/MailboxProtocol.ts"
import type { Command } from "../../../src/domain/Command.ts"
import { FolderId, MessageId, ModSeq } from "../../../src/domain/ids.ts"
import { metrics } from "../../../src/observability/metrics.ts"
import { type MailboxStore, StaleEpoch, StoreUnavailable } from "../../../src/storage/mailbox/MailboxStore.ts"
import {
  ask,
  asking,
  mailboxNumber,
  operation,
  routerOn,
  type Store,
  withStore
} from "../../support/actors.ts"
import { deliver } from "../../support/domain.ts"
import { layerMemory } from "../../support/mailboxStoreMemory.ts"

const twin = layerMemory([mailboxNumber(1), mailboxNumber(2)])
const on = (change: (store: Store) => Partial<Store>) => routerOn(Layer.provide(withStore(change), twin))
const flag: Command = {
  _tag: "ChangeFlags",
  messageIds: [MessageId(1)],
  addFlags: ["\\Flagged"],
  removeFlags: [],
  addCategories: [],
  removeCategories: []
}
const seen = (n: number): Command => ({ ...flag, messageIds: [MessageId(n)], addFlags: ["\\Seen"] }) as const

describe("a mailbox actor", () => {
  it.effect("makes the system folders before the first command", () =>
    Effect.gen(function* () {
      const result = yield* ask(deliver())
      assert.equal(result.modSeq, 8)
    }).pipe(Effect.provide(routerOn(twin)))
  )

  it.effect("answers NotFound for a mailbox that does not exist", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(ask(deliver(), { mailboxId: mailboxNumber(9) }))
      assert.equal(error._tag, "NotFound")
    }).pipe(Effect.provide(routerOn(twin)))
  )

  it.effect("commits together what waits together, with an answer for each", () =>
    Effect.gen(function* () {
      const gate = yield* Deferred.make<void>()
      const commits: Array<number> = []
      const layer = on((store) => ({
        activate: (id, epoch) => Effect.zipRight(Deferred.await(gate), store.activate(id, epoch)),
        commit: (commit) =>
          Effect.zipRight(
            Effect.sync(() => commits.push(commit.entries.length)),
            store.commit(commit)
          )
      }))
      // Fibers start in order: the gate opens when all fifty wait.
      const [results] = yield* Effect.all(
        [
          Effect.all(
            Array.from({ length: 50 }, () => ask(deliver())),
            { concurrency: "unbounded" }
          ),
          Effect.zipRight(Effect.yieldNow({ priority: 1 }), Deferred.succeed(gate, undefined))
        ],
        { concurrency: "unbounded" }
      ).pipe(Effect.provide(layer))
      assert.deepEqual(commits, [7, 50])
      assert.deepEqual(
        results.map(({ modSeq }) => modSeq),
        Array.from({ length: 50 }, (_, n) => ModSeq(8 + n))
      )
    })
  )

  it.effect("commits together what comes at once to a mailbox that does nothing", () => {
    const commits: Array<number> = []
    return Effect.gen(function* () {
      const router = yield* Router
      yield* router.state(mailboxNumber(1))
      yield* Effect.all(
        Array.from({ length: 50 }, () => ask(deliver())),
        { concurrency: "unbounded" }
      )
      assert.deepEqual(commits, [7, 50])
    }).pipe(
      Effect.provide(
        on((store) => ({
          commit: (commit) => {
            commits.push(commit.entries.length)
            return store.commit(commit)
          }
        }))
      )
    )
  })

  it.effect("lets a refused command fail alone", () =>
    Effect.gen(function* () {
      const results = yield* Effect.all(
        [
          ask(deliver()),
          Effect.either(ask({ _tag: "CreateFolder", name: "", parentId: null })),
          ask(deliver())
        ],
        { concurrency: "unbounded" }
      )
      assert.isTrue(Either.isEither(results[1]) && Either.isLeft(results[1]))
      assert.equal(results[2].modSeq, 9)
    }).pipe(Effect.provide(routerOn(twin)))
  )

  it.effect("delivers a task once, however often it is asked for, together or later", () =>
    Effect.gen(function* () {
      const command = deliver()
      const together = yield* Effect.all([ask(command), ask(command), ask(deliver())], {
        concurrency: "unbounded"
      })
      const later = yield* ask(command)
      assert.deepEqual(
        [...together.map(({ duplicate }) => duplicate), later.duplicate],
        [false, true, false, true]
      )
      const router = yield* Router
      assert.equal((yield* router.state(mailboxNumber(1))).folders.get(FolderId(1))?.total, 2)
    }).pipe(Effect.provide(routerOn(twin)))
  )

  it.effect("answers a named operation that was applied with its first answer", () =>
    Effect.gen(function* () {
      yield* ask(deliver())
      const first = yield* ask(flag, operation("a"))
      yield* ask(deliver())
      const again = yield* ask({ ...flag, addFlags: ["\\Answered"] }, operation("a"))
      assert.deepEqual(again, { ...first, duplicate: true })
    }).pipe(Effect.provide(routerOn(twin)))
  )

  it.effect("answers a repeated operation as before, though it would be refused or idle now", () =>
    Effect.gen(function* () {
      const create: Command = { _tag: "CreateFolder", name: "a", parentId: null }
      const created = yield* ask(create, operation("create"))
      assert.deepEqual(yield* ask(create, operation("create")), { ...created, duplicate: true })
      yield* ask(deliver())
      const flagged = yield* ask(flag, operation("flag"))
      assert.deepEqual(yield* ask(flag, operation("flag")), { ...flagged, duplicate: true })
      const refused = yield* Effect.flip(ask(create, operation("another")))
      assert.equal(refused._tag, "AlreadyExists")
    }).pipe(Effect.provide(routerOn(twin)))
  )

  it.effect("refuses commands as busy when too many wait", () =>
    Effect.gen(function* () {
      const gate = yield* Deferred.make<void>()
      const layer = on((store) => ({
        activate: (id, epoch) => Effect.zipRight(Deferred.await(gate), store.activate(id, epoch))
      }))
      const openAtFirstRefusal = Effect.tapError(ask(deliver()), () => Deferred.succeed(gate, undefined))
      const results = yield* Effect.all(
        Array.from({ length: 5 }, () => Effect.either(openAtFirstRefusal)),
        { concurrency: "unbounded" }
      ).pipe(Effect.provide(layer))
      assert.deepEqual(
        results.map((result) => (Either.isLeft(result) ? result.left._tag : "done")),
        ["done", "done", "done", "done", "Busy"]
      )
    }).pipe(Effect.withConfigProvider(ConfigProvider.fromMap(new Map([["POSTROOM_ACTOR_MAX_WAITING", "4"]]))))
  )

  it.effect("passes over a command whose caller went away before its turn", () =>
    Effect.gen(function* () {
      const gate = yield* Deferred.make<void>()
      const layer = on((store) => ({
        activate: (id, epoch) => Effect.zipRight(Deferred.await(gate), store.activate(id, epoch))
      }))
      yield* Effect.gen(function* () {
        const gone = yield* Effect.fork(ask(deliver()))
        yield* Effect.yieldNow()
        yield* Fiber.interrupt(gone)
        yield* Deferred.succeed(gate, undefined)
        const result = yield* ask(deliver())
        assert.equal(result.modSeq, 8)
      }).pipe(Effect.provide(layer))
    })
  )
})

describe("a lost answer to a commit", () => {
  const losing = (applies: boolean) => {
    let first = true
    return on((store) => ({
      commit: (commit) => {
        if (commit.deliveries.length === 0 || !first) return store.commit(commit)
        first = false
        const lost = Effect.fail(new StoreUnavailable({ commitUnknown: true }))
        return applies ? Effect.zipRight(store.commit(commit), lost) : lost
      }
    }))
  }

  it.effect("is settled by the head: applied means answered and published", () =>
    Effect.gen(function* () {
      const result = yield* ask(deliver())
      assert.deepEqual([result.modSeq, result.duplicate], [8, false])
      assert.equal((yield* ask(deliver())).modSeq, 9)
    }).pipe(Effect.provide(losing(true)))
  )

  it.effect("is settled by the head: not applied means unavailable, and nothing happened", () =>
    Effect.gen(function* () {
      const command = deliver()
      assert.equal((yield* Effect.flip(ask(command)))._tag, "Unavailable")
      const again = yield* ask(command)
      assert.deepEqual([again.modSeq, again.duplicate], [8, false])
    }).pipe(Effect.provide(losing(false)))
  )
})

describe("ownership", () => {
  it.scoped("a stale epoch cannot commit, and the actor lets the mailbox go", () =>
    Effect.gen(function* () {
      const store = yield* Layer.build(twin)
      const shared: Layer.Layer<MailboxStore> = Layer.succeedContext(store)
      const older = yield* Layer.build(routerOn(shared, 1))
      const newer = yield* Layer.build(routerOn(shared, 2))
      yield* Effect.provide(ask(deliver()), older)
      assert.equal((yield* Effect.provide(ask(deliver()), newer)).modSeq, 9)
      const counted = Effect.promise(async () => (await metrics.mailboxStale.get()).values[0]?.value ?? 0)
      const before = yield* counted
      const refused = Effect.map(Effect.flip(Effect.provide(ask(deliver()), older)), ({ _tag }) => _tag)
      const tags = yield* Effect.all([refused, refused, refused], { concurrency: "unbounded" })
      assert.deepEqual(tags, ["Unavailable", "Unavailable", "Unavailable"])
      assert.isAtLeast((yield* counted) - before, 3)
      assert.equal((yield* Effect.provide(ask(deliver()), newer)).modSeq, 10)
    })
  )

  it.effect("a commit refused as stale is never reported as done", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(ask(deliver()))
      assert.equal(error._tag, "Unavailable")
    }).pipe(Effect.provide(on(() => ({ commit: () => new StaleEpoch() }))))
  )
})

describe("a defect", () => {
  const poison = "poison"
  const faulty = on((store) => ({
    commit: (commit) =>
      commit.added.some((added) => added._tag === "New" && added.message.preview === poison)
        ? Effect.die("cannot be written")
        : store.commit(commit)
  }))

  it.effect("in one command leaves the others of its batch unharmed", () =>
    Effect.gen(function* () {
      const exits = yield* Effect.all(
        [
          Effect.exit(ask(deliver())),
          Effect.exit(ask(deliver({ preview: poison }))),
          Effect.exit(ask(deliver()))
        ],
        { concurrency: "unbounded" }
      )
      assert.deepEqual(exits.map(Exit.isSuccess), [true, false, true])
    }).pipe(Effect.provide(faulty))
  )

  const quarantined = Effect.promise(async () => (await metrics.mailboxesQuarantined.get()).values[0]?.value)

  it.effect("repeated in a row quarantines the mailbox, and no other, and is counted", () =>
    Effect.gen(function* () {
      const before = (yield* quarantined) ?? 0
      for (let n = 0; n < 3; n++) yield* Effect.exit(ask(deliver({ preview: poison })))
      assert.equal(yield* quarantined, before + 1)
      const error = yield* Effect.flip(ask(deliver()))
      assert.deepEqual(
        [error._tag, error._tag === "Unavailable" && error.what],
        ["Unavailable", "quarantined"]
      )
      yield* ask(deliver(), { mailboxId: mailboxNumber(2) })
    }).pipe(Effect.provide(faulty))
  )
})

describe("watching", () => {
  const watching = (beyond: number) =>
    Effect.gen(function* () {
      const router = yield* Router
      const wakes: Array<Wake> = []
      yield* router.watch(mailboxNumber(1), ModSeq(beyond), (wake) => wakes.push(wake))
      return wakes
    })

  it.scoped("wakes with the modseq and the folders touched", () =>
    Effect.gen(function* () {
      const wakes = yield* watching(7)
      yield* ask(deliver())
      assert.deepEqual(wakes, [
        { modSeq: ModSeq(8), folders: new Set([FolderId(1)]), isOfHierarchy: false, spans: [] }
      ])
    }).pipe(Effect.provide(routerOn(twin)))
  )

  it.scoped("wakes at once where the mailbox is further already", () =>
    Effect.gen(function* () {
      yield* ask(deliver())
      assert.deepEqual(yield* watching(7), [
        { modSeq: ModSeq(8), folders: null, isOfHierarchy: true, spans: [] }
      ])
    }).pipe(Effect.provide(routerOn(twin)))
  )

  it.scoped("survives a watcher that throws", () =>
    Effect.gen(function* () {
      const router = yield* Router
      yield* router.watch(mailboxNumber(1), ModSeq(7), () => {
        throw new Error("a watcher's own bug")
      })
      const wakes = yield* watching(7)
      yield* ask(deliver())
      assert.equal(wakes.length, 1)
    }).pipe(Effect.provide(routerOn(twin)))
  )

  it.scoped("goes on through passivation: the mailbox leaves memory, its watcher stays", () =>
    Effect.gen(function* () {
      const activations = yield* Ref.make(0)
      const layer = on((store) => ({
        activate: (id, epoch) =>
          Effect.zipRight(
            Ref.update(activations, (n) => n + 1),
            store.activate(id, epoch)
          )
      }))
      yield* Effect.gen(function* () {
        const wakes = yield* watching(7)
        yield* TestClock.adjust("5 minutes")
        yield* ask(deliver())
        yield* ask(seen(1))
        assert.equal(yield* activations, 2)
        assert.deepEqual(
          wakes.map(({ modSeq }) => modSeq),
          [8, 9]
        )
      }).pipe(Effect.provide(layer), Effect.scoped)
    })
  )

  it.effect("ends with its scope", () =>
    Effect.gen(function* () {
      const wakes = yield* Effect.scoped(watching(7))
      yield* ask(deliver())
      assert.deepEqual(wakes, [])
    }).pipe(Effect.provide(routerOn(twin)))
  )
})

it.effect("asks for the same mailbox never run into each other, whatever the interleaving", () =>
  Effect.gen(function* () {
    const inside = yield* Ref.make(0)
    const layer = on((store) => ({
      commit: (commit) =>
        Effect.gen(function* () {
          assert.equal(yield* Ref.updateAndGet(inside, (n) => n + 1), 1)
          yield* Effect.yieldNow()
          yield* store.commit(commit)
          yield* Ref.update(inside, (n) => n - 1)
        })
    }))
    yield* Effect.gen(function* () {
      const router = yield* Router
      yield* Effect.all(
        Array.from({ length: 200 }, (_, n) =>
          Effect.zipRight(n % 3 === 0 ? Effect.yieldNow() : Effect.void, router.ask(asking(deliver())))
        ),
        { concurrency: 32 }
      )
      assert.equal((yield* router.state(mailboxNumber(1))).modSeq, 207)
    }).pipe(Effect.provide(layer))
  })
)
