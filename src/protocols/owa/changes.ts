import { Effect, Stream } from "effect"
import type { JournalEntry } from "../../domain/Change.ts"
import type { CoreError } from "../../domain/errors.ts"
import type { FolderId, MailboxId, MessageId, ModSeq } from "../../domain/ids.ts"
import type { Call } from "../../rpc/Call.ts"
import type { Changes, CoreMethods } from "../../rpc/Core.ts"
import type { FolderRow, Hello, News } from "./OwaAnswers.ts"
import { folderRow, messageRow } from "./rows.ts"

type Reads = Pick<CoreMethods, "listFolders" | "getMessages" | "watch">

type FolderRows = ReadonlyMap<FolderId, FolderRow>

interface Wish {
  readonly mailboxId: MailboxId
  /** null = from now. */
  readonly after: ModSeq | null
}

/**
 * The journal as it grows, told as what there is now: each window is folded to the messages and folders that it touched,
 * and these are read. What is read may be newer than the window; then it is told again.
 */
export const changesOf = (
  core: Reads,
  call: Call,
  { mailboxId, after }: Wish
): Stream.Stream<Hello | News, CoreError> => {
  const readFolders = Effect.map(core.listFolders(call, { mailboxId }), ({ folders, modSeq }) => ({
    modSeq,
    rows: new Map(folders.map((folder) => [folder.id, folderRow(folder)]))
  }))

  const readMessages = (messageIds: ReadonlyArray<MessageId>) =>
    messageIds.length === 0
      ? Effect.succeed([])
      : Effect.map(core.getMessages(call, { mailboxId, messageIds }), ({ messages }) =>
          messages.map(({ message }) => messageRow(message))
        )

  const newsOf = (known: FolderRows, { entries, modSeq, more }: Changes) =>
    Effect.gen(function* () {
      if (entries.length === 0) return [known, quiet({ modSeq, more })] as const
      const ids = touched(entries)
      const messages = yield* readMessages(ids)
      const { rows } = yield* readFolders
      const found = new Set(messages.map(({ id }) => id))
      const news: News = {
        _tag: "News",
        modSeq,
        more,
        messages,
        goneMessages: ids.filter((id) => !found.has(id)),
        ...difference(known, rows)
      }
      return [rows, news] as const
    })

  return Stream.unwrap(
    Effect.map(readFolders, ({ rows, modSeq }) => {
      const from = after ?? modSeq
      const known: FolderRows = rows
      const hello: Hello = { _tag: "Hello", modSeq: from, folders: [...rows.values()] }
      const watched = core.watch(call, { mailboxId, after: from, folderIds: [] })
      return Stream.concat(Stream.succeed(hello), Stream.mapAccumEffect(watched, known, newsOf))
    })
  )
}

const quiet = ({ modSeq, more }: Pick<News, "modSeq" | "more">): News => ({
  _tag: "News",
  modSeq,
  more,
  messages: [],
  goneMessages: [],
  folders: [],
  goneFolders: []
})

/** The messages that the changes are about, each once. */
const touched = (entries: ReadonlyArray<JournalEntry>): ReadonlyArray<MessageId> => [
  ...new Set(entries.flatMap(({ change }) => ("messageId" in change ? change.messageId : [])))
]

const difference = (before: FolderRows, now: FolderRows): Pick<News, "folders" | "goneFolders"> => ({
  folders: [...now.values()].filter((row) => !isSame(row, before.get(row.id))),
  goneFolders: [...before.keys()].filter((id) => !now.has(id))
})

const isSame = (a: FolderRow, b: FolderRow | undefined): boolean =>
  b !== undefined &&
  a.parentId === b.parentId &&
  a.name === b.name &&
  a.total === b.total &&
  a.unread === b.unread
