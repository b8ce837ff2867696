import { assert, describe, it } from "@effect/vitest"
import { Chunk, Effect, Stream } from "effect"
import type { Change, JournalEntry } from "../../../src/domain/Change.ts"
import type { Folder } from "../../../src/domain/Folder.ts"
import { CorrelationId, FolderId, MessageId, ModSeq, Uid } from "../../../src/domain/ids.ts"
import { changesOf } from "../../../src/protocols/owa/changes.ts"
import type { Hello, News } from "../../../src/protocols/owa/OwaAnswers.ts"
import type { Changes, CoreMethods } from "../../../src/rpc/Core.ts"
import { alice, mailboxId, summary } from "../../support/alice.ts"

const call = { principal: alice, correlationId: CorrelationId("test"), remote: null, origin: "owa" }

const folder = (id: number, parts: Partial<Folder> = {}): Folder => ({
  id: FolderId(id),
  parentId: null,
  name: `folder ${id}`,
  role: "user",
  uidValidity: 1,
  uidNext: Uid(1),
  total: 0,
  unread: 0,
  sizeBytes: 0,
  highestModSeq: ModSeq(0),
  ...parts
})

const entry = (modSeq: number, change: Change): JournalEntry => ({
  modSeq: ModSeq(modSeq),
  change,
  origin: "test",
  at: 0
})

const expunged = (n: number): Change => ({
  _tag: "Expunged",
  messageId: MessageId(n),
  folderId: FolderId(1),
  uid: Uid(n),
  seen: true,
  sizeBytes: 1
})

const flagged = (n: number): Change => ({
  _tag: "FlagsChanged",
  messageId: MessageId(n),
  folderId: FolderId(1),
  flags: [],
  categories: [],
  wasSeen: false
})

interface World {
  readonly windows: ReadonlyArray<Changes>
  /** One for each time that they are asked for; the last one stays. */
  readonly folders: ReadonlyArray<ReadonlyArray<Folder>>
  readonly messages?: ReadonlyArray<number>
}

const told = ({ windows, folders, messages = [] }: World, after: number | null = null) => {
  const asked: Array<ReadonlyArray<number>> = []
  const from: Array<number | null> = []
  let looks = 0
  const core: Pick<CoreMethods, "listFolders" | "getMessages" | "watch"> = {
    listFolders: () =>
      Effect.sync(() => ({
        folders: folders[Math.min(looks++, folders.length - 1)] ?? [],
        modSeq: ModSeq(10)
      })),
    getMessages: (_, { messageIds }) =>
      Effect.sync(() => {
        asked.push(messageIds)
        return {
          messages: messageIds
            .filter((id) => messages.includes(id))
            .map((id) => ({ message: summary(id), parts: [] }))
        }
      }),
    watch: (_, input) => {
      from.push(input.after)
      return Stream.fromIterable(windows)
    }
  }
  const all = Stream.runCollect(
    changesOf(core, call, { mailboxId, after: after === null ? null : ModSeq(after) })
  )
  return Effect.map(
    all,
    (
      chunk
    ): {
      readonly said: ReadonlyArray<Hello | News>
      readonly asked: typeof asked
      readonly from: typeof from
    } => ({
      said: Chunk.toReadonlyArray(chunk),
      asked,
      from
    })
  )
}

const none = { messages: [], goneMessages: [], folders: [], goneFolders: [] }

describe("the changes of a mailbox", () => {
  it.effect("begin with all folders, and go on from where the page was", () =>
    Effect.gen(function* () {
      const window = { entries: [], modSeq: ModSeq(10), more: false }
      const fresh = yield* told({ windows: [window], folders: [[folder(1)]] })
      assert.deepStrictEqual(fresh.said[0], {
        _tag: "Hello",
        modSeq: ModSeq(10),
        folders: [{ id: FolderId(1), parentId: null, name: "folder 1", role: "user", total: 0, unread: 0 }]
      })
      assert.deepStrictEqual(fresh.said[1], { _tag: "News", modSeq: ModSeq(10), more: false, ...none })
      assert.deepStrictEqual(fresh.from, [10])
      const back = yield* told({ windows: [window], folders: [[folder(1)]] }, 4)
      assert.strictEqual(back.said[0]?.modSeq, 4)
      assert.deepStrictEqual(back.from, [4])
    })
  )

  it.effect("tell each message once, as it is now, and those that are no more", () =>
    Effect.gen(function* () {
      const { said, asked } = yield* told({
        windows: [
          {
            entries: [
              entry(11, flagged(1)),
              entry(12, flagged(2)),
              entry(13, flagged(1)),
              entry(14, expunged(3))
            ],
            modSeq: ModSeq(14),
            more: false
          }
        ],
        folders: [[folder(1)]],
        messages: [1, 2]
      })
      const [, news] = said
      assert.deepStrictEqual(asked, [[1, 2, 3]])
      assert.deepStrictEqual(
        news?._tag === "News" && [news.messages.map(({ id }) => id), news.goneMessages, news.folders],
        [[MessageId(1), MessageId(2)], [MessageId(3)], []]
      )
    })
  )

  it.effect("tell the folders that are another than before, and no message where none is touched", () =>
    Effect.gen(function* () {
      const renamed: Change = { _tag: "FolderRenamed", folderId: FolderId(2), name: "new" }
      const window = (modSeq: number) => ({
        entries: [entry(modSeq, renamed)],
        modSeq: ModSeq(modSeq),
        more: false
      })
      const { said, asked } = yield* told({
        windows: [window(11), window(12), window(13)],
        folders: [
          [folder(1), folder(2), folder(3)],
          [folder(1, { unread: 1 }), folder(2, { name: "new" }), folder(3)],
          [folder(1, { unread: 1 }), folder(2, { name: "new" })]
        ]
      })
      assert.deepStrictEqual(
        said
          .slice(1)
          .map((news) => news._tag === "News" && [news.folders.map(({ id }) => id), news.goneFolders]),
        [
          [[FolderId(1), FolderId(2)], []],
          [[], [FolderId(3)]],
          [[], []]
        ]
      )
      assert.deepStrictEqual(asked, [])
    })
  )
})
