import { createServer, type Server } from "node:net"
import { createInterface } from "node:readline"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import fc from "fast-check"
import { type Outcome, onWire, openSmtp } from "../../../src/cli/SmtpConnection.ts"
import { SmtpLost, SmtpReplies } from "../../../src/cli/SmtpReplies.ts"

describe("a message file on the wire", () => {
  const wire = (text: string) => onWire(Buffer.from(text, "latin1")).toString("latin1")

  it.each([
    ["a\nb\n", "a\r\nb\r\n.\r\n"],
    ["a\r\nb", "a\r\nb\r\n.\r\n"],
    [".\n..\nx.\n", "..\r\n...\r\nx.\r\n.\r\n"],
    ["\n.\n", "\r\n..\r\n.\r\n"],
    ["", ".\r\n"],
    ["From a@b Mon\nSubject: x\n\nFrom here\n", "Subject: x\r\n\r\nFrom here\r\n.\r\n"],
    ["a\rb\n", "a\rb\r\n.\r\n"],
    ["\u00ff\u0085\n.\u0085.\n", "\u00ff\u0085\r\n..\u0085.\r\n.\r\n"]
  ])("%j becomes %j", (file, expected) => {
    assert.strictEqual(wire(file), expected)
  })

  it("ends once, at its end, and gives every octet back", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(".", "\r\n", "a", "\u00ff", " ") }), (text) => {
        const sent = wire(text)
        assert.strictEqual(`\r\n${sent}`.indexOf("\r\n.\r\n"), sent.length - 3)
        const read = sent.slice(0, -3).replace(/(^|\r\n)\./g, "$1")
        assert.strictEqual(read, text === "" || text.endsWith("\r\n") ? text : `${text}\r\n`)
      })
    )
  })
})

describe("replies", () => {
  it("are read line by line, however they are cut, and handed out in order", async () => {
    const replies = new SmtpReplies()
    const first = replies.next()
    for (const piece of ["250-a\r", "\n250-", "b\r\n250 c\r\n354 go\r\n"]) replies.push(piece)
    assert.deepStrictEqual(await first, { code: 250, text: "a\nb\nc" })
    assert.deepStrictEqual(await replies.next(), { code: 354, text: "go" })
  })

  it.each([["nonsense\r\n"], ["x".repeat(300_000)]])("that are none end the session", async (said) => {
    const replies = new SmtpReplies()
    const waiting = replies.next().catch((error: unknown) => error)
    replies.push(said)
    assert.instanceOf(await waiting, SmtpLost)
  })
})

/** What a line begins with, and what is said to it: the first time, the second time …; the last one stays. */
type Script = ReadonlyArray<readonly [string, ...ReadonlyArray<string>]>

/** Answers by the script; silent to a line that is not in it, and gone where it says "close". */
const makeSpeaker = (script: Script) => {
  const turns = new Map<string, number>()
  return (line: string): string => {
    const [start, ...replies] = script.find(([start]) => line.startsWith(start)) ?? [""]
    const turn = turns.get(start) ?? 0
    turns.set(start, turn + 1)
    return replies[Math.min(turn, replies.length - 1)] ?? ""
  }
}

const scripted = (script: Script) =>
  Effect.acquireRelease(
    Effect.async<{ readonly server: Server; readonly heard: Array<string>; readonly port: number }>(
      (resume) => {
        const heard: Array<string> = []
        const speaker = makeSpeaker(script)
        const server = createServer((socket) => {
          socket.write("220 test\r\n")
          socket.on("error", () => socket.destroy())
          createInterface({ input: socket, crlfDelay: 0 }).on("line", (line) => {
            heard.push(line)
            const said = speaker(line)
            if (said === "close") socket.destroy()
            else socket.write(said)
          })
        })
        server.listen(0, "127.0.0.1", () => {
          const address = server.address()
          const port = typeof address === "object" && address !== null ? address.port : 0
          resume(Effect.succeed({ server, heard, port }))
        })
      }
    ),
    ({ server }) => Effect.sync(() => server.close())
  )

