import * as http2 from "node:http2"
import * as net from "node:net"
import { gzipSync } from "node:zlib"
import { Code, ConnectError, createClient } from "@connectrpc/connect"
import { compressionGzip, createGrpcTransport } from "@connectrpc/connect-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Layer, Schedule, Stream } from "effect"
import { NotFound } from "../../../src/domain/errors.ts"
import { Health } from "../../../src/rpc/gen/grpc/health/v1/health_pb.ts"
import { MailboxService } from "../../../src/rpc/gen/postroom/core/v1/mailbox_pb.ts"
import { RpcHandler } from "../../../src/rpc/RpcHandler.ts"
import * as server from "../../../src/rpc/server.ts"
import { fromConnectError } from "../../../src/rpc/status.ts"
import { summary } from "../../support/alice.ts"
import { added, alice, makeWorld, mallory, type World } from "./fakes.ts"
import { clientOf, protocols, serving, transportOf } from "./serving.ts"

const get = "/postroom.core.v1.MailboxService/GetMailbox"

/** The error of a call that must fail. */
const failing = (call: () => Promise<unknown>) =>
  Effect.flip(Effect.asVoid(Effect.tryPromise({ try: call, catch: (error) => ConnectError.from(error) })))

/** Leaving a `for await` does not end the call of a Connect client; its signal does. */
const reading = <A>(start: (signal: AbortSignal) => AsyncIterable<A>) =>
  Stream.unwrapScoped(
    Effect.map(
      Effect.acquireRelease(
        Effect.sync(() => new AbortController()),
        (controller) => Effect.sync(() => controller.abort())
      ),
      ({ signal }) => Stream.fromAsyncIterable(start(signal), ConnectError.from)
    )
  )

const eventually = (what: () => boolean) =>
  Effect.suspend(() => (what() ? Effect.void : Effect.fail("not yet"))).pipe(
    Effect.retry(Schedule.spaced("5 millis")),
    Effect.timeout("10 seconds")
  )

const watchers = (world: World) => world.box(alice).watchers.size

describe.each(protocols)("over %s", (protocol) => {
  it.scopedLive("a mailbox answers", () =>
    Effect.gen(function* () {
      const world = makeWorld()
      world.box(alice).grow(added(1))
      const client = clientOf(yield* serving(world), protocol)
      const answer = yield* Effect.promise(() => client.getMailbox({}))
      assert.deepStrictEqual([answer.mailboxId, answer.modSeq, answer.folders], [alice, 1n, 2])
    })
  )

  it.scopedLive("errors come with what they know", () =>
    Effect.gen(function* () {
      const client = clientOf(yield* serving(makeWorld()), protocol)
      const error = yield* failing(() => client.listMessages({ folderId: 9n }))
      assert.strictEqual(error.code, Code.NotFound)
      assert.deepStrictEqual(fromConnectError(error), new NotFound({ what: "folder" }))
    })
  )

  it.scopedLive("who has no or a wrong token is refused", () =>
    Effect.gen(function* () {
      const client = clientOf(yield* serving(makeWorld()), protocol, "eve")
      const error = yield* failing(() => client.getMailbox({}))
      assert.strictEqual(error.code, Code.Unauthenticated)
      const stream = yield* failing(async () => {
        for await (const _ of client.watch({})) break
      })
      assert.strictEqual(stream.code, Code.Unauthenticated)
    })
  )

  it.scopedLive("a watch tells what happens while it stands", () =>
    Effect.gen(function* () {
      const world = makeWorld()
      const client = clientOf(yield* serving(world), protocol)
      const told = yield* reading((signal) => client.watch({ afterModSeq: 0n }, { signal })).pipe(
        Stream.tap(({ modSeq }) => Effect.sync(() => world.box(alice).grow(added(Number(modSeq) + 1)))),
        Stream.flatMap(({ changes }) => Stream.fromIterable(changes)),
        Stream.map(({ modSeq }) => modSeq),
        Stream.take(3),
        Stream.runCollect
      )
      assert.deepStrictEqual([...told], [1n, 2n, 3n])
      yield* eventually(() => watchers(world) === 0)
    })
  )

  it.scopedLive("a raw message comes in pieces, whole", () =>
    Effect.gen(function* () {
      const world = makeWorld()
      world.box(alice).messages.set(1, summary(1))
      const client = clientOf(yield* serving(world), protocol)
      const sizes = yield* Effect.promise(async () => {
        let [pieces, bytes] = [0, 0]
        for await (const { data } of client.getRaw({ messageId: 1n })) {
          pieces++
          bytes += data.length
        }
        return [pieces, bytes]
      })
      assert.deepStrictEqual(sizes, [64, 64 * 65_536])
    })
  )
})

