import { ConfigProvider, Context, Duration, Effect, Layer, Queue, Schema, type Scope, Stream } from "effect"
import { CorrelationId, MailboxId } from "../../../src/domain/ids.ts"
import type { UserPrincipal } from "../../../src/identity/Principal.ts"
import { Sessions } from "../../../src/identity/Sessions.ts"
import { Health } from "../../../src/observability/health.ts"
import { HttpServer } from "../../../src/protocols/http/HttpServer.ts"
import * as uploads from "../../../src/protocols/owa/uploads/Uploads.ts"
import { readUpload, upload } from "../../../src/rpc/handlers/uploads.ts"
import { type Upload, type UploadedFile, Writing } from "../../../src/rpc/Writing.ts"
import { BlobStore } from "../../../src/storage/blobs/BlobStore.ts"
import { tenantPrefix } from "../../../src/storage/blobs/blobKey.ts"
import { alice, tenantId } from "../alice.ts"
import { awaited } from "../awaited.ts"
import type { Settings } from "../platform.ts"
import { aliceCookie, signedIn } from "./owaEdge.ts"

export interface UploadEdge {
  readonly port: number
  /** Waits until so many octets of one file have come to who writes them down. */
  readonly reaches: (bytes: number) => Effect.Effect<void>
  /** Waits until a file is whole, or given up. */
  readonly ends: Effect.Effect<void>
  readonly stored: Effect.Effect<number>
  readonly uploaded: (body: unknown) => Effect.Effect<Upload>
  /** As alice; null where there is none. */
  readonly read: (uploadId: string) => Effect.Effect<UploadedFile | null>
  readonly readAsBob: (uploadId: string) => Effect.Effect<UploadedFile | null>
  readonly readExpired: (uploadId: string) => Effect.Effect<UploadedFile | null>
}

const bob: UserPrincipal = { ...alice, mailboxId: MailboxId("bbbbbbbb-0000-4000-8000-000000000002") }

const Body = Schema.Struct({
  uploadId: Schema.String,
  sizeBytes: Schema.Number,
  expiresAt: Schema.Number
})

const callOf = (principal: UserPrincipal) => ({
  principal,
  correlationId: CorrelationId("test"),
  remote: null,
  origin: "owa",
  access: { tenantId, may: () => true, maySomewhere: () => true }
})

/** Where alice hands files in, and the blobs that become of them. */
export const uploadEdge = (settings: Settings = {}): Effect.Effect<UploadEdge, never, Scope.Scope> =>
  Effect.gen(function* () {
    const blobs = Context.get(yield* Layer.build(BlobStore.layerMemory), BlobStore)
    const came = yield* Queue.unbounded<number>()
    const ended = yield* Queue.unbounded<null>()
    const services = { blobs, contents: { put: () => Effect.void }, lifetime: Duration.hours(12) }
    const writing = Layer.mock(Writing, {
      upload: (_, input) => {
        let size = 0
        const bytes = Stream.tap(input.bytes, ({ length }) => {
          size += length
          return Queue.offer(came, size)
        })
        return Effect.ensuring(upload(services)(callOf(alice), { ...input, bytes }), Queue.offer(ended, null))
      }
    })
    const authenticate = (cookie: string | undefined) =>
      Effect.succeed(cookie === aliceCookie ? signedIn : null)
    const server = Layer.unwrapEffect(
      Effect.map(uploads.Uploads, ({ handle }) =>
        HttpServer.layer({ host: "127.0.0.1", httpPort: 0, httpsPort: 0, tls: null, mounts: [handle] })
      )
    ).pipe(
      Layer.provide(uploads.layer),
      Layer.provide(Layer.mergeAll(writing, Layer.mock(Sessions, { authenticate }), Health.layer))
    )
    const { httpPort } = Context.get(yield* Layer.build(server), HttpServer)
    const readBy =
      (principal: UserPrincipal, lifetime = services.lifetime) =>
      (uploadId: string) =>
        readUpload({ ...services, lifetime })(callOf(principal), {
          mailboxId: principal.mailboxId,
          uploadId
        }).pipe(
          Effect.catchTag("NotFound", () => Effect.succeed(null)),
          Effect.orDie
        )
    return {
      port: httpPort,
      reaches: (bytes: number) =>
        awaited(
          `${bytes} octets`,
          Effect.asVoid(Effect.repeat(Queue.take(came), { until: (size) => size >= bytes }))
        ),
      ends: awaited("the end of a file", Effect.asVoid(Queue.take(ended))),
      stored: Effect.map(
        Effect.orDie(blobs.list(tenantPrefix(tenantId), { after: null, limit: 10 })),
        (all) => all.length
      ),
      uploaded: (body: unknown) => Effect.orDie(Schema.decodeUnknown(Body)(body)),
      read: readBy(alice),
      readAsBob: readBy(bob),
      readExpired: readBy(alice, Duration.zero)
    }
  }).pipe(Effect.withConfigProvider(ConfigProvider.fromMap(new Map(Object.entries(settings)))), Effect.orDie)
