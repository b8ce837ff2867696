import { X509Certificate } from "node:crypto"
import { once } from "node:events"
import { connect, type Socket } from "node:net"
import { connect as connectTls } from "node:tls"
import { NodeContext } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Layer } from "effect"
import { TlsCertificate } from "../../src/identity/tls/TlsCertificate.ts"
import { Health } from "../../src/observability/health.ts"
import * as IntakeLive from "../../src/pipeline/IntakeLive.ts"
import { HttpServer } from "../../src/protocols/http/HttpServer.ts"
import { SmtpConfig } from "../../src/protocols/smtp/SmtpConfig.ts"
import { SmtpServer } from "../../src/protocols/smtp/SmtpServer.ts"
import { RateLimits } from "../../src/storage/limits/RateLimits.ts"
import { selfSigned } from "../support/certificate.ts"
import { makeIntakeTwins } from "../support/intakeTwins.ts"

const makePair = selfSigned("mx.demo.test")

/** A certificate that the test rotates when it likes. */
const rotatable = Effect.gen(function* () {
  const [first, second] = [yield* makePair, yield* makePair]
  const listeners = new Set<(pair: typeof first) => void>()
  const certificate = {
    ...first,
    isSelfSigned: true,
    onRotation: (use: (pair: typeof first) => void) => Effect.sync(() => void listeners.add(use))
  }
  const rotate = () => {
    for (const use of listeners) use(second)
  }
  return { certificate, rotate, first: fingerprint(first.cert), second: fingerprint(second.cert) }
})

const fingerprint = (pem: string) => new X509Certificate(pem).fingerprint256

/** What a server shows; on a socket that is already open where one is given. */
const shownBy = (port: number, socket?: Socket) =>
  Effect.promise(async () => {
    const client = connectTls({
      port,
      host: "127.0.0.1",
      rejectUnauthorized: false,
      ...(socket && { socket })
    })
    await once(client, "secureConnect")
    const { fingerprint256 } = client.getPeerCertificate()
    client.destroy()
    return fingerprint256
  })

const afterStartTls = (port: number) =>
  Effect.flatMap(
    Effect.promise(async () => {
      const socket = connect(port, "127.0.0.1")
      for (const line of ["EHLO client.test\r\n", "STARTTLS\r\n", ""]) {
        await once(socket, "data")
        socket.write(line)
      }
      return socket
    }),
    (socket) => shownBy(port, socket)
  )

const local = { host: "127.0.0.1", port: 0 } as const

describe("a certificate that is rotated", () => {
  it.scopedLive("is seen by new connections over HTTPS", () =>
    Effect.gen(function* () {
      const { certificate, rotate, first, second } = yield* rotatable
      const context = yield* Layer.build(
        HttpServer.layer({ host: local.host, httpPort: 0, httpsPort: 0, tls: certificate, mounts: [] }).pipe(
          Layer.provide(Health.layer)
        )
      )
      const { httpsPort } = Context.get(context, HttpServer)
      assert.strictEqual(yield* shownBy(httpsPort), first)
      rotate()
      assert.strictEqual(yield* shownBy(httpsPort), second)
    })
  )

  it.scopedLive("is seen by new connections over SMTP, implicit and after STARTTLS", () =>
    Effect.gen(function* () {
      const { certificate, rotate, first, second } = yield* rotatable
      const context = yield* Layer.build(
        SmtpServer.layer({
          listeners: [
            { protocol: "smtp", tls: "starttls", ...local },
            { protocol: "smtp", tls: "implicit", ...local }
          ]
        }).pipe(
          Layer.provide(IntakeLive.layer),
          Layer.provide(makeIntakeTwins().layer),
          Layer.provide(SmtpConfig.layer({})),
          Layer.provide(Layer.merge(Layer.succeed(TlsCertificate, certificate), RateLimits.layerLocal())),
          Layer.provide(NodeContext.layer)
        )
      )
      const [smtp = 0, smtps = 0] = Context.get(context, SmtpServer).listeners.map(({ port }) => port)
      assert.strictEqual(yield* afterStartTls(smtp), first)
      assert.strictEqual(yield* shownBy(smtps), first)
      rotate()
      assert.strictEqual(yield* afterStartTls(smtp), second)
      assert.strictEqual(yield* shownBy(smtps), second)
    })
  )
})
