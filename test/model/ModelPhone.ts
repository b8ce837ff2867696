import { assert } from "@effect/vitest"
import { Effect } from "effect"
import type { Element } from "../../src/protocols/activesync/wbxml/element.ts"
import {
  ask,
  folderIds,
  type Handset,
  handsetOf,
  keyOf,
  syncAll,
  syncFolders,
  take
} from "../support/activesync/handset.ts"
import type { PatientPhone } from "../support/activesync/patientPhone.ts"
import {
  type AnsweredCollection,
  type AnsweredResponse,
  readSync,
  syncDocument
} from "../support/activesync/talk.ts"
import { applied, type Command, elementOf } from "./commands.ts"

/** Folders that the model's phones sync. */
export const folders = [folderIds.inbox, folderIds.drafts, folderIds.deleted]

/** What the phone itself does in one folder, or nothing. */
export type Commands = { readonly id: string; readonly list: ReadonlyArray<Command> } | null

interface Asked {
  readonly ids: ReadonlyArray<string>
  readonly document: Element
  readonly commands: Commands
}

interface Answered extends Asked {
  readonly collections: ReadonlyArray<AnsweredCollection>
  /** It came at once: no answer to the same request was lost. */
  readonly isFirst: boolean
}

/** A phone with what it wishes to see, and what it still has to ask again. */
export interface ModelPhone {
  readonly handset: Handset
  /** By folder, as `AirSync:FilterType`. */
  readonly filters: Map<string, number>
  /** Items that a lost answer told of and that were gone when it was given again. */
  readonly excused: Set<string>
  /** Folders of which an answer was lost that nobody has seen: until all is told, items may go of which only that one told. */
  readonly doubtful: Set<string>
  readonly unanswered: PatientPhone["unanswered"]
  /** A Sync whose answer the phone did not get. */
  lost: Answered | null
}

/** One that knows its folders and has nothing in them. */
export const emptyPhone = ({ phone, unanswered }: PatientPhone): Effect.Effect<ModelPhone> => {
  const handset = handsetOf(phone)
  const [excused, doubtful] = [new Set<string>(), new Set<string>()]
  return Effect.as(syncFolders(handset), {
    handset,
    filters: new Map(),
    excused,
    doubtful,
    unanswered,
    lost: null
  })
}

/** A new phone, or the same one at the server that came back: it keeps what it holds. */
export const modelPhone = (patient: PatientPhone, before?: ModelPhone): Effect.Effect<ModelPhone> =>
  Effect.gen(function* () {
    const phone = yield* emptyPhone(patient)
    const { handset } = phone
    if (before === undefined) {
      for (const id of folders) yield* syncAll(handset, id)
      return phone
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
    const ids = wishes.map(({ id }) => id)
    const document = syncDocument({
      collections: wishes.map(({ id, window, options }) => ({
        id,
        key: keyOf(phone.handset, id),
        window,
        ...(options === null ? {} : { options }),
        ...(commands?.id === id ? { commands: commands.list.map(elementOf) } : {})
      }))
    })
    const answered = yield* askSync(phone, { ids, document, commands })
    if (isLost) phone.lost = answered
    else takeAll(phone, answered)
  })

const askSync = (phone: ModelPhone, asked: Asked): Effect.Effect<Answered> =>
  Effect.gen(function* () {
    const before = phone.unanswered()
    const answer = yield* ask(phone.handset, "Sync", asked.document)
    const { status, collections } = readSync(answer)
    assert.isUndefined(status, "a Sync was refused")
    const isFirst = phone.unanswered() === before
    if (!isFirst) for (const id of asked.ids) phone.doubtful.add(id)
    return { ...asked, collections, isFirst }
  })

/** Syncs a folder until there is nothing more. */
export const catchUp = (phone: ModelPhone, id: string, window = 100): Effect.Effect<void> =>
  Effect.gen(function* () {
    const before = keyOf(phone.handset, id)
    yield* sync(phone, [{ id, window, options: null }], null, false)
    if (keyOf(phone.handset, id) !== before) yield* catchUp(phone, id, window)
  })

/** The lost answer once more: the same, but for what is gone meanwhile. */
const askAgain = (phone: ModelPhone) =>
  Effect.gen(function* () {
    const { lost } = phone
    if (lost === null) return
    phone.lost = null
    const again = yield* askSync(phone, lost)
    compare(phone, lost.collections, again.collections)
    takeAll(phone, { ...again, isFirst: lost.isFirst && again.isFirst })
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

const takeAll = (phone: ModelPhone, { ids, collections, commands, isFirst }: Answered) => {
  const { handset, excused, doubtful } = phone
  for (const collection of collections) {
    const { id, status } = collection
    assert.strictEqual(status, "1", "a resync that was not needed")
    if (id === commands?.id) applied(handset, collection, commands.list)
    take(handset, collection, doubtful.has(id) ? goneMeanwhile(phone, collection) : excused)
  }
  const unfinished = new Set(collections.flatMap(({ id, more }) => (more ? [id] : [])))
  if (isFirst) for (const id of ids) if (!unfinished.has(id)) doubtful.delete(id)
}

/** With what an answer that nobody has seen may have told of. */
const goneMeanwhile = ({ excused }: ModelPhone, { changes }: AnsweredCollection): ReadonlySet<string> =>
  new Set([
    ...excused,
    ...changes.flatMap(({ op, serverId }) => (op === "Delete" || op === "SoftDelete" ? [serverId] : []))
  ])
