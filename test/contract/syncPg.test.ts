import { layer } from "@effect/vitest"
import { Clock, Effect, Layer } from "effect"
import fc from "fast-check"
import { assert } from "vitest"
import { Router } from "../../src/actors/mailbox/MailboxProtocol.ts"
import type { Command } from "../../src/domain/Command.ts"
import type { CoreError } from "../../src/domain/errors.ts"
import { Epoch, FolderId, type MailboxId, MessageId, SyncKey } from "../../src/domain/ids.ts"
import type { NewMessage } from "../../src/domain/Message.ts"
import type { CollectionWish } from "../../src/domain/sync/Synchronise.ts"
import { MailboxStore } from "../../src/storage/mailbox/MailboxStore.ts"
import * as MailboxStorePg from "../../src/storage/mailbox/MailboxStorePg.ts"
import { folderJournal, walkBack, walkForth } from "../../src/storage/mailbox/syncReads.ts"
import { Postgres, statement } from "../../src/storage/postgres.ts"
import { asking, routerOn } from "../support/actors.ts"
import { deliver, newMessage } from "../support/domain.ts"
import { newMailbox } from "../support/mailboxesPg.ts"
import { layerTestPostgres } from "../support/postgres.ts"
import { rowsTouched } from "../support/rowsTouched.ts"
import { anyStep, Story } from "../support/syncStory.ts"
import {
  answerOf,
  anyOptions,
  deviceId,
  digestOf,
  idsOf,
  originOf,
  type Synced,
  SyncWorld,
  wishing
} from "../support/syncWorld.ts"

const inbox = FolderId(1)

const layerPg = Layer.merge(MailboxStorePg.layer, routerOn(MailboxStorePg.layer)).pipe(
  Layer.provideMerge(layerTestPostgres)
)

const ask = (mailboxId: MailboxId, command: Command, origin = "imap") =>
  Effect.flatMap(Router, (router) => router.ask(asking(command, { mailboxId, origin })))

let nonces = 0

const sync = (
  mailboxId: MailboxId,
  wish: CollectionWish<NewMessage>
): Effect.Effect<Synced, CoreError, Router> =>
  Effect.gen(function* () {
    const command: Command = {
      _tag: "Synchronise",
      wish: { deviceId: deviceId(1), collections: [wish], maxItems: 100, maxBytes: 1_000_000, keep: null },
      digests: [digestOf(wish)],
      nonce: `n${++nonces}`
    }
    const answer = yield* ask(mailboxId, command, originOf(1))
    const [collection] = answerOf(answer.sync, "Collections").collections
    return collection?._tag === "Synced" ? collection : assert.fail(`refused: ${JSON.stringify(collection)}`)
  })

const draft = (clientId: string) => ({
  _tag: "Add" as const,
  clientId,
  content: newMessage({ checksum: clientId }),
  flags: [],
  categories: []
})

const head = statement<{ readonly modseq: number; readonly entries: number; readonly rings: number }>({
  text: `SELECT modseq, (SELECT count(*) FROM mail_state.journal WHERE user_id = $1) AS entries,
      (SELECT count(*) FROM mail_state.outbox WHERE user_id = $1) AS rings
    FROM mail_state.heads WHERE user_id = $1`
})

