import { request } from "node:http"
import { connect } from "node:net"
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Queue } from "effect"
import { Busy, NotFound, Unavailable } from "../../../src/domain/errors.ts"
import { FolderId, MessageId, ModSeq, OperationId } from "../../../src/domain/ids.ts"
import type { CoreMethods } from "../../../src/rpc/Core.ts"
import { mailboxId, summary } from "../../support/alice.ts"
import { owaEdge, signedIn } from "../../support/owa/owaEdge.ts"
import { knock, pageAt, refusal } from "../../support/owa/page.ts"

const noFolders: Partial<CoreMethods> = {
  listFolders: () => Effect.succeed({ folders: [], modSeq: ModSeq(7) })
}

const list: Pick<Parameters<CoreMethods["listByDate"]>[1], "filter" | "from"> = {
  filter: "unread",
  from: { _tag: "OlderThan", place: { receivedAt: 9, id: MessageId(9) } }
}

const invalid = { _tag: "Refused", reason: "invalid", what: null, isTemporary: false }
const busy = { _tag: "Refused", reason: "busy", what: null, isTemporary: true }
const away = { _tag: "Refused", reason: "away", what: null, isTemporary: true }

const statusOf = (port: number, headers: Readonly<Record<string, string>>, path = "/owa/rpc") =>
  Effect.async<number>((resume) => {
    const asking = request({ host: "127.0.0.1", port, path, headers, agent: false }, (response) => {
      response.resume()
      resume(Effect.succeed(response.statusCode ?? 0))
    })
    asking.on("error", (error) => resume(Effect.die(error)))
    asking.end()
  })

describe("who is let in", () => {
  it.scopedLive("is a page of ours with a session of a person, and nobody else", () =>
    Effect.gen(function* () {
      const { port } = yield* owaEdge({})
      assert.strictEqual(yield* knock(port), 101)
      assert.strictEqual(yield* knock(port, { cookie: "session=mallory" }), 401)
      for (const origin of [
        "http://evil.test",
        `http://127.0.0.1:${port}.evil.test`,
        `http://127.0.0.1:${port + 1}`,
        `http://user@evil.test:${port}`,
        `ftp://127.0.0.1:${port}`,
        "null",
        "",
        null
      ])
        assert.strictEqual(yield* knock(port, { origin }), 403, String(origin))
      // Where a proxy ends TLS.
      const origin = "https://mail.demo.test"
      assert.strictEqual(yield* knock(port, { origin }), 403)
      const named = yield* owaEdge({}, { POSTROOM_PUBLIC_URL: "https://mail.demo.test/" })
      assert.strictEqual(yield* knock(named.port, { origin }), 101)
      assert.strictEqual(yield* knock(named.port), 403)
    })
  )

  it.scopedLive("hears that it is too early where nobody can be asked", () =>
    Effect.gen(function* () {
      const edge = yield* owaEdge({})
      edge.lose()
      assert.strictEqual(yield* knock(edge.port), 503)
    })
  )

  it.scopedLive("comes again when another page of the user has gone", () =>
    Effect.gen(function* () {
      const { port } = yield* owaEdge(noFolders, { POSTROOM_OWA_CONNECTIONS_PER_USER: "2" })
      yield* pageAt(port)
      const second = yield* pageAt(port)
      assert.strictEqual(yield* knock(port), 429)
      second.socket.close()
      yield* second.closed
      assert.strictEqual(yield* knock(port), 101)
    })
  )

  it.scopedLive("can ask without connecting, since a browser does not tell a page why it failed", () =>
    Effect.gen(function* () {
      const edge = yield* owaEdge({})
      const origin = `http://127.0.0.1:${edge.port}`
      assert.strictEqual(yield* statusOf(edge.port, { origin, cookie: "session=alice" }), 426)
      assert.strictEqual(yield* statusOf(edge.port, { origin }), 401)
      assert.strictEqual(yield* statusOf(edge.port, { cookie: "session=alice" }), 403)
      yield* edge.stop
      assert.strictEqual(yield* statusOf(edge.port, { origin, cookie: "session=alice" }), 503)
    })
  )

  it.scopedLive("gets an answer without an upgrade at any other path", () =>
    Effect.gen(function* () {
      const { port } = yield* owaEdge({})
      assert.strictEqual(yield* knock(port, {}, "/healthz"), 200)
      assert.strictEqual(
        yield* statusOf(port, { connection: "Upgrade, HTTP2-Settings", upgrade: "h2c" }, "/owa/rpcs"),
        404
      )
    })
  )
})

