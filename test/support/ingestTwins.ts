import { ConfigProvider, Effect, Layer } from "effect"
import type { CoreError, Unavailable } from "../../src/domain/errors.ts"
import { Health } from "../../src/observability/health.ts"
import type { IngestTask } from "../../src/pipeline/IngestTask.ts"
import * as ingest from "../../src/pipeline/ingest.ts"
import { MimeReader } from "../../src/protocols/mime/MimeReader.ts"
import { Core } from "../../src/rpc/Core.ts"
import { BlobStore } from "../../src/storage/blobs/BlobStore.ts"
import { ContentStore } from "../../src/storage/contents/ContentStore.ts"
import { makeStreamTwin, type StreamTwin } from "./streamTwin.ts"

/** What the ingest worker stands on, in memory. Messages have names, and what happens to them is told in its order. */
export interface IngestTwins {
  /** `claim a`, `put a b`, `ack a b`, `release a +1000`, `fail a: why`, `dead a: why`. */
  readonly story: Array<string>
  /** Run while a message is read, before contents are put, and for what Core answers; a test may wait or fail there. */
  readonly on: {
    read: (name: string) => Effect.Effect<void>
    put: (names: ReadonlyArray<string>) => Effect.Effect<void, Unavailable>
    deliver: (name: string) => Effect.Effect<CoreError | null, CoreError>
  }
  isReady: boolean
  /** Octets of the messages that are being read, and at most so far. */
  readonly reading: { now: number; most: number }
  readonly accept: (name: string, sizeBytes?: number) => void
  readonly acceptNonsense: (name: string) => void
  readonly layer: (settings?: Readonly<Record<string, string>>) => ReturnType<typeof layer>
}

export const makeIngestTwins = (): IngestTwins => {
  const stream = makeStreamTwin("mail_ingest")
  const twins: IngestTwins = {
    story: stream.story,
    on: { read: () => Effect.void, put: () => Effect.void, deliver: () => Effect.succeed(null) },
    isReady: true,
    reading: { now: 0, most: 0 },
    accept: (name, sizeBytes = 1000) => stream.accept(name, payloadOf(name, sizeBytes)),
    acceptNonsense: (name) => stream.accept(name, { nonsense: true }),
    layer: (settings = {}) => layer(twins, { stream, settings })
  }
  return twins
}

const payloadOf = (name: string, sizeBytes: number) =>
  ({
    contentId: name,
    tenantId: "tenant",
    blobKey: `${name}/${sizeBytes}`,
    checksum: "",
    sizeBytes,
    receivedAt: 0,
    sender: "a@b.test",
    protocol: "smtp",
    recipients: [{ mailboxId: "mailbox", addresses: [], detail: null }]
  }) satisfies typeof IngestTask.Encoded

const layer = (
  twins: IngestTwins,
  { stream, settings }: { readonly stream: StreamTwin; readonly settings: Readonly<Record<string, string>> }
) =>
  ingest.layer.pipe(
    Layer.provide(
      Layer.mergeAll(
        stream.layer,
        blobs(twins),
        contents(twins),
        core(twins),
        MimeReader.layerInline(),
        Layer.mock(Health, {
          readiness: Effect.sync(() => ({ ready: twins.isReady, checks: {} }))
        }),
        Layer.setConfigProvider(ConfigProvider.fromMap(new Map(Object.entries(settings))))
      )
    )
  )

const blobs = (twins: IngestTwins) =>
  Layer.mock(BlobStore, {
    get: ({ key }) => {
      const [name = "", size = ""] = key.split("/")
      const held = (more: number) =>
        Effect.sync(() => {
          twins.reading.now += more
          twins.reading.most = Math.max(twins.reading.most, twins.reading.now)
        })
      return Effect.acquireUseRelease(
        held(Number(size)),
        () =>
          Effect.as(
            Effect.suspend(() => twins.on.read(name)),
            Buffer.from(`Subject: ${name}\r\n\r\n`)
          ),
        () => held(-Number(size))
      )
    }
  })

const contents = (twins: IngestTwins) =>
  Layer.mock(ContentStore, {
    put: (some) =>
      Effect.suspend(() => {
        const names = some.map(({ contentId }) => contentId)
        return Effect.tap(twins.on.put(names), () => twins.story.push(`put ${names.join(" ")}`))
      })
  })

const core = (twins: IngestTwins) =>
  Layer.mock(Core, {
    deliver: (_, { taskId, recipients }) =>
      Effect.map(
        Effect.suspend(() => twins.on.deliver(taskId)),
        (error) => recipients.map(({ mailboxId }) => ({ mailboxId, error, modSeq: null, isDuplicate: false }))
      )
  })