layer(layerPg, { timeout: "60 seconds" })("a device and a mailbox in Postgres", (it) => {
  it.effect(
    "are equal at rest, whatever happened, and no item was added twice (I4)",
    () =>
      Effect.gen(function* () {
        const store = yield* MailboxStore
        const runs = fc.sample(fc.array(anyStep, { minLength: 20, maxLength: 40 }), { numRuns: 20, seed: 4 })
        for (const steps of runs) {
          const story = new Story(yield* SyncWorld.on(store, yield* newMailbox))
          yield* Effect.forEach(steps, story.run, { discard: true })
          yield* story.end
        }
      }),
    120_000
  )

  it.effect("MS-ASCMD_R2110/R2112: a conversation is kept whole as far as it lies in the folder", () =>
    Effect.gen(function* () {
      const id = yield* newMailbox
      const now = yield* Clock.currentTimeMillis
      const letter = (days: number, name: string, ...references: ReadonlyArray<string>) =>
        ask(
          id,
          deliver({
            receivedAt: now - days * 86_400_000,
            envelope: { ...newMessage().envelope, internetMessageId: name, references }
          })
        )
      yield* letter(40, "<root@test>")
      yield* letter(30, "<elsewhere@test>", "<root@test>")
      yield* letter(20, "<old@test>", "<root@test>")
      yield* letter(15, "<other@test>")
      yield* letter(1, "<new@test>", "<root@test>", "<old@test>")
      yield* ask(id, {
        _tag: "MoveMessages",
        messageIds: [MessageId(2)],
        toFolderId: FolderId(4)
      })
      const { key } = yield* sync(id, wishing(inbox, null))
      const wish = { options: anyOptions(7), conversations: true }
      const told = yield* sync(id, wishing(inbox, key, wish))
      assert.deepStrictEqual(idsOf(told), [
        ["Add", MessageId(5)],
        ["Add", MessageId(3)],
        ["Add", MessageId(1)]
      ])
      yield* ask(id, { _tag: "MoveMessages", messageIds: [MessageId(5)], toFolderId: FolderId(4) })
      assert.sameDeepMembers(
        [...idsOf(yield* sync(id, wishing(inbox, told.key)))],
        [
          ["Delete", MessageId(5)],
          ["SoftDelete", MessageId(3)],
          ["SoftDelete", MessageId(1)]
        ]
      )
    })
  )

  it.effect("leave modseq and outbox alone where nothing but the cursor moves", () =>
    Effect.gen(function* () {
      const { query } = yield* Postgres
      const id = yield* newMailbox
      yield* ask(id, deliver())
      const before = yield* query(head, [id])
      const { key } = yield* sync(id, wishing(inbox, null))
      const told = yield* sync(id, wishing(inbox, key))
      assert.lengthOf(told.told, 1)
      assert.deepEqual(yield* query(head, [id]), before)
      assert.strictEqual(before[0]?.modseq, before[0]?.entries)
    })
  )

  it.effect("answer two requests at once, do nothing twice, and the later one stands", () =>
    Effect.gen(function* () {
      const { query } = yield* Postgres
      const id = yield* newMailbox
      const { key } = yield* sync(id, wishing(inbox, null))
      const wishes = [[draft("a")], [draft("a"), draft("b")], [draft("a")]]
      const answers = yield* Effect.forEach(wishes, (changes) => sync(id, wishing(inbox, key, { changes })), {
        concurrency: "unbounded"
      })
      assert.strictEqual(new Set(answers.map(({ outcomes }) => outcomes[0]?.messageId)).size, 1)
      yield* sync(id, wishing(inbox, answers.at(-1)?.key ?? null))
      const [row] = yield* query(head, [id])
      assert.strictEqual(row?.modseq, row?.entries)
      assert.strictEqual(row?.modseq, 9)
    })
  )

  it.effect("keep the newer cursor where a statement of before comes late", () =>
    Effect.gen(function* () {
      const store = yield* MailboxStore
      const id = yield* newMailbox
      const { key } = yield* sync(id, wishing(inbox, null))
      const { claim, ...state } = yield* store.activate(id, Epoch(1))
      const [cursor] = yield* store.cursors(id, deviceId(1), null)
      if (cursor?._tag !== "Folder") return assert.fail("no cursor")
      const write = (next: SyncKey, replaces: SyncKey) =>
        store.commit({
          epoch: Epoch(1),
          claim,
          before: state,
          after: state,
          entries: [],
          added: [],
          updated: [],
          expunged: [],
          deliveries: [],
          operations: [],
          cursors: [{ cursor: { ...cursor, key: next }, replaces }],
          resets: [],
          correlationId: asking(deliver()).correlationId,
          at: 0
        })
      yield* write(SyncKey("newer"), key)
      yield* write(SyncKey("late"), key)
      const [now] = yield* store.cursors(id, deviceId(1), null)
      assert.strictEqual(now?._tag === "Folder" && now.key, SyncKey("newer"))
    })
  )

  it.effect("know what is planned with a message, and what was last done with it", () =>
    Effect.gen(function* () {
      const store = yield* MailboxStore
      const id = yield* newMailbox
      yield* ask(id, deliver())
      const marks = {
        followUp: { status: 2, type: "Call", dueDate: 5 },
        lastVerb: { verb: 3, at: 7 }
      } as const
      const messageIds = [MessageId(1)]
      const change = { _tag: "ChangeFlags", messageIds, addFlags: [], removeFlags: [] } as const
      yield* ask(id, { ...change, ...marks, addCategories: [], removeCategories: [] })
      yield* ask(id, { _tag: "MoveMessages", messageIds, toFolderId: FolderId(6) })
      yield* ask(id, { _tag: "CopyMessages", messageIds, toFolderId: FolderId(6) })
      const both = { _tag: "Ids", ids: [MessageId(1), MessageId(2)] } as const
      for (const message of yield* store.select(id, both, 2)) {
        assert.deepInclude(message, { ...marks, flags: ["\\Flagged"] })
      }
      yield* ask(id, { ...change, followUp: null, addCategories: [], removeCategories: [] })
      const [after] = yield* store.select(id, { _tag: "Ids", ids: messageIds }, 1)
      assert.notProperty(after, "followUp")
      assert.deepInclude(after, { lastVerb: marks.lastVerb, flags: [] })
    })
  )
})

