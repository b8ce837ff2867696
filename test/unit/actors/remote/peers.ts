import { assert, it } from "@effect/vitest"
import { Deferred, Effect, Fiber, Queue, type Scope } from "effect"
import { type Listener, Moved, type Wake } from "../../../../src/actors/mailbox/MailboxProtocol.ts"
import type { Peer } from "../../../../src/actors/sharding/Peers.ts"
import { Busy, NotFound, Unavailable } from "../../../../src/domain/errors.ts"
import { Epoch, FolderId, Incarnation, ModSeq, RunnerId, ShardId } from "../../../../src/domain/ids.ts"
import { asking, mailboxNumber } from "../../../support/actors.ts"
import { awaited } from "../../../support/awaited.ts"
import { deliver } from "../../../support/domain.ts"
import { done, makeOwnerTwin, type OwnerTwin, stateAt, wakeAt } from "../../../support/ownerTwin.ts"
import { calling, type RemoteOptions, serve } from "../../../support/remote.ts"

/** What one listener hears, in order. */
export const hearing = Effect.map(Queue.unbounded<Wake | "lost">(), (heard) => {
  const listener: Listener = {
    wake: (wake) => void heard.unsafeOffer(wake),
    lost: () => void heard.unsafeOffer("lost")
  }
  return { listener, next: awaited("news of a watch", Queue.take(heard)), heard }
})

/** Waits for what nobody tells of. */
export const until = (what: string, isSo: () => boolean) =>
  awaited(what, Effect.repeat(Effect.sleep("5 millis"), { until: isSo }).pipe(Effect.when(() => !isSo())))

const mailbox = mailboxNumber(1)

/** What every way to another runner does. */
export const peerSuite = (remote: Effect.Effect<RemoteOptions>) => {
  const reaching = (twin: OwnerTwin) =>
    Effect.gen(function* () {
      const options = yield* remote
      const port = yield* serve(twin.mailboxes, options)
      return (yield* calling(options)).at(`127.0.0.1:${port}`)
    })

  it.scopedLive("answers a call as the mailbox does", () =>
    Effect.gen(function* () {
      const command = deliver()
      const peer = yield* reaching(
        makeOwnerTwin({
          ask: (ask) => {
            assert.deepStrictEqual(ask, asking(command))
            return Effect.succeed(done)
          }
        })
      )
      assert.deepStrictEqual(yield* peer.ask(asking(command)), done)
      assert.deepStrictEqual(yield* peer.state(mailbox), stateAt(mailbox, 7))
    })
  )

  it.scopedLive("refuses a call as the mailbox does", () =>
    Effect.gen(function* () {
      const busy = new Busy({ retryAfterMillis: 5 })
      const peer = yield* reaching(
        makeOwnerTwin({
          ask: () => busy,
          state: () => new Moved(),
          listen: () => new NotFound({ what: "mailbox" })
        })
      )
      assert.deepStrictEqual(yield* Effect.flip(peer.ask(asking(deliver()))), busy)
      assert.deepStrictEqual(yield* Effect.flip(peer.state(mailbox)), new Moved())
      const { listener } = yield* hearing
      assert.deepStrictEqual(yield* Effect.flip(peer.listen(mailbox, ModSeq(0), listener)), new Moved())
    })
  )

  it.scopedLive("says unavailable where the owner failed by a defect", () =>
    Effect.gen(function* () {
      const peer = yield* reaching(makeOwnerTwin({ ask: () => Effect.die("a bug") }))
      const error = yield* Effect.flip(peer.ask(asking(deliver())))
      assert.deepStrictEqual(error, new Unavailable({ what: "call" }))
      // Others on the connection are not harmed.
      yield* peer.state(mailbox)
    })
  )

  it.scopedLive("answers a thousand calls at once, over one connection", () =>
    Effect.gen(function* () {
      let most = 0
      let underWay = 0
      const all = yield* Deferred.make<void>()
      const ask = () =>
        Effect.suspend(() => {
          underWay++
          most = Math.max(most, underWay)
          if (most === 1000) Deferred.unsafeDone(all, Effect.void)
          return Effect.as(Deferred.await(all), done)
        })
      const peer = yield* reaching(makeOwnerTwin({ ask }))
      yield* Effect.all(
        Array.from({ length: 1000 }, () => peer.ask(asking(deliver()))),
        { concurrency: "unbounded" }
      )
      assert.strictEqual(most, 1000)
    })
  )

  it.scopedLive("interrupts what nobody waits for any more", () =>
    Effect.gen(function* () {
      const [asked, interrupted] = [yield* Deferred.make<void>(), yield* Deferred.make<void>()]
      const ask = () =>
        Effect.zipRight(Deferred.succeed(asked, undefined), Effect.never).pipe(
          Effect.onInterrupt(() => Deferred.succeed(interrupted, undefined))
        )
      const peer = yield* reaching(makeOwnerTwin({ ask }))
      const call = yield* Effect.fork(peer.ask(asking(deliver())))
      yield* awaited("the call", Deferred.await(asked))
      yield* Fiber.interrupt(call)
      yield* awaited("its end over there", Deferred.await(interrupted))
    })
  )

  it.scopedLive("asks for a shard, and says where it has moved already", () =>
    Effect.gen(function* () {
      const wish = {
        shardId: ShardId(3),
        owner: { runnerId: RunnerId("a"), incarnation: Incarnation("a1"), epoch: Epoch(4) },
        to: { runnerId: RunnerId("b"), incarnation: Incarnation("b1") }
      }
      const options = yield* remote
      const port = yield* serve(makeOwnerTwin().mailboxes, {
        ...options,
        handOver: ({ shardId, owner, to }) =>
          shardId === 3 && owner.epoch === 4 && to.runnerId === "b" ? Effect.void : new Moved()
      })
      const peer = (yield* calling(options)).at(`127.0.0.1:${port}`)
      yield* peer.handOver(wish)
      const error = yield* Effect.flip(peer.handOver({ ...wish, shardId: ShardId(4) }))
      assert.deepStrictEqual(error, new Moved())
    })
  )

  watchSuite(reaching)
}

