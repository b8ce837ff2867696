import { Effect } from "effect"
import type { Part } from "../../../src/domain/Content.ts"
import { NotFound } from "../../../src/domain/errors.ts"
import { ContentId, CorrelationId, type MessageId } from "../../../src/domain/ids.ts"
import type { MessageSummary } from "../../../src/domain/Message.ts"
import type { ContentsCore } from "../../../src/protocols/activesync/content/batchedCore.ts"
import { readMessage } from "../../../src/protocols/mime/readMessage.ts"
import type { Call } from "../../../src/rpc/Call.ts"
import { CoreConfig } from "../../../src/rpc/CoreConfig.ts"
import type { Authorized } from "../../../src/rpc/guard.ts"
import {
  type ContentServices,
  getBodies,
  getBody,
  getPart,
  getRaw
} from "../../../src/rpc/handlers/contents.ts"
import { getMessages } from "../../../src/rpc/handlers/reads.ts"
import { BlobStore } from "../../../src/storage/blobs/BlobStore.ts"
import { blobKey } from "../../../src/storage/blobs/blobKey.ts"
import { alice, receivedAt, summaryOf, tenantId } from "../alice.ts"

export const call: Call = {
  principal: alice,
  correlationId: CorrelationId("test"),
  remote: null,
  origin: "test"
}

/** A mailbox of stored messages in memory, read by the handlers that serve `Core`. */
export interface StoredMail {
  readonly core: ContentsCore
  readonly blobs: BlobStore["Type"]
  readonly messages: Map<MessageId, MessageSummary>
  /** Stores a message as ingest does, numbered from 1. */
  readonly store: (raw: Uint8Array | string, as?: Partial<MessageSummary>) => Effect.Effect<MessageSummary>
}

export const storedMail: Effect.Effect<StoredMail> = Effect.gen(function* () {
  const blobs = yield* BlobStore
  const limits = yield* Effect.orDie(CoreConfig)
  const messages = new Map<MessageId, MessageSummary>()
  const structures = new Map<ContentId, ReadonlyArray<Part>>()

  const message = (id: MessageId) =>
    Effect.suspend(() => {
      const found = messages.get(id)
      return found === undefined ? new NotFound({ what: "message" }) : Effect.succeed(found)
    })
  const parts = (contentId: ContentId) => Effect.sync(() => structures.get(contentId) ?? [])

  const services: ContentServices = {
    blobs,
    limits,
    reader: {
      message: (_, id) => message(id),
      parts,
      page: () => unused,
      byDate: () => unused,
      countSince: () => unused,
      messages: (_, ids) => Effect.sync(() => ids.flatMap((id) => messages.get(id) ?? [])),
      structures: (contentIds) =>
        Effect.sync(
          () =>
            new Map(
              contentIds.flatMap((id) => [[id, structures.get(id) ?? []] satisfies [ContentId, unknown]])
            )
        ),
      thread: () => unused,
      journal: () => unused,
      operations: () => unused
    },
    router: { ask: () => unused, state: () => unused, listen: () => unused, watch: () => unused }
  }
  const authorized: Authorized = {
    ...call,
    access: { tenantId, may: () => true, maySomewhere: () => true }
  }

  const store: StoredMail["store"] = (given, as = {}) =>
    Effect.gen(function* () {
      const raw = Buffer.from(given)
      const number = messages.size + 1
      const contentId = ContentId(`cccccccc-0000-4000-8000-${String(number).padStart(12, "0")}`)
      const ref = yield* Effect.orDie(
        blobs.putBytes(blobKey({ tenantId, contentId, acceptedAt: receivedAt }), raw)
      )
      structures.set(contentId, readMessage(raw).parts)
      const { key, checksum } = ref
      const stored = summaryOf(raw, number, { contentId, blobKey: key, checksum, ...as })
      messages.set(stored.id, stored)
      return stored
    })

  const core: ContentsCore = {
    getMessage: (_, { messageId }) =>
      Effect.flatMap(message(messageId), (found) =>
        Effect.map(parts(found.contentId), (structure) => ({ message: found, parts: structure }))
      ),
    getMessages: (_, input) => getMessages(services)(authorized, input),
    getBodies: (_, input) => getBodies(services)(authorized, input),
    getBody: (_, input) => getBody(services)(authorized, input),
    getPart: (_, input) => getPart(services)(authorized, input),
    getRaw: (_, input) => getRaw(services)(authorized, input)
  }
  return { blobs, messages, store, core }
}).pipe(Effect.provide(BlobStore.layerMemory))

const unused = Effect.dieMessage("not of this test")
