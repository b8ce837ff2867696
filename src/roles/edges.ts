import { fileURLToPath } from "node:url"
import { Effect, Layer } from "effect"
import { LocalIssuer } from "../identity/issuer/LocalIssuer.ts"
import { RelyingParty } from "../identity/relyingParty/RelyingParty.ts"
import * as SessionsLive from "../identity/SessionsLive.ts"
import { TlsCertificate } from "../identity/tls/TlsCertificate.ts"
import * as UserPreferencesLive from "../identity/UserPreferencesLive.ts"
import * as IntakeLive from "../pipeline/IntakeLive.ts"
import { ListenConfig } from "../ports.ts"
import * as activesync from "../protocols/activesync/ActiveSyncServer.ts"
import * as autodiscover from "../protocols/activesync/autodiscover/Autodiscover.ts"
import * as commandTable from "../protocols/activesync/commandTable.ts"
import { HttpServer } from "../protocols/http/HttpServer.ts"
import { Pages } from "../protocols/http/Pages.ts"
import { ImageProxy } from "../protocols/owa/images/ImageProxy.ts"
import * as owa from "../protocols/owa/OwaServer.ts"
import { MessageParts } from "../protocols/owa/parts/MessageParts.ts"
import * as uploads from "../protocols/owa/uploads/Uploads.ts"
import { paths as signInPaths } from "../protocols/signIn/paths.ts"
import * as signIn from "../protocols/signIn/SignInServer.ts"
import { SmtpConfig } from "../protocols/smtp/SmtpConfig.ts"
import { SmtpServer } from "../protocols/smtp/SmtpServer.ts"
import * as RpcHandlerLive from "../rpc/RpcHandler.ts"
import { RpcHandler } from "../rpc/RpcHandler.ts"
import * as grpc from "../rpc/server.ts"
import { mime } from "./foundation.ts"

/** Where `npm run build` leaves the pages, seen from here as from dist/. */
const builtPages = fileURLToPath(new URL("../../dist/web", import.meta.url))

/** People sign in with whatever issuer the settings name, or with our own. */
const signingIn = signIn.layer.pipe(
  Layer.provide(RelyingParty.layer),
  Layer.provide(LocalIssuer.layer(signInPaths))
)

/** The platform over HTTP: phones, pages, programs. */
const web = Layer.unwrapEffect(
  Effect.gen(function* () {
    const { host, http, https } = yield* ListenConfig
    const tls = yield* TlsCertificate
    const rpc = yield* RpcHandler
    const phones = yield* activesync.ActiveSyncServer
    const discovery = yield* autodiscover.Autodiscover
    const images = yield* ImageProxy
    const parts = yield* MessageParts
    const mail = yield* owa.OwaServer
    const files = yield* uploads.Uploads
    const signing = yield* signIn.SignInServer
    const pages = yield* Pages
    return HttpServer.layer({
      host,
      httpPort: http,
      httpsPort: https,
      tls,
      mounts: [
        phones.handle,
        discovery.handle,
        rpc.handle,
        images.handle,
        files.handle,
        parts.handle,
        mail.handle,
        signing.handle,
        pages.handle
      ],
      upgrades: [mail.upgrade],
      stopping: Effect.zipRight(phones.stop, mail.stop)
    })
  })
).pipe(
  Layer.provide(
    Layer.mergeAll(
      activesync.layer.pipe(Layer.provide(commandTable.layer), Layer.provide(mime)),
      autodiscover.layer,
      Layer.mergeAll(
        owa.layer.pipe(Layer.provide(UserPreferencesLive.layer)),
        ImageProxy.layer(),
        uploads.layer,
        MessageParts.layer,
        signingIn
      ).pipe(Layer.provideMerge(SessionsLive.layer)),
      Pages.layer(builtPages)
    )
  )
)

/** gRPC for programs. */
const programs = Layer.unwrapEffect(
  Effect.map(ListenConfig, ({ host, grpc: port }) => grpc.layer({ host, port }))
)

/** Mail from the world. */
export const mail = Layer.unwrapEffect(
  Effect.map(ListenConfig, ({ host, smtp, lmtp }) =>
    SmtpServer.layer({
      listeners: [
        { protocol: "smtp", tls: "starttls", host, port: smtp },
        { protocol: "lmtp", tls: "starttls", host, port: lmtp }
      ]
    })
  )
).pipe(Layer.provide(Layer.merge(IntakeLive.layer, SmtpConfig.layerConfig)))

export const webEdge = web.pipe(Layer.provide(RpcHandlerLive.layer))
export const grpcEdge = programs.pipe(Layer.provide(RpcHandlerLive.layer))

/** All edges of one process. Built last, so that nobody is let in before what stands behind works. */
export const edges = Layer.mergeAll(web, programs, mail).pipe(Layer.provideMerge(RpcHandlerLive.layer))
