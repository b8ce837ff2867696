import { randomBytes, randomUUID } from "node:crypto"
import { Clock, Effect, Layer } from "effect"
import { Router } from "../../src/actors/mailbox/MailboxProtocol.ts"
import type { Command } from "../../src/domain/Command.ts"
import type { FolderRole } from "../../src/domain/Folder.ts"
import {
  type BlobKey,
  ContentId,
  CorrelationId,
  type MailboxId,
  MessageId,
  TaskId,
  TenantId
} from "../../src/domain/ids.ts"
import { ingestTask } from "../../src/pipeline/mailTasks.ts"
import { BlobStore } from "../../src/storage/blobs/BlobStore.ts"
import { blobKey } from "../../src/storage/blobs/blobKey.ts"
import { ContentStore } from "../../src/storage/contents/ContentStore.ts"
import * as MailboxStorePg from "../../src/storage/mailbox/MailboxStorePg.ts"
import * as NotifyTargetsPg from "../../src/storage/notify/NotifyTargetsPg.ts"
import { Postgres, statement } from "../../src/storage/postgres.ts"
import * as BlobReferencesPg from "../../src/storage/reconcile/BlobReferencesPg.ts"
import * as RetentionPg from "../../src/storage/retention/RetentionPg.ts"
import { Streams } from "../../src/storage/streams/Streams.ts"
import { layerWith } from "../../src/storage/streams/StreamsPg.ts"
import { Turns } from "../../src/storage/turns/Turns.ts"
import { asking, routerOn } from "./actors.ts"
import { newMessage } from "./domain.ts"
import { layerMailboxesPg } from "./mailboxesPg.ts"
import { quiet } from "./streams.ts"

/** Mailboxes with their actors, and what upkeep stands on, on a database of their own; blobs in memory. */
export const layerUpkeepWorld = Layer.mergeAll(
  routerOn(MailboxStorePg.layer),
  ContentStore.layer,
  BlobStore.layerMemory,
  NotifyTargetsPg.layer,
  RetentionPg.layer,
  BlobReferencesPg.layer,
  Turns.layer,
  layerWith(quiet)
).pipe(Layer.provideMerge(layerMailboxesPg), Layer.orDie)

/** The tenant of every mailbox of `newMailbox`. */
export const tenantId = TenantId("00000000-0000-4000-8000-00000000000a")

export const ask = (mailboxId: MailboxId, command: Command) =>
  Effect.flatMap(Router, (router) => Effect.orDie(router.ask(asking(command, { mailboxId }))))

export const query = <Row extends object>(
  text: string,
  values: ReadonlyArray<string | number | ReadonlyArray<string>> = []
) => Effect.flatMap(Postgres, (postgres) => Effect.orDie(postgres.query(statement<Row>({ text }), values)))

/** A blob that nobody refers to yet. */
export const storedBlob = (sizeBytes = 100) =>
  Effect.gen(function* () {
    const blobs = yield* BlobStore
    const contentId = ContentId(randomUUID())
    const acceptedAt = yield* Clock.currentTimeMillis
    const bytes = randomBytes(sizeBytes)
    const ref = yield* Effect.orDie(blobs.putBytes(blobKey({ tenantId, contentId, acceptedAt }), bytes))
    return { ...ref, contentId }
  })
export type StoredBlob = Effect.Effect.Success<ReturnType<typeof storedBlob>>

/** Delivers a blob as a message, as ingest does. */
export const delivered = (
  mailboxId: MailboxId,
  blob: StoredBlob,
  options: { readonly target?: FolderRole; readonly receivedAt?: number; readonly subject?: string } = {}
) =>
  Effect.gen(function* () {
    const contents = yield* ContentStore
    yield* Effect.orDie(contents.put([{ contentId: blob.contentId, blobKey: blob.key, parts: [onePart] }]))
    const { envelope } = newMessage()
    const { changes } = yield* ask(mailboxId, {
      _tag: "Deliver",
      taskId: TaskId(randomUUID()),
      target: options.target ?? "inbox",
      message: newMessage({
        contentId: blob.contentId,
        blobKey: blob.key,
        checksum: blob.checksum,
        sizeBytes: blob.sizeBytes,
        receivedAt: options.receivedAt ?? 1_700_000_000_000,
        envelope: { ...envelope, subject: options.subject ?? "" }
      })
    })
    const [change] = changes
    return change?._tag === "MessageAdded" ? change.messageId : MessageId(0)
  })

export const expunged = (mailboxId: MailboxId, ...messageIds: ReadonlyArray<MessageId>) =>
  ask(mailboxId, { _tag: "ExpungeMessages", messageIds })

/** The task of an accepted message that nobody has read yet. */
export const accepted = (mailboxId: MailboxId, blob: StoredBlob) =>
  Effect.gen(function* () {
    const streams = yield* Streams
    const taskId = TaskId(randomUUID())
    yield* streams.publish([
      ingestTask(
        {
          taskId,
          contentId: blob.contentId,
          tenantId,
          ref: blob,
          receivedAt: 0,
          sender: "a@b.test",
          protocol: "smtp",
          correlationId: CorrelationId("test"),
          notBefore: null
        },
        [{ address: "x@example.test", mailboxId, tenantId, detail: null }]
      )
    ])
    return taskId
  })

export const isStored = (key: BlobKey) =>
  Effect.flatMap(BlobStore, (blobs) =>
    blobs.sizeBytes(key).pipe(
      Effect.as(true),
      Effect.catchTag("BlobNotFound", () => Effect.succeed(false))
    )
  )

/** Runs a pass from its beginning, or a cursor, to its end. */
export const wholePass = <E, R>(step: (cursor: string | null) => Effect.Effect<string | null, E, R>) =>
  Effect.gen(function* () {
    let cursor: string | null = null
    let steps = 0
    do {
      cursor = yield* step(cursor)
      steps += 1
    } while (cursor !== null)
    return steps
  })

const onePart = {
  path: "1",
  parent: -1,
  type: "text/plain",
  parameters: {},
  charset: null,
  encoding: "7bit",
  disposition: null,
  fileName: null,
  contentId: null,
  contentLocation: null,
  description: null,
  headerStart: 0,
  bodyStart: 0,
  bodyEnd: 1,
  sizeBytes: 1,
  decodedSizeBytes: 1,
  lines: 0
} as const
