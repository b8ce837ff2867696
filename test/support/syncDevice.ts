import { deepStrictEqual, ok } from "node:assert/strict"
import { Effect } from "effect"
import { edit } from "../../src/domain/Flags.ts"
import type { FolderId, MessageId, SyncKey } from "../../src/domain/ids.ts"
import type { NewMessage, StoredMessage } from "../../src/domain/Message.ts"
import type { Told, ToldMarks } from "../../src/domain/sync/Cursor.ts"
import { filterStart, isFrom, positionOf } from "../../src/domain/sync/position.ts"
import type { CollectionWish, DeviceChange, SyncedCollection } from "../../src/domain/sync/Synchronise.ts"
import { anyOptions, type Synced, type SyncWorld, synchronise, wishing } from "./syncWorld.ts"

type Marks = Pick<ToldMarks, "flags" | "categories">

/** What a phone keeps of one folder. */
interface Kept {
  key: SyncKey | null
  days: number | null
  conversations: boolean
  readonly items: Map<MessageId, Marks>
  /** Changes of a request that was not answered. */
  pending: ReadonlyArray<DeviceChange<NewMessage>>
}

/** A phone that believes every word of the server, and checks that it can. */
export class SyncDevice {
  readonly folders = new Map<FolderId, Kept>()
  readonly number: number
  private readonly world: SyncWorld

  constructor(world: SyncWorld, number: number) {
    this.world = world
    this.number = number
  }

  folder(folderId: FolderId): Kept {
    const known = this.folders.get(folderId)
    if (known !== undefined) return known
    const kept: Kept = { key: null, days: null, conversations: false, items: new Map(), pending: [] }
    this.folders.set(folderId, kept)
    return kept
  }

  /** Asks; the answer may be lost. */
  readonly ask = Effect.fnUntraced(
    function* (
      this: SyncDevice,
      wishes: ReadonlyArray<CollectionWish<NewMessage>>,
      { isLost, maxItems }: { readonly isLost: boolean; readonly maxItems: number }
    ) {
      const answers = yield* synchronise(this.world, this.number, wishes, { maxItems, maxBytes: 20_000 })
      for (const [index, wish] of wishes.entries()) {
        const answer = answers[index]
        if (answer === undefined) throw new Error("a collection was not answered")
        if (isLost) this.folder(wish.folderId).pending = wish.changes
        else this.take(wish, answer)
      }
    }.bind(this)
  )

  take(wish: CollectionWish<NewMessage>, answer: SyncedCollection): void {
    if (answer._tag === "Refused") {
      ok(answer.reason === "NoFolder", `unneeded resync: ${answer.reason}`)
      this.folders.delete(wish.folderId)
      return
    }
    const kept = this.folder(wish.folderId)
    if (wish.key === null) kept.items.clear()
    ok(answer.more === false || answer.key !== wish.key, "more comes with a new key")
    kept.key = answer.key
    kept.pending = []
    if (wish.options !== null) kept.days = wish.options.days
    if (wish.key === null || wish.conversations !== undefined)
      kept.conversations = wish.conversations ?? false
    for (const [index, change] of wish.changes.entries()) {
      takeOutcome(kept.items, change, answer.outcomes[index])
    }
    for (const told of answer.told) takeTold(kept.items, told)
  }

  /** Until nothing more is told. */
  readonly settle = Effect.fnUntraced(
    function* (this: SyncDevice, folderId: FolderId) {
      for (let round = 0; round < 1_000; round++) {
        const { key } = this.folder(folderId)
        const wish = wishing(folderId, key, { maxItems: 7 })
        const [answer] = yield* synchronise(this.world, this.number, [wish])
        if (answer === undefined) throw new Error("not answered")
        this.take(wish, answer)
        if (answer._tag === "Refused") return
        if (key !== null && !answer.more && answer.told.length === 0) return
      }
      throw new Error("never at rest")
    }.bind(this)
  )

  /** I4: what the phone has is what the folder has, within the filter. */
  check(folderId: FolderId, messages: ReadonlyArray<StoredMessage>): void {
    const kept = this.folder(folderId)
    const start = filterStart(anyOptions(kept.days), this.world.now)
    const there = messages.filter((message) => message.folderId === folderId)
    const inRange = there.filter((message) => isFrom(positionOf(message), start))
    const { threads } = this.world
    const alive = new Set(kept.conversations ? inRange.flatMap(({ id }) => threads.get(id) ?? []) : [])
    const wanted = there.filter(
      (message) => inRange.includes(message) || alive.has(threads.get(message.id) ?? "")
    )
    for (const { id, flags, categories } of wanted) {
      deepStrictEqual(kept.items.get(id), { flags, categories }, `I4: message ${id} of folder ${folderId}`)
    }
    const ids = new Set(there.map(({ id }) => id))
    for (const id of kept.items.keys()) {
      ok(ids.has(id), `I4: message ${id} is not in folder ${folderId} any more`)
    }
  }
}

const takeOutcome = (
  items: Map<MessageId, Marks>,
  change: DeviceChange<NewMessage>,
  outcome: Synced["outcomes"][number] | undefined
): void => {
  if (outcome?.status !== "Applied") return
  if (change._tag === "Change") {
    const item = items.get(change.messageId)
    if (item === undefined) return
    items.set(change.messageId, {
      flags: edit(item.flags, { add: change.addFlags, remove: change.removeFlags }),
      categories: change.categories ?? item.categories
    })
  } else if (change._tag === "Delete") items.delete(change.messageId)
  else if (change._tag === "Add" && outcome.messageId !== null) {
    ok(!items.has(outcome.messageId), "I4: the phone's own item was told to it before")
    items.set(outcome.messageId, { flags: change.flags, categories: change.categories })
  }
}

const takeTold = (items: Map<MessageId, Marks>, told: Told): void => {
  switch (told.op) {
    case "Add":
      ok(!items.has(told.id), `I4: message ${told.id} was added twice`)
      items.set(told.id, { flags: told.flags, categories: told.categories })
      return
    case "Change":
      ok(items.has(told.id), `a change of message ${told.id}, which the phone never had`)
      items.set(told.id, { flags: told.flags, categories: told.categories })
      return
    case "SoftDelete":
    case "Delete":
      ok(items.has(told.id), `a ${told.op} of message ${told.id}, which the phone has not`)
      items.delete(told.id)
  }
}
