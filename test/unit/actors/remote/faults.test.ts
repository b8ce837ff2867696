import { once } from "node:events"
import { connect, createServer, type Server } from "node:net"
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Either, Exit, Fiber, Scope } from "effect"
import { FrameReader, frameOf, greeting } from "../../../../src/actors/remote/frames.ts"
import { PeerAway } from "../../../../src/actors/sharding/Peers.ts"
import { Unavailable } from "../../../../src/domain/errors.ts"
import { FolderId, ModSeq } from "../../../../src/domain/ids.ts"
import { asking, mailboxNumber } from "../../../support/actors.ts"
import { awaited } from "../../../support/awaited.ts"
import { deliver } from "../../../support/domain.ts"
import { logLines } from "../../../support/logLines.ts"
import { done, makeOwnerTwin, stateAt } from "../../../support/ownerTwin.ts"
import { calling, type RemoteOptions, serve } from "../../../support/remote.ts"
import { makeTcpProxy } from "../../../support/tcpProxy.ts"
import { hearing, until } from "./peers.ts"

const mailbox = mailboxNumber(1)
const maybeDone = new PeerAway({ isOpen: true })
const notDone = new PeerAway({ isOpen: false })

/** A twin whose commands are asked and never done, until they are interrupted. */
const stuck = Effect.gen(function* () {
  const [asked, interrupted] = [yield* Deferred.make<void>(), yield* Deferred.make<void>()]
  const twin = makeOwnerTwin({
    ask: () =>
      Deferred.succeed(asked, undefined).pipe(
        Effect.zipRight(Effect.never),
        Effect.onInterrupt(() => Deferred.succeed(interrupted, undefined))
      )
  })
  return {
    twin,
    asked: awaited("a call over there", Deferred.await(asked)),
    interrupted: awaited("its end over there", Deferred.await(interrupted))
  }
})

/** With a call under way and a watch, over a network that can be broken. */
const busy = (options: RemoteOptions = {}) =>
  Effect.gen(function* () {
    const { twin, asked, interrupted } = yield* stuck
    const port = yield* serve(twin.mailboxes, options)
    const proxy = yield* makeTcpProxy({ port, host: "127.0.0.1" })
    const peer = (yield* calling(options)).at(`127.0.0.1:${proxy.port}`)
    const { listener, next } = yield* hearing
    yield* peer.listen(mailbox, ModSeq(7), listener)
    const call = yield* Effect.fork(Effect.flip(peer.ask(asking(deliver()))))
    yield* asked
    return { twin, proxy, peer, interrupted, outcome: awaited("the call's end", Fiber.join(call)), next }
  })

describe("a connection that is lost", () => {
  it.scopedLive("leaves open what was under way, tells who listens, and is made anew by the next call", () =>
    Effect.gen(function* () {
      const { twin, proxy, peer, interrupted, outcome, next } = yield* busy()
      yield* proxy.refuse
      assert.deepStrictEqual(yield* outcome, maybeDone)
      assert.strictEqual(yield* next, "lost")
      yield* interrupted
      yield* until("nobody to listen", () => twin.listeners() === 0)
      yield* proxy.pass
      assert.deepStrictEqual(yield* peer.state(mailbox), stateAt(mailbox, 7))
    })
  )

  for (const [name, directions] of [
    ["is stuck on both ways", ["up", "down"]],
    ["lets nothing come from the owner", ["down"]],
    ["lets nothing come to the owner", ["up"]]
  ] as const)
    it.scopedLive(`is noticed by both sides where it ${name}`, () =>
      Effect.gen(function* () {
        const { twin, proxy, interrupted, outcome, next } = yield* busy()
        yield* proxy.stall(...directions)
        assert.deepStrictEqual(yield* outcome, maybeDone)
        assert.strictEqual(yield* next, "lost")
        yield* interrupted
        yield* until("nobody to listen", () => twin.listeners() === 0)
      })
    )

  it.scopedLive("is kept through silence of the callers", () =>
    Effect.gen(function* () {
      const { peer, next } = yield* busy()
      // Three times what silence may last.
      const early = yield* Effect.raceFirst(Effect.as(Effect.sleep("1200 millis"), "nothing"), next)
      assert.strictEqual(early, "nothing")
      yield* peer.state(mailbox)
    })
  )
})

