import { assert } from "@effect/vitest"
import { Effect, type Scope } from "effect"
import {
  childElements,
  childOf,
  childText,
  type Element,
  element
} from "../../../src/protocols/activesync/wbxml/element.ts"
import type { Platform } from "../platform.ts"
import { type Phone, type PhoneOptions, phoneAt } from "./client.ts"
import {
  type AnsweredCollection,
  type CollectionAsked,
  readSync,
  type SyncAnswered,
  type SyncAsked,
  syncDocument
} from "./talk.ts"

export interface KnownFolder {
  readonly id: string
  readonly parentId: string
  readonly name: string
  readonly type: string
}

export interface HeldItem {
  readonly subject: string
  readonly isRead: boolean
  readonly isFlagged: boolean
  readonly categories: ReadonlyArray<string>
}

/** As a device holds what it just wrote. */
export const unmarked: Omit<HeldItem, "subject"> = { isRead: false, isFlagged: false, categories: [] }

/** A phone that keeps what it was told: folders, keys and items. */
export interface Handset {
  readonly phone: Phone
  readonly folders: Map<string, KnownFolder>
  readonly items: Map<string, Map<string, HeldItem>>
  readonly keys: Map<string, string>
  hierarchyKey: string
}

/** Ids of the folders that every mailbox has. */
export const folderIds = { inbox: "1", drafts: "2", sent: "3", deleted: "4" } as const

export const handsetAt = (
  platform: Pick<Platform, "at">,
  options: Partial<PhoneOptions> = {}
): Effect.Effect<Handset, never, Scope.Scope> => Effect.map(phoneAt(platform, options), handsetOf)

export const handsetOf = (phone: Phone): Handset => ({
  phone,
  folders: new Map(),
  items: new Map(),
  keys: new Map(),
  hierarchyKey: "0"
})

/** A handset that has its folders. */
export const readyAt = (platform: Pick<Platform, "at">, options: Partial<PhoneOptions> = {}) =>
  Effect.tap(handsetAt(platform, options), syncFolders)

export const ask = (handset: Handset, command: Parameters<Phone["ask"]>[0], document: Element | null) =>
  Effect.map(handset.phone.ask(command, document), (answer) => {
    assert.strictEqual(answer.code, 200, `${command}: ${answer.reason}`)
    return answer.document
  })

export const statusOf = (document: Element | null): string | undefined => {
  const first =
    document === null ? undefined : childElements(document).find(({ tag }) => tag.endsWith(":Status"))
  return first === undefined ? undefined : first.children.join("")
}

/** FolderSync, and its answer taken to heart. */
export const syncFolders = (handset: Handset) =>
  Effect.map(
    ask(
      handset,
      "FolderSync",
      element("FolderHierarchy:FolderSync", element("FolderHierarchy:SyncKey", handset.hierarchyKey))
    ),
    (document) => {
      assert.strictEqual(statusOf(document), "1")
      handset.hierarchyKey = childText(document ?? undefined, "FolderHierarchy:SyncKey") ?? ""
      const changes = childOf(document ?? undefined, "FolderHierarchy:Changes")
      const told = childElements(changes ?? assert.fail("no Changes")).slice(1)
      assert.strictEqual(childText(changes, "FolderHierarchy:Count"), String(told.length))
      for (const one of told) {
        const id = childText(one, "FolderHierarchy:ServerId") ?? ""
        if (one.tag === "FolderHierarchy:Delete") handset.folders.delete(id)
        else handset.folders.set(id, folderOf(one, id))
      }
      return told
    }
  )

const folderOf = (of: Element, id: string): KnownFolder => ({
  id,
  parentId: childText(of, "FolderHierarchy:ParentId") ?? "",
  name: childText(of, "FolderHierarchy:DisplayName") ?? "",
  type: childText(of, "FolderHierarchy:Type") ?? ""
})

export const keyOf = (handset: Handset, id: string): string => handset.keys.get(id) ?? "0"

/** A Sync, its answer only read. */
export const askSync = (handset: Handset, asked: SyncAsked): Effect.Effect<SyncAnswered> =>
  Effect.map(ask(handset, "Sync", syncDocument(asked)), readSync)

/** A Sync of one folder with the key that the handset holds, its answer taken to heart; undefined where it was empty. */
export const syncOne = (
  handset: Handset,
  id: string,
  asked: Omit<CollectionAsked, "id" | "key"> = {}
): Effect.Effect<AnsweredCollection | undefined> =>
  Effect.map(askSync(handset, { collections: [{ id, key: keyOf(handset, id), ...asked }] }), (answered) => {
    assert.isUndefined(answered.status)
    const [collection] = answered.collections
    if (collection !== undefined) take(handset, collection)
    return collection
  })

/**
 * Does what an answer says. Errors of the server show as errors here: an Add twice, a Change of nothing. `excused` are items
 * that may be unknown all the same.
 */
export const take = (
  handset: Handset,
  { id, key, status, changes }: AnsweredCollection,
  excused: ReadonlySet<string> = new Set()
): void => {
  if (status === "3") {
    handset.keys.delete(id)
    handset.items.delete(id)
    return
  }
  if (status !== "1") return
  handset.keys.set(id, key)
  const items = handset.items.get(id) ?? new Map<string, HeldItem>()
  handset.items.set(id, items)
  for (const { op, serverId, properties } of changes) {
    const before = items.get(serverId)
    if (op === "Add") assert.isUndefined(before, `${serverId} added twice`)
    else if (!excused.has(serverId)) assert.isDefined(before, `${op} of unknown ${serverId}`)
    if (op === "Delete" || op === "SoftDelete") items.delete(serverId)
    else items.set(serverId, heldOf(properties, before))
  }
}

const heldOf = (properties: Element | undefined, before: HeldItem | undefined): HeldItem => {
  const read = childText(properties, "Email:Read")
  const flag = childOf(properties, "Email:Flag")
  const categories = childOf(properties, "Email:Categories")
  return {
    subject: childText(properties, "Email:Subject") ?? before?.subject ?? "",
    isRead: read === undefined ? (before?.isRead ?? false) : read === "1",
    isFlagged: flag === undefined ? (before?.isFlagged ?? false) : childText(flag, "Email:Status") === "2",
    categories:
      categories === undefined
        ? (before?.categories ?? [])
        : childElements(categories).map(({ children }) => children.join(""))
  }
}

/** Begins anew and takes all there is. */
export const syncAll = (
  handset: Handset,
  id: string,
  asked: Omit<CollectionAsked, "id" | "key" | "commands"> = {}
) =>
  Effect.gen(function* () {
    handset.keys.delete(id)
    handset.items.delete(id)
    yield* syncOne(handset, id)
    yield* catchUp(handset, id, asked)
  })

/** Syncs until there is nothing more. */
export const catchUp = (
  handset: Handset,
  id: string,
  asked: Omit<CollectionAsked, "id" | "key" | "commands"> = {}
): Effect.Effect<void> =>
  Effect.flatMap(syncOne(handset, id, asked), (collection) =>
    collection?.more === true ? catchUp(handset, id, asked) : Effect.void
  )

export const subjectsOf = (handset: Handset, id: string): ReadonlyArray<string> =>
  [...(handset.items.get(id)?.values() ?? [])].map(({ subject }) => subject).sort()

export const serverIdsOf = (handset: Handset, id: string): ReadonlyArray<string> => [
  ...(handset.items.get(id)?.keys() ?? [])
]