const fill = statement({
  text: `INSERT INTO mail_state.messages (user_id, id, mailbox_id, uid, thread_id, modseq, subject, "from", to_cc_bcc,
      received_at, size_bytes, has_attachments, preview, content_id, blob_key, checksum)
    SELECT $1, n, 1, n, n, n, '', '[]', '{}', to_timestamp(n), 1, false, '', gen_random_uuid(), '', ''
    FROM generate_series(1, $2::int) AS n`
})

const fillJournal = statement({
  text: `INSERT INTO mail_state.journal (user_id, modseq, change, origin, at)
    SELECT $1, n, jsonb_build_object('_tag', 'FlagsChanged', 'messageId', n, 'folderId', 1), 'imap', now()
    FROM generate_series(9, $2::int) AS n`
})

layer(layerPg, { timeout: "120 seconds" })("what a device is told", (it) => {
  it.effect("costs the same rows in a mailbox of 1,000 messages and in one of 100,000", () =>
    Effect.gen(function* () {
      const { query } = yield* Postgres
      const costs = yield* Effect.forEach([1_000, 100_000], (count) =>
        Effect.gen(function* () {
          const id = yield* newMailbox
          yield* ask(id, { _tag: "CreateFolder", name: "f", parentId: null })
          yield* query(fill, [id, count])
          yield* query(fillJournal, [id, count])
          yield* query(statement({ text: "ANALYZE mail_state.messages, mail_state.journal" }))
          const walk = "uuid, bigint, float8, bigint, float8, bigint, int"
          const journal = "uuid, bigint, bigint, bigint, int"
          return yield* Effect.all([
            rowsTouched(walkBack.text, walk, [id, 1, -1e14, 0, 8e15, 0, 101]),
            rowsTouched(walkBack.text, walk, [id, 1, -1e14, 0, 500_000, 0, 101]),
            rowsTouched(walkForth.text, walk, [id, 1, 100_000, 0, 900_000, 0, 101]),
            rowsTouched(folderJournal.text, journal, [id, count - 100, count, 1, 2_000])
          ])
        })
      )
      const [small = [], large = []] = costs
      for (const [index, rows] of large.entries()) {
        assert.isBelow(rows, 1_000)
        assert.isAtMost(rows, 1.2 * (small[index] ?? 0))
      }
    })
  )
})