describe("a call", () => {
  it.scopedLive("keeps its correlation id, or gets one", () =>
    Effect.gen(function* () {
      const world = makeWorld()
      const client = clientOf(yield* serving(world), "gRPC")
      const answered = (given: Record<string, string>) =>
        Effect.promise(() => {
          const headers: Array<Headers> = []
          return client
            .getMailbox({}, { headers: given, onHeader: (header) => headers.push(header) })
            .then(() => headers[0])
        })
      const kept = yield* answered({ "x-correlation-id": "abc-1", "x-trace-id": "t-1" })
      assert.strictEqual(kept?.get("x-correlation-id"), "abc-1")
      assert.strictEqual(kept?.get("x-trace-id"), "t-1")
      const made = yield* answered({ "x-correlation-id": "a b\tc" })
      assert.match(made?.get("x-correlation-id") ?? "", /^[0-9a-f-]{36}$/)
      assert.strictEqual(made?.get("x-tenant"), "aaaaaaaa-0000-4000-8000-000000000000")
      assert.strictEqual(world.audited[0]?.correlationId, "abc-1")
      assert.strictEqual(world.audited[0]?.actorIp, "127.0.0.1")
    })
  )

  it.scopedLive("that claims another tenant is refused", () =>
    Effect.gen(function* () {
      const client = clientOf(yield* serving(makeWorld()), "gRPC")
      const headers = { "x-tenant": "bbbbbbbb-0000-4000-8000-000000000000" }
      const error = yield* failing(() => client.getMailbox({}, { headers }))
      assert.strictEqual(error.code, Code.PermissionDenied)
    })
  )

  it.scopedLive("for another tenant's mailbox finds none", () =>
    Effect.gen(function* () {
      const client = clientOf(yield* serving(makeWorld()), "gRPC")
      const error = yield* failing(() => client.getMailbox({ mailboxId: mallory }))
      assert.strictEqual(error.code, Code.NotFound)
    })
  )

  it.scopedLive("that meets a bug of ours learns the correlation id and nothing else", () =>
    Effect.gen(function* () {
      const world = makeWorld()
      world.onState = Effect.dieMessage("secret detail")
      const client = clientOf(yield* serving(world), "gRPC")
      const error = yield* failing(() => client.getMailbox({}, { headers: { "x-correlation-id": "bug-1" } }))
      assert.strictEqual(error.code, Code.Internal)
      assert.include(error.message, "bug-1")
      assert.notInclude(error.message, "secret")
      assert.strictEqual(world.audited[0]?.details["outcome"], "Defect")
    })
  )

  it.scopedLive("that its caller gives up, or whose deadline passes, is interrupted", () =>
    Effect.gen(function* () {
      const world = makeWorld()
      let [begun, interrupted] = [0, 0]
      world.onState = Effect.suspend(() => {
        begun++
        return Effect.onInterrupt(Effect.never, () => Effect.sync(() => void interrupted++))
      })
      const client = clientOf(yield* serving(world), "gRPC")
      const late = yield* failing(() => client.getMailbox({}, { timeoutMs: 50 }))
      assert.strictEqual(late.code, Code.DeadlineExceeded)
      const call = yield* Effect.fork(Effect.tryPromise((signal) => client.getMailbox({}, { signal })))
      yield* eventually(() => begun === 2)
      yield* Fiber.interrupt(call)
      yield* eventually(() => interrupted === 2)
    })
  )

  it.scopedLive("with fields that make no sense is refused with a word why", () =>
    Effect.gen(function* () {
      const client = clientOf(yield* serving(makeWorld()), "gRPC")
      const bad: ReadonlyArray<() => Promise<unknown>> = [
        () => client.getMailbox({ mailboxId: "x" }),
        () => client.getMessage({ messageId: 2n ** 60n }),
        () => client.listMessages({ folderId: 1n, pageToken: "AAAA" }),
        () => client.changeFlags({ messageIds: [] }),
        () => client.changeFlags({ messageIds: [1n], addFlags: ["\\Nonsense"] }),
        () => client.markAllRead({ folderId: 1n, operationId: "é" }),
        () => client.createFolder({ name: "a\u0000b" }),
        () => client.appendMessage({ folderId: 1n, receivedAt: { seconds: 10n ** 15n, nanos: 0 } })
      ]
      for (const call of bad) {
        const error = yield* failing(call)
        assert.strictEqual(error.code, Code.InvalidArgument, error.message)
      }
    })
  )

  it.scopedLive("walks a folder by page tokens that fit no other folder", () =>
    Effect.gen(function* () {
      const world = makeWorld()
      for (let n = 1; n <= 5; n++) world.box(alice).messages.set(n, summary(n))
      const client = clientOf(yield* serving(world), "gRPC")
      const page = (pageToken: string, folderId = 1n) =>
        client.listMessages({ folderId, pageSize: 2, pageToken })
      const first = yield* Effect.promise(() => page(""))
      const second = yield* Effect.promise(() => page(first.nextPageToken))
      const third = yield* Effect.promise(() => page(second.nextPageToken))
      assert.deepStrictEqual(
        [first, second, third].map(({ messages }) => messages.map(({ uid }) => uid)),
        [[5n, 4n], [3n, 2n], [1n]]
      )
      assert.strictEqual(third.nextPageToken, "")
      const error = yield* failing(() => page(first.nextPageToken, 2n))
      assert.strictEqual(error.code, Code.InvalidArgument)
    })
  )
})

