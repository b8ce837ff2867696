import { assert } from "@effect/vitest"
import { Effect, Random, type Scope } from "effect"
import { element } from "../../src/protocols/activesync/wbxml/element.ts"
import {
  ask,
  catchUp,
  folderIds,
  type Handset,
  keyOf,
  readyAt,
  serverIdsOf,
  syncAll,
  take
} from "../support/activesync/handset.ts"
import { putLetters } from "../support/activesync/seedMail.ts"
import {
  type AnsweredCollection,
  markRead,
  readSync,
  remove,
  syncDocument
} from "../support/activesync/talk.ts"
import { type Platform, platformOn } from "../support/platform.ts"
import { migratedDatabase } from "../support/postgres.ts"

/**
 * Several phones of one mailbox do what comes to their minds, lose answers and ask again, while mail arrives and the server
 * goes down and comes back. A phone that is told nonsense (an Add twice, a Change of what it has not) fails at once; when
 * all is quiet, every phone must hold what a phone that begins anew is told.
 */
export interface ModelOptions {
  readonly seed: number
  readonly operations: number
  readonly phones: number
  readonly restarts: number
}

const { inbox, deleted } = folderIds
const folders = [inbox, deleted]

export const runModel = ({
  seed,
  operations,
  phones,
  restarts
}: ModelOptions): Effect.Effect<void, never, Scope.Scope> =>
  Effect.gen(function* () {
    const database = yield* migratedDatabase
    const known: Array<Handset> = []
    const rounds = restarts + 1
    for (let round = 0; round < rounds; round++) {
      yield* Effect.scoped(
        Effect.gen(function* () {
          const platform = yield* platformOn(database)
          const handsets = yield* Effect.forEach(Array.from({ length: phones }), (_, n) =>
            reconnected(platform, `MODEL${n}`, known[n])
          )
          known.splice(0, known.length, ...handsets)
          for (let n = 0; n < operations / rounds; n++)
            yield* act(platform, handsets, `${seed}.${round}.${n}`)
          if (round === rounds - 1) yield* assertQuiet(platform, handsets)
        })
      )
    }
  }).pipe(Effect.withRandom(Random.make(seed)))

/** The same phone, with what it holds, at the server as it came back. */
const reconnected = (platform: Platform, deviceId: string, before: Handset | undefined) =>
  Effect.gen(function* () {
    const handset = yield* readyAt(platform, { deviceId })
    if (before === undefined) {
      for (const id of folders) yield* syncAll(handset, id)
      return handset
    }
    for (const id of folders) {
      handset.keys.set(id, keyOf(before, id))
      handset.items.set(id, before.items.get(id) ?? new Map())
    }
    return handset
  })

const act = (platform: Platform, handsets: ReadonlyArray<Handset>, name: string) =>
  Effect.gen(function* () {
    const handset = handsets[yield* Random.nextIntBetween(0, handsets.length)] ?? assert.fail("no phone")
    const id = folders[yield* Random.nextIntBetween(0, folders.length)] ?? inbox
    const dice = yield* Random.nextIntBetween(0, 10)
    if (dice < 2) return yield* putLetters(platform, [`letter ${name}`])
    if (dice === 2) return yield* move(handset)
    yield* sync(handset, id, dice)
  })

/** A Sync with a command or without, its answer lost once in a while and asked for again. */
const sync = (handset: Handset, id: string, dice: number) =>
  Effect.gen(function* () {
    const items = serverIdsOf(handset, id)
    const item = items[yield* Random.nextIntBetween(0, Math.max(1, items.length))]
    const commands = item === undefined ? [] : commandsOf(item, dice)
    const window = yield* Random.nextIntBetween(1, 6)
    const document = syncDocument({
      collections: [{ id, key: keyOf(handset, id), window, ...(commands.length === 0 ? {} : { commands }) }]
    })
    const isLost = (yield* Random.nextIntBetween(0, 4)) === 0
    const first = yield* ask(handset, "Sync", document)
    const answer = isLost ? yield* ask(handset, "Sync", document) : first
    if (isLost && commands.length > 0)
      assert.deepStrictEqual(answer, first, "another answer to the same request")
    for (const collection of readSync(answer).collections)
      takeAll(handset, collection, commands.length === 0 ? null : { id, item: item ?? "", dice })
  })

interface Done {
  readonly id: string
  readonly item: string
  readonly dice: number
}

/** The answer, and what the phone did itself: of that it is told only what failed, if need be in a later window. */
const takeAll = (handset: Handset, collection: AnsweredCollection, done: Done | null) => {
  const isDone = done !== null && collection.status === "1" && collection.responses.length === 0
  if (isDone && done.dice !== 6) mark(handset, { ...done, isRead: done.dice % 2 === 0 })
  take(handset, collection)
  if (isDone && done.dice === 6) handset.items.get(done.id)?.delete(done.item)
}

const mark = (handset: Handset, { id, item, isRead }: { id: string; item: string; isRead: boolean }) => {
  const items = handset.items.get(id)
  const before = items?.get(item)
  if (before !== undefined) items?.set(item, { ...before, isRead })
}

const commandsOf = (item: string, dice: number) => {
  if (dice < 6) return [markRead(item, dice % 2 === 0)]
  return dice === 6 ? [remove(item)] : []
}

const move = (handset: Handset) =>
  Effect.gen(function* () {
    const [item] = serverIdsOf(handset, inbox)
    if (item === undefined) return
    yield* ask(
      handset,
      "MoveItems",
      element(
        "Move:MoveItems",
        element(
          "Move:Move",
          element("Move:SrcMsgId", item),
          element("Move:SrcFldId", inbox),
          element("Move:DstFldId", deleted)
        )
      )
    )
  })

const assertQuiet = (platform: Platform, handsets: ReadonlyArray<Handset>) =>
  Effect.gen(function* () {
    const fresh = yield* readyAt(platform, { deviceId: "FRESH" })
    for (const id of folders) {
      yield* syncAll(fresh, id)
      for (const handset of handsets) {
        yield* catchUp(handset, id)
        assert.deepStrictEqual(held(handset, id), held(fresh, id), `${handset.phone.options.deviceId} ${id}`)
      }
    }
  })

const held = (handset: Handset, id: string) =>
  [...(handset.items.get(id) ?? new Map())].sort(([a], [b]) => Number(a) - Number(b))
