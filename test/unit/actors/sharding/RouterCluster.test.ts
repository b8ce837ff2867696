import { assert, describe, it } from "@effect/vitest"
import { Clock, Context, Effect, Fiber, Layer, TestClock } from "effect"
import { type Ask, Router } from "../../../../src/actors/mailbox/MailboxProtocol.ts"
import { MapMirror } from "../../../../src/actors/sharding/MapMirror.ts"
import { type Peer, PeerAway, Peers } from "../../../../src/actors/sharding/Peers.ts"
import * as RouterCluster from "../../../../src/actors/sharding/RouterCluster.ts"
import { Unavailable } from "../../../../src/domain/errors.ts"
import { Epoch, Incarnation, ModSeq, RunnerId, ShardId } from "../../../../src/domain/ids.ts"
import type { KnownRunner, ShardMapView } from "../../../../src/storage/cluster/ShardMap.ts"
import { asking, mailboxNumber } from "../../../support/actors.ts"
import { deliver } from "../../../support/domain.ts"

const knownRunner = (n: number): KnownRunner => ({
  runnerId: RunnerId(`runner-${n}`),
  incarnation: Incarnation(`${n}`),
  address: `runner-${n}`,
  weight: 100,
  zone: "",
  version: "",
  isStopping: false,
  isDraining: false,
  leaseMillis: 4_000
})

/** The first of so many runners has the only shard. */
const viewOf = (count: number): ShardMapView => {
  const runners = Array.from({ length: count }, (_, n) => knownRunner(n))
  const owner = { runnerId: RunnerId("runner-0"), incarnation: Incarnation("0"), epoch: Epoch(1) }
  return {
    runners: new Map(runners.map((runner) => [runner.runnerId, runner])),
    shards: new Map([[ShardId(0), { owner, target: null }]]),
    pins: new Map(),
    ageMillis: 60_000,
    version: 1
  }
}

interface World extends Partial<Pick<Peer, "ask" | "listen">> {
  readonly view: ShardMapView
  readonly isBehind?: boolean
  readonly whenRead?: (read: (view: ShardMapView) => void) => () => void
}

const routerOver = ({ view, isBehind = false, whenRead = () => () => undefined, ...methods }: World) => {
  const peer = { ask: () => away, state: () => away, listen: () => away, handOver: () => away, ...methods }
  return Effect.map(
    Layer.build(
      RouterCluster.layerCaller(1).pipe(
        Layer.provide([
          Layer.succeed(Peers, { at: () => peer }),
          Layer.succeed(MapMirror, {
            view: () => view,
            isBehind: () => isBehind,
            refresh: Effect.succeed(view),
            whenRead,
            resumedAt: () => Number.NEGATIVE_INFINITY,
            next: Effect.never
          })
        ])
      )
    ),
    (context) => Context.get(context, Router)
  )
}

const away = new PeerAway({ isOpen: false })
const ask: Ask = asking(deliver())

describe("a call that is followed to its mailbox", () => {
  it.scoped(
    "is made once where the owner fails by a bug: asked again, it would fail again, and count against the mailbox",
    () =>
      Effect.gen(function* () {
        const bug = new Unavailable({ what: "call" })
        let asked = 0
        const router = yield* routerOver({
          view: viewOf(1),
          isBehind: false,
          ask: () =>
            Effect.suspend(() => {
              asked++
              return bug
            })
        })
        assert.deepStrictEqual(yield* Effect.flip(router.ask(ask)), bug)
        assert.strictEqual(asked, 1)
      })
  )

  it.scoped("ends in time, however many there are that do not answer", () =>
    Effect.gen(function* () {
      const router = yield* routerOver({
        view: viewOf(10),
        isBehind: true,
        ask: () => Effect.delay(away, "4 seconds")
      })
      const began = yield* Clock.currentTimeMillis
      const asking = yield* Effect.fork(Effect.flip(router.ask(ask)))
      const over = Effect.map(Fiber.poll(asking), ({ _tag }) => _tag === "Some")
      yield* Effect.repeat(Effect.zipRight(TestClock.adjust("100 millis"), over), { until: (it) => it })
      assert.deepStrictEqual(yield* Fiber.join(asking), new Unavailable({ what: "mailbox" }))
      assert.isAtMost((yield* Clock.currentTimeMillis) - began, 14_000)
    })
  )
})

describe("a listener", () => {
  it.scoped("that was put up while the map told of no owner goes to the owner that it then tells of", () =>
    Effect.gen(function* () {
      const reads: Array<(view: ShardMapView) => void> = []
      let put = 0
      let taken = 0
      const entry = { owner: null, target: null }
      const router = yield* routerOver({
        view: { ...viewOf(1), shards: new Map([[ShardId(0), entry]]) },
        isBehind: true,
        whenRead: (read) => {
          reads.push(read)
          return () => undefined
        },
        listen: () =>
          Effect.sync(() => {
            put++
            return () => void taken++
          })
      })
      yield* router.listen(mailboxNumber(1), ModSeq(0), () => undefined)
      for (const _ of [1, 2]) {
        for (const read of reads) read(viewOf(1))
        yield* TestClock.adjust(0)
      }
      assert.deepStrictEqual([put, taken], [2, 1])
    })
  )
})