describe("the server", () => {
  it.scopedLive("frees a watch whose reader never reads and then goes", () =>
    Effect.gen(function* () {
      const world = makeWorld()
      const { grpcPort } = yield* serving(world)
      const session = http2.connect(`http://127.0.0.1:${grpcPort}`)
      yield* Effect.addFinalizer(() => Effect.sync(() => session.destroy()))
      const stream = session.request({
        ":method": "POST",
        ":path": "/postroom.core.v1.MailboxService/Watch",
        "content-type": "application/grpc",
        authorization: "Bearer alice",
        te: "trailers"
      })
      stream.on("error", () => undefined)
      // after_mod_seq = 0; nothing of the answer is ever read.
      stream.end(Buffer.from([0, 0, 0, 0, 2, 0x10, 0]))
      yield* eventually(() => watchers(world) === 1)
      for (let n = 0; n < 200; n++)
        world.box(alice).grow(...Array.from({ length: 100 }, (_, i) => added(i + 1)))
      stream.close(8)
      yield* eventually(() => watchers(world) === 0)
    })
  )

  it.scopedLive("ends watches when it stops, so that clients go elsewhere", () =>
    Effect.gen(function* () {
      const world = makeWorld()
      const { rpc, ...at } = yield* serving(world)
      const client = clientOf(at, "gRPC")
      const watch = failing(async () => {
        for await (const _ of client.watch({}));
      })
      const stop = Effect.zipRight(
        eventually(() => watchers(world) === 1),
        rpc.stop
      )
      const [error] = yield* Effect.all([watch, stop], { concurrency: 2 })
      assert.strictEqual(error.code, Code.Unavailable)
      assert.strictEqual(watchers(world), 0)
      const late = yield* failing(() => client.getMailbox({}))
      assert.strictEqual(late.code, Code.Unavailable)
    })
  )

  it.scopedLive("takes no message over its limit, nor one that only decompresses to it", () =>
    Effect.gen(function* () {
      const at = yield* serving(makeWorld(), { POSTROOM_RPC_MAX_REQUEST_BYTES: "100000" })
      const raw = Buffer.alloc(200_000)
      const client = clientOf(at, "gRPC")
      // More than a connection's flow control window: each refused call must give back what it took of it.
      for (let n = 0; n < 20; n++) {
        const plain = yield* failing(() => client.appendMessage({ folderId: 1n, raw }))
        assert.strictEqual(plain.code, Code.ResourceExhausted)
      }
      const transport = createGrpcTransport({
        baseUrl: at.grpcUrl,
        sendCompression: compressionGzip,
        interceptors: [
          (next) => (request) => {
            request.header.set("authorization", "Bearer alice")
            return next(request)
          }
        ]
      })
      assert.isBelow(gzipSync(raw).length, 1_000)
      const bomb = yield* failing(() =>
        createClient(MailboxService, transport).appendMessage({ folderId: 1n, raw })
      )
      assert.strictEqual(bomb.code, Code.ResourceExhausted)
    })
  )

  it.scopedLive("refuses strangers without reading what they send", () =>
    Effect.gen(function* () {
      const at = yield* serving(makeWorld())
      const raw = Buffer.alloc(8 * 1024 * 1024)
      for (const protocol of protocols) {
        const error = yield* failing(() => clientOf(at, protocol, "eve").appendMessage({ folderId: 1n, raw }))
        assert.strictEqual(error.code, Code.Unauthenticated, protocol)
      }
    })
  )

  it.scopedLive("answers health checks without credentials", () =>
    Effect.gen(function* () {
      const at = yield* serving(makeWorld())
      const health = createClient(Health, transportOf(at, "gRPC", "nobody"))
      const { status } = yield* Effect.promise(() => health.check({}))
      assert.strictEqual(status, 1)
    })
  )

  it.scopedLive("leaves paths that are no methods to others, and says so on the gRPC port", () =>
    Effect.gen(function* () {
      const at = yield* serving(makeWorld())
      const response = yield* Effect.promise(() => fetch(`${at.httpUrl}/healthz`))
      assert.strictEqual(response.status, 404)
      const status = yield* Effect.async<string>((resume) => {
        const session = http2.connect(at.grpcUrl)
        const stream = session.request({
          ":method": "POST",
          ":path": "/x.Y/Z",
          "content-type": "application/grpc"
        })
        stream.on("trailers", (trailers) => {
          resume(Effect.succeed(String(trailers["grpc-status"])))
          session.destroy()
        })
        stream.end()
      })
      assert.strictEqual(status, String(Code.Unimplemented))
    })
  )

  it.scopedLive("outlives requests that are no HTTP that anybody speaks", () =>
    Effect.gen(function* () {
      const at = yield* serving(makeWorld())
      const head = `POST ${get} HTTP/1.1\r\nContent-Type: application/json\r\nAuthorization: Bearer alice\r\n`
      const hostile = [
        "Host: [\r\n",
        "Host: a b\r\n",
        "Host: \r\n",
        "X-Tenant: a\r\nX-Tenant: b\r\nHost: x\r\n"
      ]
      for (const line of hostile) {
        const answer = yield* say(
          at.httpPort,
          `${head}${line}Content-Length: 2\r\nConnection: close\r\n\r\n{}`
        )
        assert.match(answer, /^HTTP\/1\.1 (200|4\d\d|500) /)
      }
      yield* say(at.grpcPort, "GET / HTTP/1.1\r\n\r\n")
      yield* say(at.grpcPort, `PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n${"\u0000\u00ff".repeat(500)}`)
      const answer = yield* Effect.promise(() => clientOf(at, "gRPC").getMailbox({}))
      assert.strictEqual(answer.mailboxId, alice)
    })
  )

  it.scopedLive("says whose port it was to be where another program has it", () =>
    Effect.gen(function* () {
      const { rpc, grpcPort } = yield* serving(makeWorld())
      const second = server
        .layer({ host: "127.0.0.1", port: grpcPort })
        .pipe(Layer.provide(Layer.succeed(RpcHandler, rpc)))
      const { message } = yield* Effect.flip(Layer.build(second))
      assert.strictEqual(
        message,
        `Port ${grpcPort} on 127.0.0.1 is in use by another program; stop it, or move all ports with --port-offset.`
      )
    })
  )

  it.scopedLive("lets in pages of the origins that were configured, and no others", () =>
    Effect.gen(function* () {
      const at = yield* serving(makeWorld(), { POSTROOM_RPC_CORS_ORIGINS: "https://mail.example" })
      const preflight = (origin: string) =>
        Effect.promise(() => fetch(`${at.httpUrl}${get}`, { method: "OPTIONS", headers: { origin } }))
      const known = yield* preflight("https://mail.example")
      assert.strictEqual(known.headers.get("access-control-allow-origin"), "https://mail.example")
      assert.include(known.headers.get("access-control-allow-headers")?.toLowerCase(), "authorization")
      const unknown = yield* preflight("https://evil.example")
      assert.strictEqual(unknown.headers.get("access-control-allow-origin"), null)
    })
  )
})

/** Sends bytes and gives all that comes back until the peer closes. */
const say = (port: number, text: string) =>
  Effect.async<string>((resume) => {
    const socket = net.connect(port, "127.0.0.1")
    let answer = ""
    socket.on("data", (bytes) => {
      answer += bytes.toString("latin1")
    })
    socket.on("error", () => undefined)
    socket.on("close", () => resume(Effect.succeed(answer)))
    socket.end(Buffer.from(text, "latin1"))
  })