describe("a session", () => {
  const extensions = "250-test\r\n250-PIPELINING\r\n250-SIZE 1000\r\n250-SMTPUTF8\r\n250 8BITMIME\r\n"
  const ok = "250 ok\r\n"
  const no = "550 no\r\n"
  const go = "354 go\r\n"
  const codes = ({ replies }: Outcome) => replies.map(({ code }) => code)
  const open = (port: number, isLmtp = false) => openSmtp({ host: "127.0.0.1", port }, isLmtp)
  const two = { from: "a@x.test", to: ["b@x.test", "no@x.test"] }

  it.scopedLive("over SMTP gives each recipient its own refusal or the message's answer", () =>
    Effect.gen(function* () {
      const { heard, port } = yield* scripted([
        ["EHLO", extensions],
        ["MAIL", ok],
        ["RCPT TO:<no@", "550 5.1.1 no\r\n"],
        ["RCPT", ok],
        ["DATA", go],
        [".", "250 done\r\n"]
      ])
      const connection = yield* open(port)
      const { replies } = yield* connection.send(two, onWire(Buffer.from("\u00e9\n")))
      assert.deepStrictEqual(replies, [
        { code: 250, text: "done" },
        { code: 550, text: "5.1.1 no" }
      ])
      assert.strictEqual(heard[1], "MAIL FROM:<a@x.test> SIZE=7 BODY=8BITMIME")
    })
  )

  it.scopedLive("over LMTP gives each recipient that was taken an answer of its own", () =>
    Effect.gen(function* () {
      const { port } = yield* scripted([
        ["LHLO", extensions],
        ["MAIL", ok],
        ["RCPT", ok, no, ok],
        ["DATA", go],
        [".", "250 first\r\n452 third is full\r\n"]
      ])
      const connection = yield* open(port, true)
      const three = { from: "", to: ["a@x.test", "b@x.test", "c@x.test"] }
      assert.deepStrictEqual(
        codes(yield* connection.send(three, onWire(Buffer.from("x\n")))),
        [250, 550, 452]
      )
    })
  )

  it.scopedLive("sends nothing to a server that does not pipeline and takes DATA for nobody", () =>
    Effect.gen(function* () {
      const { heard, port } = yield* scripted([
        ["EHLO", ok],
        ["MAIL", ok],
        ["RCPT", no],
        ["DATA", go],
        [".", "554 nobody\r\n"]
      ])
      const connection = yield* open(port)
      const content = onWire(Buffer.from("secret\n"))
      assert.deepStrictEqual(codes(yield* connection.send(two, content)), [550, 550])
      assert.deepStrictEqual(codes(yield* connection.send(two, content)), [550, 550])
      assert.notInclude(heard, "secret")
    })
  )

  it.scopedLive("begins anew after a refused sender", () =>
    Effect.gen(function* () {
      const { port } = yield* scripted([
        ["EHLO", extensions],
        ["MAIL", "451 later\r\n", ok],
        ["RCPT", no, no, ok],
        ["DATA", "503 no\r\n", go],
        ["RSET", ok],
        [".", ok]
      ])
      const connection = yield* open(port)
      const send = Effect.map(connection.send(two, onWire(Buffer.from("x"))), codes)
      assert.deepStrictEqual(
        [yield* send, yield* send],
        [
          [451, 451],
          [250, 250]
        ]
      )
    })
  )

  it.scopedLive("that breaks under way, or is none, says so", () =>
    Effect.gen(function* () {
      const { port } = yield* scripted([
        ["EHLO", extensions],
        ["MAIL", "close"]
      ])
      const connection = yield* open(port)
      const broken = yield* Effect.flip(connection.send(two, onWire(Buffer.from("x"))))
      assert.strictEqual(broken._tag, "SmtpLost")
      const { port: other } = yield* scripted([["EHLO", "no such thing\r\n"]])
      assert.match((yield* Effect.flip(open(other))).message, /does not speak SMTP/)
    })
  )
})
