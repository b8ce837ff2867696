import { Either } from "effect"
import type { Origin } from "../Change.ts"
import type { CursorWrite, SyncFolders } from "../Command.ts"
import type { FolderId } from "../ids.ts"
import { createFolder, deleteFolder, moveFolder, renameFolder } from "../mailbox/decide/folders.ts"
import { type Decided, decided, type Refusal, type View } from "../mailbox/decide/View.ts"
import { ancestors } from "../mailbox/State.ts"
import type { HierarchyCursor, HierarchyView } from "./Cursor.ts"
import { justAnswer } from "./device.ts"
import { foldFolders, ofRemoval, toldFolders } from "./foldFolders.ts"
import { hierarchyCursor } from "./hierarchyCursor.ts"
import type { KnownView } from "./KnownView.ts"
import { hierarchy } from "./material.ts"
import { keyOf } from "./nextCursor.ts"
import type { FolderOutcome } from "./outcomes.ts"
import type { DeviceFolderChange, SyncedFolders } from "./Synchronise.ts"
import { newEntries, startWorking, step, type Working } from "./Working.ts"

/** What a device did to the folders, or what it is told of them. */
export const syncFolders = (view: KnownView, command: SyncFolders): Decided => {
  const { key, change } = command.wish
  const cursor = hierarchyCursor(view.sync.cursors)
  if (key === null) return change === null ? beginFolders(view, command, cursor) : refused("UnknownKey")
  if (cursor === undefined) return refused("UnknownKey")
  const isLast = key === cursor.key
  if (!isLast && key !== cursor.former?.key) return refused("UnknownKey")
  if (!isLast && cursor.former?.digest === command.digest) return replay(cursor)
  const known = isLast ? cursor.view : (cursor.former?.view ?? cursor.view)
  if (known.cursor < (view.sync.hierarchy?.lowWater ?? 0)) return refused("Expired")
  const asked = { command, cursor, known }
  return change === null ? tellFolders(view, asked) : applyFolderChange(view, { ...asked, change })
}

interface Asked {
  readonly command: SyncFolders
  readonly cursor: HierarchyCursor
  readonly known: HierarchyView
}

const answerFolders = (folders: SyncedFolders): Decided => justAnswer({ _tag: "Folders", folders })

const refused = (reason: "UnknownKey" | "Expired"): Decided => answerFolders({ _tag: "Refused", reason })

const replay = ({ key, former }: HierarchyCursor): Decided =>
  answerFolders({
    _tag: "Synced",
    key,
    isReplay: true,
    outcome: former?.recipe.outcome ?? null,
    told: former?.recipe.told ?? []
  })

const beginFolders = (
  { state }: KnownView,
  { wish, nonce }: SyncFolders,
  cursor: HierarchyCursor | undefined
): Decided => {
  const count = (cursor?.count ?? 0) + 1
  const key = keyOf(hierarchy, count, nonce)
  const told = toldFolders(state, { added: [...state.folders.keys()], updated: [], deleted: [] })
  const former = cursor && {
    key: cursor.key,
    view: cursor.view,
    digest: "",
    recipe: { outcome: null, told: [] },
    done: {}
  }
  const next: HierarchyCursor = {
    _tag: "Hierarchy",
    deviceId: wish.deviceId,
    key,
    count,
    view: { cursor: state.modSeq, ownUntil: state.modSeq },
    ...(former === undefined ? {} : { former })
  }
  return justAnswer(
    { _tag: "Folders", folders: { _tag: "Synced", key, isReplay: false, outcome: null, told } },
    { cursors: [{ cursor: next, replaces: cursor?.key ?? null }] }
  )
}

/** A key stays where there is nothing to tell. */
const tellFolders = ({ state, sync }: KnownView, asked: Asked): Decided => {
  const found = foldFolders(sync.hierarchy?.entries ?? [], {
    state,
    origin: sync.origin,
    ownUntil: asked.known.ownUntil
  })
  const told = toldFolders(state, found)
  const view = { cursor: state.modSeq, ownUntil: state.modSeq }
  const isSame = told.length === 0 && asked.known === asked.cursor.view
  if (isSame && state.hierarchyModSeq <= asked.known.cursor) {
    return answerFolders({ _tag: "Synced", key: asked.cursor.key, isReplay: false, outcome: null, told })
  }
  const write: CursorWrite = isSame
    ? { cursor: { ...asked.cursor, view }, replaces: asked.cursor.key }
    : nextHierarchy(asked, { view, outcome: null, told })
  return justAnswer(
    {
      _tag: "Folders",
      folders: { _tag: "Synced", key: keyIn(write, asked), isReplay: false, outcome: null, told }
    },
    { cursors: [write] }
  )
}

const keyIn = ({ cursor }: CursorWrite, asked: Asked) =>
  cursor._tag === "Kept" ? asked.cursor.key : cursor.key

const nextHierarchy = (
  { command, cursor, known }: Asked,
  after: {
    readonly view: HierarchyView
    readonly outcome: FolderOutcome | null
    readonly told: Extract<SyncedFolders, { readonly _tag: "Synced" }>["told"]
  }
): CursorWrite => {
  const count = cursor.count + 1
  return {
    cursor: {
      _tag: "Hierarchy",
      deviceId: cursor.deviceId,
      key: keyOf(hierarchy, count, command.nonce),
      count,
      view: after.view,
      former: {
        key: known === cursor.view ? cursor.key : (cursor.former?.key ?? cursor.key),
        view: known,
        digest: command.digest,
        recipe: { outcome: after.outcome, told: after.told },
        done: {}
      }
    },
    replaces: cursor.key
  }
}

