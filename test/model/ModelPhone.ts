import { assert } from "@effect/vitest"
import { Effect, type Scope } from "effect"
import type { Element } from "../../src/protocols/activesync/wbxml/element.ts"
import { ask, folderIds, type Handset, keyOf, readyAt, syncAll, take } from "../support/activesync/handset.ts"
import {
  type AnsweredCollection,
  type AnsweredResponse,
  readSync,
  syncDocument
} from "../support/activesync/talk.ts"
import type { Platform } from "../support/platform.ts"
import { applied, type Command, elementOf } from "./commands.ts"

/** Folders that the model's phones sync. */
export const folders = [folderIds.inbox, folderIds.drafts, folderIds.deleted]

/** A Sync whose answer the phone did not get. */
interface Lost {
  readonly document: Element
  readonly answer: Element | null
  readonly commands: Commands
}

/** What the phone itself does in one folder, or nothing. */
export type Commands = { readonly id: string; readonly list: ReadonlyArray<Command> } | null

/** A phone with what it wishes to see, and what it still has to ask again. */
export interface ModelPhone {
  readonly handset: Handset
  /** By folder, as `AirSync:FilterType`. */
  readonly filters: Map<string, number>
  /** Items that a lost answer told of and that were gone when it was given again. */
  readonly excused: Set<string>
  lost: Lost | null
}

/** A new phone, or the same one at the server that came back: it keeps what it holds. */
export const modelPhone = (
  platform: Platform,
  deviceId: string,
  before?: ModelPhone
): Effect.Effect<ModelPhone, never, Scope.Scope> =>
  Effect.gen(function* () {
    const handset = yield* readyAt(platform, { deviceId })
    if (before === undefined) {
      for (const id of folders) yield* syncAll(handset, id)
      return { handset, filters: new Map(), excused: new Set<string>(), lost: null }
    }
    const { folders: known, items, keys, hierarchyKey } = before.handset
    return { ...before, handset: { ...handset, folders: known, items, keys, hierarchyKey } }
  })

export interface Wish {
  readonly id: string
  readonly window: number
  /** Null = as before. */
  readonly options: ReadonlyArray<Element> | null
}

/** A Sync of some folders. With `isLost` the phone never hears of the answer, and asks again before it asks anything else. */
export const sync = (phone: ModelPhone, wishes: ReadonlyArray<Wish>, commands: Commands, isLost: boolean) =>
  Effect.gen(function* () {
    yield* askAgain(phone)
    const document = syncDocument({
      collections: wishes.map(({ id, window, options }) => ({
        id,
        key: keyOf(phone.handset, id),
        window,
        ...(options === null ? {} : { options }),
        ...(commands?.id === id ? { commands: commands.list.map(elementOf) } : {})
      }))
    })
    const answer = yield* askSync(phone, document)
    if (isLost) phone.lost = { document, answer, commands }
    else takeAll(phone, answer, commands)
  })

const askSync = ({ handset }: ModelPhone, document: Element) =>
  Effect.tap(ask(handset, "Sync", document), (answer) =>
    Effect.sync(() => assert.isUndefined(readSync(answer).status, "a Sync was refused"))
  )

/** Syncs a folder until there is nothing more. */
export const catchUp = (phone: ModelPhone, id: string): Effect.Effect<void> =>
  Effect.gen(function* () {
    const before = keyOf(phone.handset, id)
    yield* sync(phone, [{ id, window: 100, options: null }], null, false)
    if (keyOf(phone.handset, id) !== before) yield* catchUp(phone, id)
  })

/** The lost answer once more: the same, but for what is gone meanwhile. */
const askAgain = (phone: ModelPhone) =>
  Effect.gen(function* () {
    const { lost } = phone
    if (lost === null) return
    phone.lost = null
    const answer = yield* askSync(phone, lost.document)
    compare(phone, readSync(lost.answer).collections, readSync(answer).collections)
    takeAll(phone, answer, lost.commands)
  })

const compare = (
  { handset, excused }: ModelPhone,
  first: ReadonlyArray<AnsweredCollection>,
  second: ReadonlyArray<AnsweredCollection>
) => {
  for (const { id, key, responses, changes } of first) {
    // One without content left the phone at its key: a new look may find more.
    if (key === keyOf(handset, id)) continue
    const again = second.find((one) => one.id === id) ?? assert.fail(`folder ${id} was not answered again`)
    assert.strictEqual(again.key, key, "another key for the same request")
    assert.deepStrictEqual(again.responses.map(outcomeOf), responses.map(outcomeOf), "another outcome")
    const told = new Set(again.changes.map(({ serverId }) => serverId))
    for (const { op, serverId } of changes) if (op === "Add" && !told.has(serverId)) excused.add(serverId)
  }
}

/** Without what is told of a new draft, which may be gone when it is told again. */
const outcomeOf = ({ properties: _, ...outcome }: AnsweredResponse) => outcome

const takeAll = ({ handset, excused }: ModelPhone, answer: Element | null, commands: Commands) => {
  for (const collection of readSync(answer).collections) {
    assert.strictEqual(collection.status, "1", "a resync that was not needed")
    if (collection.id === commands?.id) applied(handset, collection, commands.list)
    take(handset, collection, excused)
  }
}
