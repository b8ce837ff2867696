import { Either } from "effect"
import type { Change } from "../../Change.ts"
import type { CreateFolder, DeleteFolder, MoveFolder, RenameFolder } from "../../Command.ts"
import { AlreadyExists, InvalidRequest, LimitExceeded, NotAllowed } from "../../errors.ts"
import { type Folder, systemFolders } from "../../Folder.ts"
import { FolderId } from "../../ids.ts"
import { ancestors, folderByRole, type MailboxState, subtree } from "../State.ts"
import { expunge, inFolders } from "./messages.ts"
import { type Decided, decided, existingFolder, type Refusal, type View } from "./View.ts"

export const createMailbox = (view: View): Decided =>
  view.state.folders.size > 0
    ? decided([])
    : decided(
        systemFolders.map(({ role, name }, index) => ({
          _tag: "FolderCreated",
          folderId: FolderId(view.state.nextFolderId + index),
          parentId: null,
          name,
          role,
          uidValidity: view.state.nextFolderId + index
        }))
      )

export const createFolder = (view: View, command: CreateFolder): Decided =>
  Either.gen(function* () {
    const name = yield* validName(command.name)
    if (view.state.folders.size >= view.limits.maxFolders) {
      return yield* Either.left(new LimitExceeded({ limit: "folders", max: view.limits.maxFolders }))
    }
    yield* validPlace(view, { name, parentId: command.parentId, height: 1 })
    return yield* decided([
      {
        _tag: "FolderCreated",
        folderId: view.state.nextFolderId,
        parentId: command.parentId,
        name,
        role: "user",
        uidValidity: view.state.nextFolderId
      }
    ])
  })

export const renameFolder = (view: View, command: RenameFolder): Decided =>
  Either.gen(function* () {
    const folder = yield* userFolder(view, command.folderId)
    const name = yield* validName(command.name)
    if (name === folder.name) return yield* decided([])
    yield* freeName(view.state, { name, parentId: folder.parentId, except: folder.id })
    return yield* decided([renamed(folder, name)])
  })

export const moveFolder = (view: View, command: MoveFolder): Decided =>
  Either.gen(function* () {
    const folder = yield* userFolder(view, command.folderId)
    if (folder.parentId === command.parentId) return yield* decided([])
    yield* mayLie(view, folder, { name: folder.name, parentId: command.parentId })
    return yield* decided([moved(folder, command.parentId)])
  })

/** Gives a folder a name and a place of before. */
export const putBackFolder = (
  view: View,
  folder: Folder,
  place: { readonly name: string; readonly parentId: FolderId | null }
): Either.Either<ReadonlyArray<Change>, Refusal> =>
  Either.map(mayLie(view, folder, place), () => [
    ...(place.name === folder.name ? [] : [renamed(folder, place.name)]),
    ...(place.parentId === folder.parentId ? [] : [moved(folder, place.parentId)])
  ])

const renamed = (folder: Folder, name: string): Change => ({
  _tag: "FolderRenamed",
  folderId: folder.id,
  name,
  fromName: folder.name
})

const moved = (folder: Folder, parentId: FolderId | null): Change => ({
  _tag: "FolderMoved",
  folderId: folder.id,
  parentId,
  fromParentId: folder.parentId
})

/** Whether a folder, with all below it, may have this name in this place. */
const mayLie = (
  view: View,
  folder: Folder,
  { name, parentId }: { readonly name: string; readonly parentId: FolderId | null }
): Either.Either<void, Refusal> =>
  Either.gen(function* () {
    const below = subtree(view.state, folder.id)
    if (below.some(({ id }) => id === parentId)) {
      return yield* Either.left(new NotAllowed({ message: "A folder cannot be moved into itself." }))
    }
    const height = 1 + Math.max(...below.map(({ id }) => depthBetween(view.state, id, folder.id)))
    yield* validPlace(view, { name, parentId, height, except: folder.id })
  })