describe("a runner that cannot be reached", () => {
  it.scopedLive("was surely not asked, and is tried again after a rest", () =>
    Effect.gen(function* () {
      const proxy = yield* makeTcpProxy({ port: yield* serve(makeOwnerTwin().mailboxes), host: "127.0.0.1" })
      const peer = (yield* calling()).at(`127.0.0.1:${proxy.port}`)
      yield* proxy.refuse
      assert.deepStrictEqual(yield* Effect.flip(peer.ask(asking(deliver()))), notDone)
      const { listener } = yield* hearing
      assert.deepStrictEqual(yield* Effect.flip(peer.listen(mailbox, ModSeq(7), listener)), notDone)
      yield* proxy.pass
      yield* awaited("an answer", Effect.eventually(peer.state(mailbox)))
    })
  )

  it.scopedLive("was surely not asked where it takes connections, and says nothing", () =>
    Effect.gen(function* () {
      const proxy = yield* makeTcpProxy({ port: yield* serve(makeOwnerTwin().mailboxes), host: "127.0.0.1" })
      yield* proxy.stall()
      const peer = (yield* calling()).at(`127.0.0.1:${proxy.port}`)
      assert.deepStrictEqual(yield* Effect.flip(peer.ask(asking(deliver()))), notDone)
    })
  )

  it.scopedLive("was surely not asked where somebody else is in its place", () =>
    Effect.gen(function* () {
      const proxy = yield* makeTcpProxy({ port: yield* serve(makeOwnerTwin().mailboxes), host: "127.0.0.1" })
      yield* proxy.answer(Buffer.from("HTTP/1.1 400 Bad Request\r\n\r\n"))
      const { lines, layer } = logLines()
      const peers = yield* Effect.provide(calling(), layer)
      assert.deepStrictEqual(
        yield* Effect.flip(peers.at(`127.0.0.1:${proxy.port}`).ask(asking(deliver()))),
        notDone
      )
      yield* until("a line of the log", () => lines.length > 0)
      assert.match(String(lines[0]?.["message"]), /the peer is no runner of ours/)
    })
  )
})

describe("an address that is none", () => {
  it.scopedLive("was surely not asked, and nor is one once the process stops", () =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const peers = yield* Scope.extend(calling(), scope)
      for (const address of ["", "nowhere:port", "127.0.0.1:70000"])
        assert.deepStrictEqual(yield* Effect.flip(peers.at(address).state(mailbox)), notDone)
      const port = yield* serve(makeOwnerTwin().mailboxes)
      yield* Scope.close(scope, Exit.void)
      assert.deepStrictEqual(yield* Effect.flip(peers.at(`127.0.0.1:${port}`).state(mailbox)), notDone)
    })
  )
})

describe("a call that takes too long", () => {
  it.scopedLive("is given up here and ended there, and the connection goes on", () =>
    Effect.gen(function* () {
      const { peer, interrupted, outcome, next } = yield* busy({
        settings: { POSTROOM_REMOTE_SILENCE: "2 seconds", POSTROOM_REMOTE_TIMEOUT: "500 millis" }
      })
      assert.deepStrictEqual(yield* outcome, maybeDone)
      yield* interrupted
      yield* peer.state(mailbox)
      const news = yield* Effect.raceFirst(Effect.as(Effect.yieldNow(), "nothing"), next)
      assert.strictEqual(news, "nothing")
    })
  )
})