describe("a call", () => {
  it.scopedLive("is one on Core, for the mailbox of who is signed in", () =>
    Effect.gen(function* () {
      const { port, uses } = yield* owaEdge({
        listByDate: ({ principal, origin }, input) => {
          assert.deepStrictEqual([principal, origin], [signedIn, "owa"])
          assert.deepStrictEqual(input, { mailboxId, ...list, folderId: FolderId(1), limit: 2 })
          const older = { receivedAt: 5, id: MessageId(8) }
          return Effect.succeed({
            messages: [summary(8)],
            older,
            newer: null,
            counts: null,
            modSeq: ModSeq(7)
          })
        }
      })
      const page = yield* pageAt(port)
      const exit = yield* page.ask("Page", { ...list, folderId: 1, limit: 2, mailboxId: "another's" })
      assert.strictEqual(exit?._tag, "Success")
      const text = JSON.stringify(exit?.value)
      assert.include(text, '"subject":"message 8"')
      // Where it is stored is nobody's matter.
      assert.notInclude(text, "blobs/")
      assert.deepStrictEqual(uses, [signedIn.sessionId])
    })
  )

  it.scopedLive("goes to the method of its name", () =>
    Effect.gen(function* () {
      const seen: Array<readonly [name: string, input: unknown]> = []
      const applied = { modSeq: 8, missing: [], added: [], folderId: null, more: false, isDuplicate: false }
      const anything: Partial<CoreMethods> = new Proxy(Object.create(null), {
        get: (_, name) => (_call: unknown, input: unknown) => {
          seen.push([String(name), input])
          return Effect.succeed(applied)
        }
      })
      const page = yield* pageAt((yield* owaEdge(anything)).port)
      const marks = { addFlags: ["\\Seen"], removeFlags: [], addCategories: [], removeCategories: ["Blue"] }
      const cases: ReadonlyArray<readonly [tag: string, method: string, payload: object, more?: object]> = [
        ["ChangeFlags", "changeFlags", { messageIds: [1], ...marks }],
        ["MarkAllRead", "markAllRead", { folderId: 1 }],
        ["Move", "moveMessages", { messageIds: [1, 2], toFolderId: 3 }],
        ["Copy", "copyMessages", { messageIds: [1, 2], toFolderId: 3 }],
        ["Delete", "deleteMessages", { messageIds: [1] }],
        ["Expunge", "expungeMessages", { messageIds: [1] }],
        ["EmptyFolder", "emptyFolder", { folderId: 4 }, { permanently: false }],
        ["CreateFolder", "createFolder", { name: "Work", parentId: null }],
        ["RenameFolder", "renameFolder", { folderId: 8, name: "Play" }],
        ["MoveFolder", "moveFolder", { folderId: 8, toFolderId: null }],
        ["DeleteFolder", "deleteFolder", { folderId: 8 }, { permanently: false }],
        ["Undo", "undo", { undoes: "before" }]
      ]
      for (const [tag, , payload] of cases)
        assert.strictEqual((yield* page.ask(tag, { operationId: "tab:1", ...payload }))?._tag, "Success", tag)
      assert.deepStrictEqual(
        seen,
        cases.map(([, method, payload, more]) => [
          method,
          { mailboxId, operationId: "tab:1", ...payload, ...more }
        ])
      )
    })
  )

  it.scopedLive("takes back what another one did, and tells what can be taken back", () =>
    Effect.gen(function* () {
      const operationId = OperationId("eas-draft:!")
      const known = { operationId, modSeq: ModSeq(6), origin: "owa", at: 5, undoes: null, changes: {} }
      const { port } = yield* owaEdge({
        undo: (_, input) =>
          Effect.succeed({
            undoes: input.undoes,
            ...{ restored: 2, changedSince: 1, gone: 0, noPlace: 0 },
            modSeq: ModSeq(9),
            isDuplicate: input.operationId === null
          }),
        listOperations: (_, input) => Effect.succeed([{ ...known, at: input.limit ?? 0 }])
      })
      const page = yield* pageAt(port)
      const undone = yield* page.ask("Undo", { operationId: "undo-1", undoes: operationId })
      assert.deepInclude(undone?.value, { restored: 2, changedSince: 1, gone: 0, noPlace: 0, modSeq: 9 })
      const listed = yield* page.ask("Operations", { limit: 5 })
      assert.deepStrictEqual(listed?.value, { operations: [known] })
    })
  )

  it.scopedLive("that Core refuses is told why, without internals", () =>
    Effect.gen(function* () {
      const { port } = yield* owaEdge({
        getMessage: () => new NotFound({ what: "message" }),
        listThread: () => new Busy({ retryAfterMillis: 5 }),
        listFolders: () => new Unavailable({ what: "storage", cause: new Error("password=secret") }),
        getBody: () => Effect.dieMessage("a bug of ours: secret")
      })
      const page = yield* pageAt(port)
      const refused = (tag: string, payload?: unknown) => Effect.map(page.ask(tag, payload), refusal)
      assert.deepStrictEqual(yield* refused("Message", { messageId: 1 }), {
        _tag: "Refused",
        reason: "notFound",
        what: "message",
        isTemporary: false
      })
      assert.deepStrictEqual(yield* refused("Thread", { threadId: 1 }), busy)
      assert.deepStrictEqual(yield* refused("Folders"), away)
      assert.deepStrictEqual(yield* refused("Body", { messageId: 1, type: "text", maxBytes: null }), away)
    })
  )

  it.scopedLive("that is none is refused alone", () =>
    Effect.gen(function* () {
      const { port } = yield* owaEdge(noFolders)
      const page = yield* pageAt(port)
      const flags = { operationId: "1", messageIds: [1], addFlags: [], removeFlags: [], addCategories: [] }
      for (const [tag, payload] of [
        ["Nonsense", {}],
        ["__proto__", {}],
        ["Page", { ...list, folderId: 1, limit: null, filter: "red" }],
        ["Page", { ...list, folderId: 1, limit: null, from: { _tag: "OlderThan", at: -1 } }],
        ["Page", { ...list, folderId: 1, limit: 1_000_000 }],
        ["Move", { operationId: "", messageIds: [1], toFolderId: 1 }],
        ["Move", { operationId: "1", messageIds: [], toFolderId: 1 }],
        ["Move", { operationId: "1", messageIds: Array.from({ length: 1_001 }, () => 1), toFolderId: 1 }],
        ["ChangeFlags", { ...flags, removeCategories: ["\n"] }],
        ["ChangeFlags", { ...flags, removeCategories: [], addFlags: ["\\Recent"] }],
        ["Search", { query: "x".repeat(1_001), folderIds: [], after: null, limit: null }]
      ] as const)
        assert.deepStrictEqual(
          refusal(yield* page.ask(tag, payload)),
          invalid,
          JSON.stringify([tag, payload])
        )
      assert.strictEqual((yield* page.ask("Folders"))?._tag, "Success")
    })
  )

  it.scopedLive("of a thousand at once is answered, or refused as busy", () =>
    Effect.gen(function* () {
      const open = yield* Deferred.make<void>()
      let underWay = 0
      let most = 0
      const { port } = yield* owaEdge(
        {
          listFolders: () =>
            Effect.sync(() => {
              most = Math.max(most, ++underWay)
            }).pipe(
              Effect.zipRight(Deferred.await(open)),
              Effect.as({ folders: [], modSeq: ModSeq(7) }),
              Effect.ensuring(Effect.sync(() => underWay--))
            )
        },
        { POSTROOM_OWA_CALLS_AT_ONCE: "10" }
      )
      const page = yield* pageAt(port)
      for (let id = 1; id <= 1_000; id++) page.say({ _tag: "Request", id: String(id), tag: "Folders" })
      const refused = yield* Effect.replicateEffect(page.next, 990)
      assert.isTrue(refused.every(({ exit }) => JSON.stringify(refusal(exit)) === JSON.stringify(busy)))
      yield* Deferred.succeed(open, undefined)
      const answered = yield* Effect.replicateEffect(page.next, 10)
      assert.isTrue(answered.every(({ exit }) => exit?._tag === "Success"))
      assert.strictEqual(new Set([...refused, ...answered].map(({ requestId }) => requestId)).size, 1_000)
      assert.strictEqual(most, 10)
    })
  )

  it.scopedLive("ends when the page takes it back, or leaves", () =>
    Effect.gen(function* () {
      const ended = yield* Queue.unbounded<void>()
      const { port } = yield* owaEdge({
        listFolders: () => Effect.onInterrupt(Effect.never, () => Queue.offer(ended, undefined))
      })
      const page = yield* pageAt(port)
      page.say({ _tag: "Request", id: "1", tag: "Folders" })
      page.say({ _tag: "Interrupt", requestId: "1" })
      yield* Queue.take(ended)
      assert.deepStrictEqual(refusal((yield* page.next).exit), away)
      page.say({ _tag: "Request", id: "2", tag: "Folders" })
      page.say({ _tag: "Ping" })
      yield* page.next
      page.socket.terminate()
      yield* Queue.take(ended)
    })
  )
})