/** A folder goes to Deleted Items as it is; from there, or at once when asked, it goes for good, messages first. */
export const deleteFolder = (view: View, command: DeleteFolder): Decided =>
  Either.gen(function* () {
    const folder = yield* userFolder(view, command.folderId)
    const deleted = folderByRole(view.state, "deleted")
    const isDeleted = ancestors(view.state, folder.id).some(({ id }) => id === deleted?.id)
    if (deleted !== undefined && !isDeleted && !command.permanently) {
      return yield* decided(toDeletedItems(view.state, folder, deleted.id))
    }
    const below = subtree(view.state, folder.id)
    const { messages, more } = inFolders(view, new Set(below.map(({ id }) => id)))
    const changes: Array<Change> = messages.map(expunge)
    if (!more) {
      for (const { id } of [...below].reverse()) changes.push({ _tag: "FolderDeleted", folderId: id })
    }
    return yield* decided(changes, { more })
  })

/** As it is, with a number behind its name where that is taken there. */
export const toDeletedItems = (
  state: MailboxState,
  folder: Folder,
  deletedId: FolderId
): ReadonlyArray<Change> => {
  const changes: Array<Change> = []
  const taken = takenNames(state, { parentId: deletedId, except: folder.id })
  let name = folder.name
  for (let n = 2; taken.has(comparable(name)); n++) name = numbered(folder.name, n)
  if (name !== folder.name) changes.push(renamed(folder, name))
  changes.push(moved(folder, deletedId))
  return changes
}

/** Cut so that the number fits, never through a surrogate pair. */
const numbered = (name: string, n: number): string =>
  `${name.slice(0, maxNameLength - 10).replace(/[\uD800-\uDBFF]$/, "")} (${n})`

const userFolder = (view: View, id: FolderId): Either.Either<Folder, Refusal> =>
  existingFolder(view, id).pipe(
    Either.filterOrLeft(
      (folder) => folder.role === "user",
      () => new NotAllowed({ message: "This folder belongs to the mailbox and stays as it is." })
    )
  )

const maxNameLength = 255

/** 1–255 characters without control characters, trimmed, in NFC so that equal-looking names are equal. */
const validName = (raw: string): Either.Either<string, InvalidRequest> => {
  const name = raw.normalize("NFC").trim()
  if (name.length === 0 || name.length > maxNameLength) {
    return Either.left(new InvalidRequest({ message: `A folder name has 1 to ${maxNameLength} characters.` }))
  }
  // Cc control characters, lone surrogates and the separators that end lines in headers and logs.
  if (/[\p{Cc}\p{Cs}\u2028\u2029]/u.test(name)) {
    return Either.left(new InvalidRequest({ message: "A folder name holds no control characters." }))
  }
  return Either.right(name)
}

const validPlace = (
  view: View,
  place: Place & { readonly name: string; readonly height: number }
): Either.Either<void, Refusal> =>
  Either.gen(function* () {
    if (place.parentId !== null) {
      yield* existingFolder(view, place.parentId)
      const depth = ancestors(view.state, place.parentId).length + 1 + place.height
      if (depth > view.limits.maxFolderDepth) {
        return yield* Either.left(
          new LimitExceeded({ limit: "folderDepth", max: view.limits.maxFolderDepth })
        )
      }
    }
    yield* freeName(view.state, place)
  })

const freeName = (
  state: MailboxState,
  { name, ...place }: Place & { readonly name: string }
): Either.Either<void, AlreadyExists> =>
  takenNames(state, place).has(comparable(name))
    ? Either.left(new AlreadyExists({ what: "folder" }))
    : Either.void

interface Place {
  readonly parentId: FolderId | null
  readonly except?: FolderId
}

const takenNames = (state: MailboxState, { parentId, except }: Place): ReadonlySet<string> => {
  const names = new Set<string>()
  for (const folder of state.folders.values()) {
    if (folder.parentId === parentId && folder.id !== except) names.add(comparable(folder.name))
  }
  return names
}

/** Exchange and its clients treat sibling names that differ in case alone as equal. */
const comparable = (name: string): string => name.toLowerCase()

const depthBetween = (state: MailboxState, id: FolderId, root: FolderId): number =>
  id === root ? 0 : ancestors(state, id).findIndex((folder) => folder.id === root) + 1