describe("a process that stops", () => {
  it.scopedLive("ends what it serves: callers and listeners hear it", () =>
    Effect.gen(function* () {
      const { twin, asked, interrupted } = yield* stuck
      const scope = yield* Scope.make()
      const port = yield* Scope.extend(serve(twin.mailboxes), scope)
      const peer = (yield* calling()).at(`127.0.0.1:${port}`)
      const { listener, next } = yield* hearing
      yield* peer.listen(mailbox, ModSeq(7), listener)
      const call = yield* Effect.fork(Effect.flip(peer.ask(asking(deliver()))))
      yield* asked
      yield* awaited("the stop", Scope.close(scope, Exit.void))
      assert.deepStrictEqual(yield* Fiber.join(call), maybeDone)
      assert.strictEqual(yield* next, "lost")
      yield* interrupted
      assert.strictEqual(twin.listeners(), 0)
    })
  )

  it.scopedLive("ends what it asked for", () =>
    Effect.gen(function* () {
      const { twin, asked, interrupted } = yield* stuck
      const scope = yield* Scope.make()
      const peer = (yield* Scope.extend(calling(), scope)).at(`127.0.0.1:${yield* serve(twin.mailboxes)}`)
      const { listener, next } = yield* hearing
      yield* peer.listen(mailbox, ModSeq(7), listener)
      const call = yield* Effect.fork(Effect.flip(peer.ask(asking(deliver()))))
      yield* asked
      yield* awaited("the stop", Scope.close(scope, Exit.void))
      assert.deepStrictEqual(yield* Fiber.join(call), maybeDone)
      assert.strictEqual(yield* next, "lost")
      yield* interrupted
      yield* until("nobody to listen", () => twin.listeners() === 0)
    })
  )
})

describe("a connection that nobody uses", () => {
  it.scopedLive("is closed after a while, and opened by the next call", () =>
    Effect.gen(function* () {
      const port = yield* serve(makeOwnerTwin().mailboxes)
      const closed = yield* Deferred.make<void>()
      const relay = createServer((client) => {
        client.on("close", () => Deferred.unsafeDone(closed, Effect.void))
        const upstream = connect(port, "127.0.0.1")
        client.pipe(upstream)
        upstream.pipe(client)
      })
      const { port: relayPort } = yield* listening(relay)
      const peer = (yield* calling({ settings: { POSTROOM_REMOTE_IDLE: "200 millis" } })).at(
        `127.0.0.1:${relayPort}`
      )
      yield* peer.state(mailbox)
      yield* awaited("the end of the connection", Deferred.await(closed))
      yield* peer.state(mailbox)
    })
  )
})

describe("what comes to the port that is no runner's", () => {
  const tooLarge = Buffer.alloc(4)
  tooLarge.writeUInt32BE(64 * 1024 + 1)
  const cases: ReadonlyArray<readonly [string, ReadonlyArray<Uint8Array | string>, RegExp]> = [
    ["another protocol", ["GET / HTTP/1.1\r\n\r\n"], /the peer is no runner of ours/],
    ["another version", ["postroom-runner 9999\n"], /the peer speaks version 9999 of/],
    ["random octets", [Buffer.alloc(100, 0xee)], /the peer is no runner of ours/],
    ["a frame that is too large", [greeting, tooLarge], /the peer sends a frame of 65537 bytes; 65536 are/],
    ["a frame of no JSON", [greeting, frameOf("{")], /the peer says what nobody understands/],
    ["JSON that is no message", [greeting, frameOf("null")], /the peer says what nobody understands/],
    [
      "a call without a number",
      [greeting, frameOf('{"_tag":"Request","id":"x","tag":"State","headers":[]}')],
      /the peer says what nobody understands/
    ]
  ]
  for (const [name, said, told] of cases)
    it.scopedLive(`is hung up on, and told: ${name}`, () =>
      Effect.gen(function* () {
        const { lines, layer } = logLines()
        const settings = { POSTROOM_REMOTE_MAX_FRAME: "64 KiB" }
        const port = yield* Effect.provide(serve(makeOwnerTwin().mailboxes, { settings }), layer)
        const peer = (yield* calling()).at(`127.0.0.1:${port}`)
        yield* peer.state(mailbox)
        yield* hangsUpOn(port, ...said)
        assert.match(String(lines[0]?.["message"]), told)
        yield* peer.state(mailbox)
      })
    )

  it.scopedLive("is hung up on where it says nothing at all", () =>
    Effect.flatMap(serve(makeOwnerTwin().mailboxes), (port) => hangsUpOn(port))
  )

  it.scopedLive("is hung up on where it asks and asks, and does not read the answers", () =>
    Effect.gen(function* () {
      const { lines, layer } = logLines()
      const settings = { POSTROOM_REMOTE_MAX_FRAME: "64 KiB", POSTROOM_REMOTE_SILENCE: "20 seconds" }
      const twin = makeOwnerTwin({
        ask: () => Effect.succeed({ ...done, changes: [renamed("x".repeat(60_000))] })
      })
      const port = yield* Effect.provide(serve(twin.mailboxes, { settings }), layer)
      const request = (n: number) =>
        frameOf(`{"_tag":"Request","id":"${n}","tag":"Ask","payload":{},"headers":[]}`)
      yield* Effect.acquireRelease(
        Effect.sync(() => {
          const socket = connect(port, "127.0.0.1")
          socket.on("error", () => undefined)
          socket.write(Buffer.concat([greeting, ...Array.from({ length: 1000 }, (_, n) => request(n))]))
          return socket
        }),
        (socket) => Effect.sync(() => socket.destroy())
      )
      yield* until("a line of the log", () => lines.length > 0)
      assert.match(String(lines[0]?.["message"]), /the peer does not read what it is sent/)
    })
  )

  it.scopedLive("is answered where it is a call that makes no sense, and nothing else ends", () =>
    Effect.gen(function* () {
      const port = yield* serve(makeOwnerTwin({ ask: ({ command }) => Effect.die(command._tag) }).mailboxes)
      const answers = yield* answersTo(port, [
        '{"_tag":"Request","id":"1","tag":"Ask","payload":null,"headers":[]}',
        '{"_tag":"Request","id":"2","tag":"State","payload":"m","headers":[]}'
      ])
      assert.match(answers[0] ?? "", /"requestId":"1".*"Unavailable"/)
      assert.match(answers[1] ?? "", /"requestId":"2".*"Success"/)
    })
  )
})

