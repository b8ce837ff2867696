import { assert, describe, it } from "@effect/vitest"
import { Effect, Either } from "effect"
import type { Part } from "../../../src/domain/Content.ts"
import { BlobKey, ContentId, FolderId, MessageId, ModSeq, ThreadId, Uid } from "../../../src/domain/ids.ts"
import type { MessageSummary } from "../../../src/domain/Message.ts"
import { makeIndexMessage } from "../../../src/pipeline/indexMessage.ts"
import { shownText } from "../../../src/protocols/mime/flowed.ts"
import { htmlToText } from "../../../src/protocols/mime/htmlText.ts"
import { readMessage } from "../../../src/protocols/mime/readMessage.ts"
import { BlobStore } from "../../../src/storage/blobs/BlobStore.ts"
import { matches } from "../../../src/storage/search/match.ts"
import { parseQuery } from "../../../src/storage/search/query/parse.ts"
import { corpusMail, hasCorpusMail } from "../../support/corpusMail.ts"

/** What somebody sees who knows nothing of our index: runs of letters and digits. */
const seenWords = (text: string): ReadonlyArray<string> =>
  text.normalize("NFC").match(/[\p{L}\p{N}]+/gu) ?? []

const textOf = (raw: Buffer, part: Part): string => {
  const text = shownText(raw.subarray(part.bodyStart, part.bodyEnd), part)
  return part.type === "text/html" ? htmlToText(text, text.length) : text
}

const read = (bytes: Buffer, n: number) => {
  const { envelope, parts, ...content } = readMessage(bytes)
  const message: MessageSummary = {
    id: MessageId(n + 1),
    folderId: FolderId(1),
    uid: Uid(n + 1),
    flags: [],
    categories: [],
    sizeBytes: bytes.length,
    threadId: ThreadId(1),
    ...envelope,
    date: envelope.sentAt,
    receivedAt: 0,
    preview: content.preview,
    hasAttachments: content.hasAttachments,
    headers: {},
    contentId: ContentId("test"),
    blobKey: BlobKey(
      `blobs/00000000-0000-4000-8000-00000000000a/2026/01/01/00000000-0000-4000-8000-${String(n).padStart(12, "0")}.eml`
    ),
    checksum: "",
    modSeq: ModSeq(1)
  }
  const people = [message.from, message.sender, message.replyTo, message.to, message.cc, message.bcc].flat()
  const texts = [
    message.subject,
    ...people.flatMap(({ name, address }) => [name, address]),
    ...parts.flatMap(({ fileName }) => fileName ?? []),
    ...parts.filter(({ type }) => type.startsWith("text/")).map((part) => textOf(bytes, part))
  ]
  return { message, parts, words: new Set(texts.flatMap(seenWords)) }
}

/** Each word, and the beginning of each, as somebody looks for it. */
const searchesOf = (words: ReadonlySet<string>) =>
  [...words].flatMap((word) => [word, `${[...word].slice(0, 3).join("")}*`])

describe.skipIf(!hasCorpusMail)("real mail", () => {
  const missedIn = ({ message, parts, words }: ReturnType<typeof read>) =>
    Effect.gen(function* () {
      const document = yield* (yield* makeIndexMessage)({ message, parts }, { isLate: false })
      const isFound = (text: string) => {
        const parsed = parseQuery(text, { now: 0, folders: [] })
        return Either.isRight(parsed) && matches(parsed.right, message, document)
      }
      const missed = searchesOf(words).filter((text) => !isFound(text))
      return document.isCut ? ["(cut)", ...missed] : missed
    })

  it.effect(
    "is found by every word of it, and by the beginning of every word",
    () =>
      Effect.gen(function* () {
        const blobs = yield* BlobStore
        const missed: Array<string> = []
        let looked = 0
        for (const [n, { file, bytes }] of corpusMail().entries()) {
          const mail = read(bytes, n)
          yield* blobs.putBytes(mail.message.blobKey, bytes)
          missed.push(...(yield* missedIn(mail)).map((text) => `${file}: ${text}`))
          looked += mail.words.size
        }
        assert.deepStrictEqual(missed.slice(0, 20), [])
        assert.isAbove(looked, 100_000)
      }).pipe(Effect.provide(BlobStore.layerMemory)),
    120_000
  )
})