/** One change of the folders; the device moves past it in the same commit, where nothing of others waits before it. */
const applyFolderChange = (
  view: KnownView,
  asked: Asked & { readonly change: DeviceFolderChange }
): Decided => {
  const { change, known } = asked
  const working = startWorking(view, [])
  const result = change._tag === "Update" ? update(working, change, view) : simple(working, change, view)
  if (result.outcome.status !== "Applied") {
    return answerFolders({
      _tag: "Synced",
      key: asked.cursor.key,
      isReplay: false,
      outcome: result.outcome,
      told: []
    })
  }
  const sync = { reset: null, contents: working.contents, origins: working.origins }
  if (result.more) {
    const folders = {
      _tag: "Synced" as const,
      key: asked.cursor.key,
      isReplay: false,
      outcome: null,
      told: []
    }
    const answer = { _tag: "Folders" as const, folders }
    return decided(working.changes, { more: true, sync: { ...sync, answer, cursors: [] } })
  }
  const isNext = view.state.hierarchyModSeq <= known.cursor && !leavesSomething(working, view.sync.origin)
  const write = nextHierarchy(asked, {
    view: { cursor: isNext ? working.state.modSeq : known.cursor, ownUntil: working.state.modSeq },
    outcome: result.outcome,
    told: []
  })
  const folders: SyncedFolders = {
    _tag: "Synced",
    key: keyIn(write, asked),
    isReplay: false,
    outcome: result.outcome,
    told: []
  }
  return decided(working.changes, {
    sync: { ...sync, answer: { _tag: "Folders", folders }, cursors: [write] }
  })
}

/** A folder removed to Deleted Items is there to be told. */
const leavesSomething = (working: Working, origin: Origin): boolean =>
  newEntries(working, 0).some((entry) => entry.origin === ofRemoval(origin))

interface Result {
  readonly outcome: FolderOutcome
  readonly more: boolean
}

const done = (folderId: FolderId | null, more = false): Result => ({
  outcome: { status: "Applied", folderId },
  more
})

const simple = (
  working: Working,
  change: Exclude<DeviceFolderChange, { readonly _tag: "Update" }>,
  { sync }: KnownView
): Result => {
  if (change._tag === "Create") {
    return Either.match(
      step(working, (view) => createFolder(view, { ...change, _tag: "CreateFolder" }), sync),
      {
        onLeft: (refusal) => failed(refusal, null, "NoParent"),
        onRight: ({ changes }) =>
          done(changes.find((made) => made._tag === "FolderCreated")?.folderId ?? null)
      }
    )
  }
  const { folderId } = change
  const remove = (view: View): Decided =>
    deleteFolder(view, { _tag: "DeleteFolder", folderId, permanently: false })
  const isLeft = !isInDeletedItems(working, folderId)
  const origin = isLeft ? ofRemoval(sync.origin) : sync.origin
  return Either.match(step(working, remove, { origin }), {
    onLeft: (refusal) => failed(refusal, folderId, "NotFound"),
    onRight: ({ more }) => done(folderId, more)
  })
}

const isInDeletedItems = ({ state }: Working, folderId: FolderId): boolean =>
  ancestors(state, folderId).some(({ role }) => role === "deleted")

/** Another name, another place, or both: all of it or nothing. */
const update = (
  working: Working,
  { folderId, name, parentId }: Extract<DeviceFolderChange, { readonly _tag: "Update" }>,
  { sync }: KnownView
): Result => {
  const before = working.state
  // A name that is free at one place need not be at the other, so the folder may have to be renamed on its way.
  const attempts = [
    [move(folderId, parentId), rename(folderId, name)],
    [rename(folderId, name), move(folderId, parentId)]
  ]
  let refusal: Refusal | undefined
  for (const attempt of attempts) {
    refusal = undefined
    for (const decide of attempt) {
      refusal ??= Either.match(step(working, decide, sync), {
        onLeft: (left) => left,
        onRight: () => undefined
      })
    }
    if (refusal === undefined) return done(folderId)
    working.state = before
    working.changes.length = 0
    working.origins.length = 0
  }
  const isFolderThere = before.folders.has(folderId)
  return failed(refusal, folderId, isFolderThere ? "NoParent" : "NotFound")
}

const move =
  (folderId: FolderId, parentId: FolderId | null) =>
  (view: View): Decided =>
    moveFolder(view, { _tag: "MoveFolder", folderId, parentId })

const rename =
  (folderId: FolderId, name: string) =>
  (view: View): Decided =>
    renameFolder(view, { _tag: "RenameFolder", folderId, name })

const failed = (
  refusal: Refusal | undefined,
  folderId: FolderId | null,
  notFound: FolderOutcome["status"]
): Result => ({ outcome: { status: statusOf(refusal, notFound), folderId }, more: false })

const statusOf = (
  refusal: Refusal | undefined,
  notFound: FolderOutcome["status"]
): FolderOutcome["status"] => {
  switch (refusal?._tag) {
    case "NotFound":
      return notFound
    case "AlreadyExists":
      return "Exists"
    case "NotAllowed":
      return "Special"
    case "LimitExceeded":
      return "Limit"
    default:
      return "Invalid"
  }
}