const watchSuite = <E>(reaching: (twin: OwnerTwin) => Effect.Effect<Peer, E, Scope.Scope>) => {
  it.scopedLive("wakes who listens, with all that the owner says, until the last word", () =>
    Effect.gen(function* () {
      const twin = makeOwnerTwin()
      const peer = yield* reaching(twin)
      const { listener, next } = yield* hearing
      yield* peer.listen(mailbox, ModSeq(7), listener)
      const wake = wakeAt(8, { folders: new Set([FolderId(1), FolderId(4)]), isOfHierarchy: true })
      twin.wake(mailbox, wake)
      assert.deepStrictEqual(yield* next, wake)
      twin.lose(mailbox)
      assert.strictEqual(yield* next, "lost")
    })
  )

  it.scopedLive("wakes at once who is behind, whoever else listens", () =>
    Effect.gen(function* () {
      const twin = makeOwnerTwin()
      const peer = yield* reaching(twin)
      const [ahead, behind] = [yield* hearing, yield* hearing]
      yield* peer.listen(mailbox, ModSeq(7), ahead.listener)
      yield* peer.listen(mailbox, ModSeq(6), behind.listener)
      assert.deepStrictEqual(yield* behind.next, wakeAt(7, { isOfHierarchy: true }))
      twin.wake(mailbox, wakeAt(9))
      assert.deepStrictEqual([yield* ahead.next, yield* behind.next], [wakeAt(9), wakeAt(9)])
      const late = yield* hearing
      yield* peer.listen(mailbox, ModSeq(8), late.listener)
      assert.deepStrictEqual(yield* late.next, wakeAt(9, { isOfHierarchy: true }))
    })
  )

  it.scopedLive("misses nothing that happens while a watch is put up", () =>
    Effect.gen(function* () {
      const twin = makeOwnerTwin()
      const { listen } = twin.mailboxes
      const beyonds: Array<number> = []
      const peer = yield* reaching({
        ...twin,
        mailboxes: {
          ...twin.mailboxes,
          // As the actor does: between the look at the state and this, the mailbox grew to 8.
          listen: (mailboxId, beyond, listener) => {
            beyonds.push(beyond)
            return Effect.tap(listen(mailboxId, beyond, listener), () =>
              Effect.sync(() => listener.wake(wakeAt(8)))
            )
          }
        }
      })
      const { listener, next } = yield* hearing
      yield* peer.listen(mailbox, ModSeq(7), listener)
      const news = yield* next
      assert.strictEqual(news === "lost" ? 0 : Number(news.modSeq), 8)
      assert.deepStrictEqual(beyonds, [7])
    })
  )

  it.scopedLive("watches once for all listeners of a mailbox, until the last of them is gone", () =>
    Effect.gen(function* () {
      const twin = makeOwnerTwin()
      const peer = yield* reaching(twin)
      const listening = Effect.flatMap(hearing, ({ listener }) => peer.listen(mailbox, ModSeq(7), listener))
      const [first, second] = [yield* listening, yield* listening]
      assert.strictEqual(twin.listeners(), 1)
      first()
      first()
      const third = yield* hearing
      yield* peer.listen(mailbox, ModSeq(7), third.listener)
      second()
      twin.wake(mailbox, wakeAt(8))
      assert.deepStrictEqual(yield* third.next, wakeAt(8))
      assert.strictEqual(twin.listeners(), 1)
    })
  )

  it.scopedLive("ends the watch over there with the last listener", () =>
    Effect.gen(function* () {
      const twin = makeOwnerTwin()
      const peer = yield* reaching(twin)
      const { listener, next } = yield* hearing
      const remove = yield* peer.listen(mailbox, ModSeq(7), listener)
      remove()
      yield* until("nobody to listen", () => twin.listeners() === 0)
      yield* peer.listen(mailbox, ModSeq(7), listener)
      twin.wake(mailbox, wakeAt(8))
      assert.deepStrictEqual(yield* next, wakeAt(8))
    })
  )

  it.scopedLive("ends a watch that was given up before it stood", () =>
    Effect.gen(function* () {
      const [asked, gate] = [yield* Deferred.make<void>(), yield* Deferred.make<void>()]
      const twin = makeOwnerTwin({
        state: (mailboxId) =>
          Deferred.succeed(asked, undefined).pipe(
            Effect.zipRight(Deferred.await(gate)),
            Effect.as(stateAt(mailboxId, 7))
          )
      })
      const peer = yield* reaching(twin)
      const { listener } = yield* hearing
      const listening = yield* Effect.fork(peer.listen(mailbox, ModSeq(7), listener))
      yield* awaited("the wish", Deferred.await(asked))
      yield* Fiber.interrupt(listening)
      yield* Deferred.succeed(gate, undefined)
      yield* peer.ask(asking(deliver()))
      yield* until("nobody to listen", () => twin.listeners() === 0)
    })
  )

  it.scopedLive("a listener that throws keeps nobody else from hearing", () =>
    Effect.gen(function* () {
      const twin = makeOwnerTwin()
      const peer = yield* reaching(twin)
      const fail = () => {
        throw new Error("a listener's own bug")
      }
      yield* peer.listen(mailbox, ModSeq(6), { wake: fail, lost: fail })
      const { listener, next } = yield* hearing
      yield* peer.listen(mailbox, ModSeq(7), listener)
      twin.wake(mailbox, wakeAt(8))
      assert.deepStrictEqual(yield* next, wakeAt(8))
      twin.lose(mailbox)
      assert.strictEqual(yield* next, "lost")
    })
  )

  it.scopedLive("nobody listens where a mailbox moved away before the watch stood", () =>
    Effect.gen(function* () {
      const twin = makeOwnerTwin({
        listen: (_mailboxId, _beyond, { lost }) =>
          Effect.sync(() => {
            lost()
            return () => undefined
          })
      })
      const peer = yield* reaching(twin)
      const { listener, next } = yield* hearing
      const exit = yield* Effect.either(peer.listen(mailbox, ModSeq(7), listener))
      // Whichever comes first over the wire: it is told once.
      if (exit._tag === "Right") assert.strictEqual(yield* next, "lost")
      else assert.instanceOf(exit.left, Moved)
    })
  )
}