describe("a connection", () => {
  const endsOf = (what: string | object | Buffer, settings = {}) =>
    Effect.scoped(
      Effect.gen(function* () {
        const { port } = yield* owaEdge(noFolders, settings)
        const page = yield* pageAt(port)
        page.say(what)
        const code = yield* page.closed
        // Of the others nothing is to be noticed.
        assert.strictEqual((yield* (yield* pageAt(port)).ask("Folders"))?._tag, "Success")
        return code
      })
    )

  it.live("ends where nobody understands what is said", () =>
    Effect.forEach(
      [
        "",
        "garbage",
        "[]",
        "null",
        "[".repeat(10_000),
        '{"_tag":"Eof"}',
        '{"_tag":"Defect","defect":"x"}',
        '{"_tag":"Request","id":"x","tag":"Folders"}',
        '{"_tag":"Request","id":1,"tag":"Folders"}',
        '{"_tag":"Request","id":"1","tag":{}}',
        '{"_tag":"Ack","requestId":"0x1"}',
        '{"_tag":"Interrupt"}'
      ],
      (what) => Effect.map(endsOf(what), (code) => assert.strictEqual(code, 1007, what))
    )
  )

  it.live("ends where octets come, or more than a frame may hold", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* endsOf(Buffer.from('{"_tag":"Ping"}')), 1003)
      const settings = { POSTROOM_OWA_FRAME_BYTES: "16384" }
      const ping = (size: number) => `{"_tag":"Ping","x":"${"x".repeat(size - 20)}"}`
      assert.strictEqual(yield* endsOf(ping(16_400), settings), 1009)
    })
  )

  it.scopedLive("ends where two calls have one name, and where its frames are none", () =>
    Effect.gen(function* () {
      const { port } = yield* owaEdge({ listFolders: () => Effect.never })
      const page = yield* pageAt(port)
      page.say({ _tag: "Request", id: "1", tag: "Folders" })
      page.say({ _tag: "Request", id: "1", tag: "Folders" })
      assert.strictEqual(yield* page.closed, 1007)
      const code = yield* Effect.async<string>((resume) => {
        const socket = connect(port, "127.0.0.1", () =>
          socket.write(
            `GET /owa/rpc HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nOrigin: http://127.0.0.1:${port}\r\nCookie: session=alice\r\n` +
              "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n" +
              "no frame of RFC 6455 begins like this"
          )
        )
        let seen = ""
        socket.on("data", (bytes) => {
          seen += bytes.toString("latin1")
        })
        socket.on("close", () => resume(Effect.succeed(seen)))
      })
      assert.include(code, "101 Switching Protocols")
    })
  )

  it.scopedLive("ends where a page asks for more than it takes", () =>
    Effect.gen(function* () {
      const content = "x".repeat(1024 * 1024)
      const { port } = yield* owaEdge(
        {
          getBody: () =>
            Effect.succeed({
              content,
              mediaType: "text/plain",
              isTruncated: false,
              sizeBytes: content.length
            })
        },
        { POSTROOM_OWA_UNSENT_BYTES: String(4 * 1024 * 1024) }
      )
      const page = yield* pageAt(port)
      page.socket.pause()
      for (let id = 1; id <= 60; id++)
        page.say({
          _tag: "Request",
          id: String(id),
          tag: "Body",
          payload: { messageId: 1, type: "text", maxBytes: null }
        })
      // Who does not read does not see the end either: another page sees that there is room again.
      const reader = yield* pageAt(port)
      assert.strictEqual(
        (yield* reader.ask("Body", { messageId: 1, type: "text", maxBytes: null }))?._tag,
        "Success"
      )
      page.socket.resume()
      assert.strictEqual(yield* page.closed, 1006)
    })
  )

  it.scopedLive("ends where the page is gone without a word, or its session is", () =>
    Effect.gen(function* () {
      const { port, signOut } = yield* owaEdge(noFolders, { POSTROOM_OWA_PING_EVERY: "50 millis" })
      const deaf = yield* pageAt(port)
      deaf.socket.pause()
      const page = yield* pageAt(port)
      yield* Effect.async<void>((resume) => {
        let pings = 0
        page.socket.on("ping", () => {
          if (++pings === 5) resume(Effect.void)
        })
      })
      deaf.socket.resume()
      assert.strictEqual(yield* deaf.closed, 1006)
      assert.strictEqual((yield* page.ask("Folders"))?._tag, "Success")
      yield* signOut
      assert.strictEqual(yield* page.closed, 4401)
    })
  )

  it.scopedLive("is told that the server stops, and nobody comes after it", () =>
    Effect.gen(function* () {
      const edge = yield* owaEdge({ listFolders: () => Effect.never })
      const page = yield* pageAt(edge.port)
      const deaf = yield* pageAt(edge.port)
      deaf.socket.pause()
      page.say({ _tag: "Request", id: "1", tag: "Folders" })
      yield* edge.stop
      assert.strictEqual(yield* page.closed, 1001)
      assert.strictEqual(yield* knock(edge.port), 503)
    })
  )
})
