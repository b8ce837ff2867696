import { Effect, Random } from "effect"
import { element } from "../../src/protocols/activesync/wbxml/element.ts"
import { ask, folderIds, serverIdsOf, syncFolders } from "../support/activesync/handset.ts"
import { createFolder, removeFolder, updateFolder } from "../support/activesync/hierarchy.ts"
import type { Command } from "./commands.ts"
import { type Commands, folders, type ModelPhone, sync, type Wish } from "./ModelPhone.ts"
import type { Others } from "./Others.ts"

const { inbox, drafts, deleted } = folderIds

/** One thing happens, to a phone or to the mailbox. `name` is nothing else's. */
export const act = (others: Others, phones: readonly [ModelPhone, ...Array<ModelPhone>], name: string) =>
  Effect.gen(function* () {
    const phone = yield* one(phones)
    const dice = yield* Random.nextIntBetween(0, 20)
    if (dice < 3) return yield* others.deliver(name)
    if (dice < 5) return yield* others.mark
    if (dice === 5) return yield* others.remove
    if (dice === 6) return yield* moveItems(phone)
    if (dice === 7) return yield* changeFolders(phone, name)
    if (dice === 8) return yield* changeFilter(phone)
    yield* syncSome(phone, name)
  })

const syncSome = (phone: ModelPhone, name: string) =>
  Effect.gen(function* () {
    const first = yield* one([inbox, inbox, drafts, deleted] as const)
    const rest = folders.filter((id) => id !== first)
    const ids = [first, ...rest.slice(0, yield* Random.nextIntBetween(0, 3))]
    const window = yield* Random.nextIntBetween(1, 7)
    const wishes = ids.map((id): Wish => ({ id, window, options: null }))
    const list = yield* commandsIn(phone, first, name)
    const commands: Commands = list.length === 0 ? null : { id: first, list }
    yield* sync(phone, wishes, commands, yield* isOneIn(4))
  })

const commandsIn = (phone: ModelPhone, id: string, name: string) =>
  Effect.gen(function* () {
    const items = yield* Random.shuffle(serverIdsOf(phone.handset, id))
    const count = yield* Random.nextIntBetween(0, 4)
    const commands: Array<Command> = []
    for (const item of [...items].slice(0, count)) commands.push(yield* commandOn(item, { id, name }))
    if (id === drafts && (yield* isOneIn(3)))
      commands.push({ _tag: "Add", clientId: `c${name}`, subject: `draft ${name}` })
    return commands
  })

const commandOn = (
  item: string,
  { id, name }: { readonly id: string; readonly name: string }
): Effect.Effect<Command> =>
  Effect.gen(function* () {
    const isOn = yield* Random.nextBoolean
    switch (yield* Random.nextIntBetween(0, 5)) {
      case 0:
        return { _tag: "Delete", id: item }
      case 1:
        return { _tag: "Flag", id: item, isFlagged: isOn }
      case 2:
        return { _tag: "Categories", id: item, categories: isOn ? ["red"] : [] }
      case 3:
        return id === drafts
          ? { _tag: "Write", id: item, subject: `draft ${name}` }
          : { _tag: "Read", id: item, isRead: isOn }
      default:
        return { _tag: "Read", id: item, isRead: isOn }
    }
  })

/** All, one day, three days, one week, two weeks (MS-ASCMD 2.2.3.68). */
const filterTypes = [0, 1, 2, 3, 4] as const

const changeFilter = (phone: ModelPhone) =>
  Effect.gen(function* () {
    const id = yield* one([inbox, deleted] as const)
    const filter = yield* one(filterTypes)
    phone.filters.set(id, filter)
    const wish = { id, window: 5, options: [element("AirSync:FilterType", filter)] }
    yield* sync(phone, [wish], null, yield* isOneIn(4))
  })

/** Between Inbox and Deleted Items; the phone believes only what Sync tells it. */
const moveItems = ({ handset }: ModelPhone) =>
  Effect.gen(function* () {
    const [from, to] = yield* one([[inbox, deleted] as const, [deleted, inbox] as const] as const)
    const [item] = yield* Random.shuffle(serverIdsOf(handset, from))
    if (item === undefined) return
    const document = element(
      "Move:MoveItems",
      element(
        "Move:Move",
        element("Move:SrcMsgId", item),
        element("Move:SrcFldId", from),
        element("Move:DstFldId", to)
      )
    )
    yield* ask(handset, "MoveItems", document)
    if (yield* isOneIn(4)) yield* ask(handset, "MoveItems", document)
  })

const changeFolders = ({ handset }: ModelPhone, name: string) =>
  Effect.gen(function* () {
    const own = [...handset.folders.values()].filter((folder) => folder.name.startsWith("made"))
    const folder = own[yield* Random.nextIntBetween(0, own.length + 1)]
    if (folder === undefined && own.length < 8) yield* createFolder(handset, `made ${name}`)
    else if (folder !== undefined && (yield* Random.nextBoolean))
      yield* updateFolder(handset, folder.id, { name: `made ${name}` })
    else if (folder !== undefined) yield* removeFolder(handset, folder.id)
    // The answer is lost: the phone looks with the key that it had.
    yield* syncFolders(handset)
  })

const isOneIn = (n: number) => Effect.map(Random.nextIntBetween(0, n), (dice) => dice === 0)

const one = <A>(all: readonly [A, ...ReadonlyArray<A>]) =>
  Effect.map(Random.nextIntBetween(0, all.length), (index) => all[index] ?? all[0])
