import { assert, layer } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { Router } from "../../src/actors/mailbox/MailboxProtocol.ts"
import type { ChangeFlags } from "../../src/domain/Command.ts"
import { FolderId, type MailboxId, MessageId } from "../../src/domain/ids.ts"
import type { MessageSummary } from "../../src/domain/Message.ts"
import { listFilters, type Place } from "../../src/domain/MessageList.ts"
import { MailboxReader } from "../../src/storage/mailbox/MailboxReader.ts"
import type { MailboxStore } from "../../src/storage/mailbox/MailboxStore.ts"
import { asking, routerOn } from "../support/actors.ts"
import { deliver } from "../support/domain.ts"
import { countTwin, listTwin } from "../support/listTwin.ts"
import { layerMailboxesPg, newMailbox } from "../support/mailboxesPg.ts"

const router = Layer.unwrapEffect(
  Effect.map(Effect.context<MailboxStore>(), (context) => routerOn(Layer.succeedContext(context), 1))
)

const [inbox, archive] = [FolderId(1), FolderId(6)]
const begin = 1_700_000_000_123

/** When the `n`th came: not in order, some at one millisecond. */
const receivedAt = (n: number) => begin + ((n * 7) % 11)

const marking = (messages: ReadonlyArray<number>, flag: "\\Seen" | "\\Flagged"): ChangeFlags => ({
  _tag: "ChangeFlags",
  messageIds: messages.map((n) => MessageId(n)),
  addFlags: [flag],
  removeFlags: [],
  addCategories: [],
  removeCategories: []
})

const numbers = Array.from({ length: 30 }, (_, n) => n + 1)

/** Thirty messages, of which some were read, flagged, or moved away and back. */
const filled = Effect.gen(function* () {
  const id = yield* newMailbox
  yield* Effect.gen(function* () {
    const { ask } = yield* Router
    const tell = (command: Parameters<typeof asking>[0]) => ask(asking(command, { mailboxId: id }))
    for (const n of numbers) yield* tell(deliver({ receivedAt: receivedAt(n), hasAttachments: n % 4 === 0 }))
    yield* tell(marking([1, 2, 3, 8, 12, 20, 21], "\\Seen"))
    yield* tell(marking([2, 8, 9, 30], "\\Flagged"))
    const some = [5, 6, 20].map((n) => MessageId(n))
    yield* tell({ _tag: "MoveMessages", messageIds: some, toFolderId: archive })
    yield* tell({ _tag: "MoveMessages", messageIds: some.slice(0, 2), toFolderId: inbox })
  }).pipe(Effect.provide(router))
  return id
})

const allOf = (id: MailboxId) =>
  Effect.flatMap(MailboxReader, (reader) =>
    reader.messages(
      id,
      numbers.map((n) => MessageId(n))
    )
  )

const ids = (messages: ReadonlyArray<MessageSummary>) => messages.map((message) => Number(message.id))

layer(layerMailboxesPg, { timeout: "60 seconds" })("lists by date in Postgres", (it) => {
  it.effect("are what the messages say, from wherever they are read, and nobody else's", () =>
    Effect.gen(function* () {
      yield* filled
      const id = yield* filled
      const reader = yield* MailboxReader
      const messages = yield* allOf(id)
      assert.lengthOf(messages, 30)
      const places: ReadonlyArray<Place> = [
        ...messages,
        { receivedAt: 0, id: MessageId(1) },
        { receivedAt: 2 ** 53 - 1, id: MessageId(2 ** 53 - 1) }
      ]
      const starts = [
        ...[0, 1, 13, 29, 40].map((count) => ({ _tag: "Skip", count }) as const),
        ...places.flatMap((place) => [
          { _tag: "OlderThan", place } as const,
          { _tag: "NewerThan", place } as const
        ])
      ]
      const lists = listFilters.flatMap((filter) =>
        [inbox, archive].map((folderId) => ({ folderId, filter }))
      )
      for (const list of lists) {
        for (const from of starts) {
          const wanted = { ...list, from, limit: 5 }
          const page = yield* reader.byDate(id, wanted)
          assert.deepStrictEqual(ids(page), ids(listTwin(messages, wanted)), JSON.stringify(wanted))
        }
        for (const since of [0, begin, begin + 5, begin + 100]) {
          const wanted = { ...list, since }
          assert.deepStrictEqual(yield* reader.countSince(id, wanted), countTwin(messages, wanted))
        }
      }
    })
  )
})
