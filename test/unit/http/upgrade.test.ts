import { connect, type Socket } from "node:net"
import { connect as connectTls } from "node:tls"
import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Layer } from "effect"
import { Health } from "../../../src/observability/health.ts"
import { HttpServer, type Mount, type Upgrade } from "../../../src/protocols/http/HttpServer.ts"
import { selfSigned } from "../../support/certificate.ts"

/** Answers with what came. */
const echo: Mount = (request, response) => {
  let body = ""
  request.on("data", (bytes: Buffer) => {
    body += bytes.toString("latin1")
  })
  request.on("end", () => response.end(JSON.stringify([request.method, request.url, request.headers, body])))
  return true
}

const ours: Upgrade = (request, socket) => {
  if (request.url !== "/ours") return false
  socket.end("HTTP/1.1 101 Switching Protocols\r\n\r\n")
  return true
}

const serving = Effect.gen(function* () {
  const pair = yield* selfSigned("mail.demo.test")
  const context = yield* Layer.build(
    HttpServer.layer({
      host: "127.0.0.1",
      httpPort: 0,
      httpsPort: 0,
      tls: { ...pair, onRotation: () => Effect.void },
      mounts: [echo],
      upgrades: [ours]
    }).pipe(Layer.provide(Health.layer))
  )
  return Context.get(context, HttpServer)
})

/** All that the server says to these pieces, until it hangs up. */
const said = (open: () => Socket, pieces: ReadonlyArray<string>) =>
  Effect.async<string>((resume) => {
    const socket = open()
    let text = ""
    socket.on("data", (bytes) => {
      text += bytes.toString("latin1")
    })
    socket.on("error", (error) => resume(Effect.die(error)))
    socket.on("close", () => resume(Effect.succeed(text)))
    for (const piece of pieces) socket.write(piece)
  })

const wish = (path: string, length: number) =>
  `POST ${path} HTTP/1.1\r\nHost: mail.demo.test\r\nConnection: Upgrade, HTTP2-Settings, close\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\nX-Twice: a\r\nX-Twice: b\r\nContent-Length: ${length}\r\n\r\n`

describe("a wish for another protocol", () => {
  it.scopedLive(
    "goes to whom it is for; another one is a request like any, its body too, with TLS and without",
    () =>
      Effect.gen(function* () {
        const { httpPort, httpsPort } = yield* serving
        const ways = [
          () => connect(httpPort, "127.0.0.1"),
          () => connectTls({ port: httpsPort, host: "127.0.0.1", rejectUnauthorized: false })
        ]
        for (const open of ways) {
          assert.match(yield* said(open, [wish("/ours", 0)]), /^HTTP\/1.1 101 /)
          for (const pieces of [
            [`${wish("/other", 10)}0123456789`],
            [`${wish("/other", 10)}01234`, "56789"],
            [wish("/other", 10), "0123456789"]
          ]) {
            const answer = yield* said(open, pieces)
            assert.match(answer, /^HTTP\/1.1 200 /)
            assert.include(answer, '"POST","/other",{"host":"mail.demo.test"')
            assert.include(answer, '"x-twice":"a, b"')
            assert.include(answer, '},"0123456789"]')
          }
        }
      })
  )
})