describe("what is larger than a frame", () => {
  const settings = { POSTROOM_REMOTE_MAX_FRAME: "64 KiB" }
  const large = "x".repeat(64 * 1024)

  it.scopedLive("a command is not sent, and the connection goes on", () =>
    Effect.gen(function* () {
      const port = yield* serve(makeOwnerTwin().mailboxes, { settings })
      const peer = (yield* calling({ settings })).at(`127.0.0.1:${port}`)
      const error = yield* Effect.flip(peer.ask(asking(deliver({ preview: large }))))
      assert.deepStrictEqual(error, new Unavailable({ what: "call" }))
      assert.deepStrictEqual(yield* peer.ask(asking(deliver())), done)
    })
  )

  it.scopedLive("an answer is replaced, and the connection goes on", () =>
    Effect.gen(function* () {
      const twin = makeOwnerTwin({ ask: () => Effect.succeed({ ...done, changes: [renamed(large)] }) })
      const port = yield* serve(twin.mailboxes, { settings })
      const peer = (yield* calling({ settings })).at(`127.0.0.1:${port}`)
      const error = yield* Effect.flip(peer.ask(asking(deliver())))
      assert.deepStrictEqual(error, new Unavailable({ what: "call" }))
      yield* peer.state(mailbox)
    })
  )
})

const renamed = (name: string) => ({ _tag: "FolderRenamed", folderId: FolderId(1), name }) as const

const listening = (server: Server) =>
  Effect.acquireRelease(
    Effect.async<{ readonly port: number }>((resume) => {
      server.listen(0, "127.0.0.1", () => {
        const address = server.address()
        resume(Effect.succeed({ port: typeof address === "object" ? (address?.port ?? 0) : 0 }))
      })
    }),
    () => Effect.sync(() => server.close())
  )

/** Says so to the port, and waits for it to hang up. */
const hangsUpOn = (port: number, ...said: ReadonlyArray<Uint8Array | string>) =>
  awaited(
    "a hang-up",
    Effect.promise(async () => {
      const socket = connect(port, "127.0.0.1")
      socket.on("error", () => undefined)
      socket.resume()
      for (const bytes of said) socket.write(bytes)
      await once(socket, "close")
    })
  )

/** As many answers as there are requests, in the order of their numbers. */
const answersTo = (port: number, requests: ReadonlyArray<string>) =>
  awaited(
    "answers",
    Effect.promise(async () => {
      const socket = connect(port, "127.0.0.1")
      const reader = new FrameReader(1024 * 1024)
      socket.write(Buffer.concat([greeting, ...requests.map(frameOf)]))
      const answers: Array<string> = []
      for await (const bytes of socket) {
        answers.push(...Either.getOrThrow(reader.take(bytes)))
        if (answers.length === requests.length) break
      }
      return answers.sort()
    })
  )
