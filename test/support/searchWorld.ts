import { createHash, randomUUID } from "node:crypto"
import { Clock, Effect, Either, Layer, Option } from "effect"
import { Router } from "../../src/actors/mailbox/MailboxProtocol.ts"
import type { Command } from "../../src/domain/Command.ts"
import type { FolderRole } from "../../src/domain/Folder.ts"
import {
  BlobKey,
  ContentId,
  type FolderId,
  type MailboxId,
  type MessageId,
  TaskId
} from "../../src/domain/ids.ts"
import type { NewMessage } from "../../src/domain/Message.ts"
import { makeIndexMessage } from "../../src/pipeline/indexMessage.ts"
import { readMessage } from "../../src/protocols/mime/readMessage.ts"
import { BlobStore } from "../../src/storage/blobs/BlobStore.ts"
import { ContentStore } from "../../src/storage/contents/ContentStore.ts"
import * as MailboxStorePg from "../../src/storage/mailbox/MailboxStorePg.ts"
import * as SearchFeedPg from "../../src/storage/search/pg/SearchFeedPg.ts"
import { parseQuery } from "../../src/storage/search/query/parse.ts"
import { type Found, Search, type SearchRequest } from "../../src/storage/search/Search.ts"
import { type IndexedDocument, SearchFeed } from "../../src/storage/search/SearchFeed.ts"
import { SearchMirror } from "../../src/storage/search/SearchMirror.ts"
import { asking, routerOn } from "./actors.ts"
import { layerMailboxesPg } from "./mailboxesPg.ts"

/** Mailboxes with their actors, blobs and contents, and the feed of the index, on a database of their own. */
export const layerSearchWorld = Layer.mergeAll(
  routerOn(MailboxStorePg.layer),
  ContentStore.layer,
  BlobStore.layerMemory,
  SearchFeedPg.layer
).pipe(Layer.provideMerge(layerMailboxesPg))

/** A mail in few words. */
export interface Letter {
  readonly subject?: string
  readonly from?: string
  readonly to?: string
  readonly cc?: string
  readonly text?: string
  /** Header fields and body, instead of `text`. */
  readonly entity?: string
}

export const rawLetter = (letter: Letter): Buffer =>
  Buffer.from(
    [
      `From: ${letter.from ?? "Somebody <somebody@elsewhere.test>"}`,
      `To: ${letter.to ?? "owner@demo.test"}`,
      ...(letter.cc === undefined ? [] : [`Cc: ${letter.cc}`]),
      `Subject: ${letter.subject ?? ""}`,
      "MIME-Version: 1.0",
      letter.entity ?? `Content-Type: text/plain; charset=utf-8\r\n\r\n${letter.text ?? ""}`
    ].join("\r\n")
  )

export const ask = (mailboxId: MailboxId, command: Command) =>
  Effect.flatMap(Router, (router) => Effect.orDie(router.ask(asking(command, { mailboxId }))))

/** Reads and stores a mail as ingest does, without putting it into a mailbox. */
export const accepted = (raw: Buffer, { receivedAt }: { readonly receivedAt?: number } = {}) =>
  Effect.gen(function* () {
    const blobs = yield* BlobStore
    const contents = yield* ContentStore
    const contentId = ContentId(randomUUID())
    const blobKey = BlobKey(`blobs/00000000-0000-4000-8000-00000000000a/2026/01/01/${contentId}.eml`)
    yield* blobs.putBytes(blobKey, raw)
    const content = readMessage(raw)
    yield* contents.put([{ contentId, blobKey, parts: content.parts }])
    const message: NewMessage = {
      contentId,
      blobKey,
      checksum: createHash("sha256").update(raw).digest("hex"),
      sizeBytes: raw.length,
      envelope: content.envelope,
      topic: content.topic,
      preview: content.preview,
      headers: content.headers,
      hasAttachments: content.hasAttachments,
      receivedAt: receivedAt ?? (yield* Clock.currentTimeMillis)
    }
    return message
  }).pipe(Effect.orDie)

/** Delivers a mail and gives its number. */
export const deliver = (
  mailboxId: MailboxId,
  letter: Letter | Buffer,
  { receivedAt, target = "inbox" }: { readonly receivedAt?: number; readonly target?: FolderRole } = {}
) =>
  Effect.gen(function* () {
    const raw = Buffer.isBuffer(letter) ? letter : rawLetter(letter)
    const message = yield* accepted(raw, receivedAt === undefined ? {} : { receivedAt })
    const { changes } = yield* ask(mailboxId, {
      _tag: "Deliver",
      taskId: TaskId(randomUUID()),
      target,
      message
    })
    const added = changes.find((change) => change._tag === "MessageAdded")
    return added === undefined ? yield* Effect.dieMessage("no message was added") : added.messageId
  })

/** Brings the index of a mailbox up to date, as the index worker does; gives what was written. */
export const index = (mailboxId: MailboxId, batch = 50) =>
  Effect.gen(function* () {
    const feed = yield* SearchFeed
    const indexMessage = yield* makeIndexMessage
    const written: Array<IndexedDocument> = []
    for (
      let step = yield* feed.next(mailboxId, batch);
      step !== null;
      step = yield* feed.next(mailboxId, batch)
    ) {
      const documents = yield* Effect.forEach(step.messages, (one) => indexMessage(one, { isLate: false }))
      yield* feed.store(step, documents)
      written.push(...documents)
    }
    const mirror = yield* Effect.serviceOption(SearchMirror)
    if (Option.isSome(mirror)) yield* mirror.value.follow(mailboxId)
    return written
  }).pipe(Effect.orDie)

/** What a search as typed finds. */
export const found = (
  mailboxId: MailboxId,
  text: string,
  request: Partial<Omit<SearchRequest, "query">> = {}
): Effect.Effect<Found, never, Search | Router> =>
  Effect.gen(function* () {
    const search = yield* Search
    const router = yield* Router
    const { folders } = yield* router.state(mailboxId)
    const query = parseQuery(text, {
      now: yield* Clock.currentTimeMillis,
      folders: [...folders.values()]
    })
    const answer = yield* search.search(mailboxId, {
      query: yield* Either.match(query, { onLeft: Effect.fail, onRight: Effect.succeed }),
      folderIds: null,
      after: null,
      limit: 100,
      ...request
    })
    return answer
  }).pipe(Effect.orDie)

export const find = (
  mailboxId: MailboxId,
  text: string,
  folderIds: ReadonlyArray<FolderId> | null = null
): Effect.Effect<ReadonlyArray<MessageId>, never, Search | Router> =>
  Effect.map(found(mailboxId, text, { folderIds }), ({ hits }) => hits.map(({ messageId }) => messageId))
