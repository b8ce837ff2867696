import { FileSystem } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { Effect, Layer } from "effect"
import * as TlsCertificates from "../../src/identity/tls/TlsCertificate.ts"
import * as IntakeLive from "../../src/pipeline/IntakeLive.ts"
import { SmtpConfig, type SmtpSettings } from "../../src/protocols/smtp/SmtpConfig.ts"
import { SmtpServer } from "../../src/protocols/smtp/SmtpServer.ts"
import { RateLimits } from "../../src/storage/limits/RateLimits.ts"
import type { IntakeTwins } from "./intakeTwins.ts"

const local = { host: "127.0.0.1", port: 0 } as const

export interface SmtpPorts {
  readonly smtp: number
  readonly smtps: number
  readonly lmtp: number
  readonly openConnections: Effect.Effect<number>
}

/** SMTP, SMTP over TLS and LMTP on free ports over the twins, until the scope ends. */
export const startSmtp = (
  twins: IntakeTwins,
  settings: Partial<SmtpSettings> = {},
  limits: Layer.Layer<RateLimits> = RateLimits.layerLocal()
) =>
  Effect.gen(function* () {
    const server = SmtpServer.layer({
      listeners: [
        { protocol: "smtp", tls: "starttls", ...local },
        { protocol: "smtp", tls: "implicit", ...local },
        { protocol: "lmtp", tls: "starttls", ...local }
      ]
    }).pipe(
      Layer.provide(IntakeLive.layer),
      Layer.provide(Layer.merge(twins.layer, limits)),
      Layer.provide(SmtpConfig.layer({ hostname: "mx.demo.test", ...settings })),
      Layer.provide(certificate)
    )
    const running = yield* Layer.build(server)
    const { listeners, openConnections } = yield* Effect.provide(SmtpServer, running)
    const [smtp = 0, smtps = 0, lmtp = 0] = listeners.map((listener) => listener.port)
    return { smtp, smtps, lmtp, openConnections } satisfies SmtpPorts
  })

const certificate = Layer.unwrapScoped(
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    return TlsCertificates.layerSelfSigned({ directory: yield* fs.makeTempDirectoryScoped(), names: [] })
  })
).pipe(Layer.provide(NodeContext.layer))
