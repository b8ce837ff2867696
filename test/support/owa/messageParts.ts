import { ConfigProvider, Context, Effect, Layer, type Scope, Stream } from "effect"
import { NotFound } from "../../../src/domain/errors.ts"
import {
  BlobKey,
  ContentId,
  FolderId,
  MailboxId,
  MessageId,
  ModSeq,
  ThreadId,
  Uid
} from "../../../src/domain/ids.ts"
import type { MessageSummary } from "../../../src/domain/Message.ts"
import { Health } from "../../../src/observability/health.ts"
import { HttpServer, type Mount } from "../../../src/protocols/http/HttpServer.ts"
import { decodePart } from "../../../src/protocols/mime/decode.ts"
import { readMessage } from "../../../src/protocols/mime/readMessage.ts"
import { MessageParts } from "../../../src/protocols/owa/parts/MessageParts.ts"
import { Core, type MessageView } from "../../../src/rpc/Core.ts"
import { type Answer, type Asked, ask, twoSessions } from "../imageProxy.ts"

const ann = MailboxId("0190a000-0000-7000-8000-000000000001")

/** The one message, of Ann's: its number is 7. */
export const viewOf = (raw: Buffer): MessageView => {
  const { envelope, parts, headers, preview, hasAttachments } = readMessage(raw)
  const message: MessageSummary = {
    id: MessageId(7),
    folderId: FolderId(1),
    uid: Uid(7),
    flags: [],
    categories: [],
    sizeBytes: raw.length,
    threadId: ThreadId(7),
    ...envelope,
    date: envelope.sentAt,
    receivedAt: Date.UTC(2026, 10, 30, 12),
    preview,
    hasAttachments,
    headers,
    contentId: ContentId("test"),
    blobKey: BlobKey("blobs/x"),
    checksum: "",
    modSeq: ModSeq(1)
  }
  return { message, parts }
}

const coreOf = (raw: Buffer, pieceBytes: number) => {
  const view = viewOf(raw)
  const pieces = (bytes: Buffer) =>
    Stream.fromIterable(
      Array.from({ length: Math.ceil(bytes.length / pieceBytes) }, (_value, n) =>
        bytes.subarray(n * pieceBytes, (n + 1) * pieceBytes)
      )
    )
  const isThere = (of: { readonly mailboxId: MailboxId; readonly messageId: MessageId }) =>
    of.mailboxId === ann && of.messageId === 7
  return Layer.mock(Core, {
    getMessage: (_call, of) => (isThere(of) ? Effect.succeed(view) : new NotFound({ what: "message" })),
    getRaw: (_call, of) => (isThere(of) ? pieces(raw) : Stream.fail(new NotFound({ what: "message" }))),
    getPart: (_call, of) => {
      const part = view.parts.find(({ path }) => path === of.path)
      return part === undefined || !isThere(of)
        ? Stream.fail(new NotFound({ what: "part" }))
        : pieces(decodePart(raw.subarray(part.bodyStart, part.bodyEnd), part))
    }
  })
}

interface World {
  readonly settings?: Readonly<Record<string, string>>
  readonly pieceBytes?: number
}

/** Answers for one message of Ann's, which is read as ingest reads it. */
export const messageParts = (
  raw: Buffer,
  { settings = {}, pieceBytes = 64 * 1024 }: World = {}
): Effect.Effect<Mount, never, Scope.Scope> =>
  Layer.build(MessageParts.layer.pipe(Layer.provide(Layer.merge(twoSessions, coreOf(raw, pieceBytes))))).pipe(
    Effect.withConfigProvider(ConfigProvider.fromMap(new Map(Object.entries(settings)))),
    Effect.map((built) => Context.get(built, MessageParts).handle),
    Effect.orDie
  )

export interface AskedParts {
  readonly port: number
  /** By Ann unless told otherwise. */
  readonly ask: (path: string, asked?: Asked) => Effect.Effect<Answer>
}

/** The same over HTTP. */
export const askedParts = (raw: Buffer, world?: World): Effect.Effect<AskedParts, never, Scope.Scope> =>
  Effect.gen(function* () {
    const handle = yield* messageParts(raw, world)
    const server = HttpServer.layer({
      host: "127.0.0.1",
      httpPort: 0,
      httpsPort: 0,
      tls: null,
      mounts: [handle]
    }).pipe(Layer.provide(Health.layer))
    const { httpPort: port } = Context.get(yield* Layer.build(server), HttpServer)
    const asAnn = { headers: { cookie: "session=ann" } }
    return { port, ask: (path, asked) => ask(port, path, { ...asAnn, ...asked }) } satisfies AskedParts
  }).pipe(Effect.orDie)
