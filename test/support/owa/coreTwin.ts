import { Effect, Either, Option, Stream } from "effect"
import type { JournalEntry } from "../../../src/domain/Change.ts"
import type { Command } from "../../../src/domain/Command.ts"
import { CursorExpired } from "../../../src/domain/errors.ts"
import { FolderId, type MessageId, ModSeq } from "../../../src/domain/ids.ts"
import type { MessageSummary, StoredMessage } from "../../../src/domain/Message.ts"
import { comparePlaces } from "../../../src/domain/MessageList.ts"
import type { Applied, Changes, CoreMethods, Named } from "../../../src/rpc/Core.ts"
import { listByDate } from "../../../src/rpc/handlers/lists.ts"
import { summary } from "../alice.ts"
import { given, type Model, run } from "../domain.ts"
import { countTwin, listTwin } from "../listTwin.ts"

/** One mailbox in memory, that decides as the real one does. */
export interface CoreTwin {
  readonly core: Partial<CoreMethods>
  readonly model: () => Model
  /** What is in a folder, newest first. */
  readonly listed: (folderId: FolderId) => ReadonlyArray<MessageSummary>
  /** Somebody else's command. */
  readonly phone: (command: Command) => void
  /** The journal forgets what has been so far. */
  readonly compact: () => void
}

/** In an order that is not that of their numbers; some of one millisecond. */
const receivedAtOf = (id: MessageId): number => ((id * 7) % 61) * 1_000

/** Journal entries of a window: few, so that it often takes many. */
const windowSize = 3

export const makeCoreTwin = (...before: ReadonlyArray<Command>): CoreTwin => {
  let model = given(...before)
  let lowWater = 0
  const answers = new Map<string, Applied>()
  const waiting = new Set<() => void>()
  const lastChange = new Map<MessageId, ModSeq>()

  const note = (from: number): void => {
    for (const [at, change] of model.journal.entries())
      if (at >= from && "messageId" in change) lastChange.set(change.messageId, ModSeq(at + 1))
  }
  note(0)

  const apply = (command: Command) =>
    Either.map(run(model, command), ({ changes, more, ...next }) => {
      const from = model.journal.length
      model = next
      note(from)
      for (const wake of [...waiting]) wake()
      return { changes, more }
    })

  const summaryOf = (stored: StoredMessage): MessageSummary =>
    summary(stored.id, {
      ...stored,
      receivedAt: receivedAtOf(stored.id),
      modSeq: lastChange.get(stored.id) ?? ModSeq(0)
    })

  const messages = () => [...model.messages.values()].map(summaryOf)
  const listed = (folderId: FolderId) =>
    messages()
      .filter((message) => message.folderId === folderId)
      .sort(comparePlaces)

  const list = listByDate({
    router: { state: () => Effect.sync(() => model.state) },
    reader: {
      byDate: (_, wanted) => Effect.sync(() => listTwin(messages(), wanted)),
      countSince: (_, wanted) => Effect.sync(() => countTwin(messages(), wanted))
    },
    limits: { pageSize: 50, maxPageSize: 500 }
  })

  const order = ({ operationId }: Named, command: Command) =>
    Effect.suspend(() => {
      const before = answers.get(operationId ?? "")
      if (before !== undefined) return Effect.succeed({ ...before, isDuplicate: true })
      return Either.map(apply(command), ({ changes, more }): Applied => {
        const made = changes.find((change) => change._tag === "FolderCreated")
        const applied = {
          modSeq: model.state.modSeq,
          missing: [],
          added: [],
          folderId: made === undefined ? null : made.folderId,
          more,
          isDuplicate: false
        }
        answers.set(operationId ?? "", applied)
        return applied
      })
    })

  const news = (after: number) =>
    Effect.async<void>((resume) => {
      const wake = () => {
        waiting.delete(wake)
        resume(Effect.void)
      }
      if (model.journal.length > after) return resume(Effect.void)
      waiting.add(wake)
      return Effect.sync(() => waiting.delete(wake))
    })

  const windowAfter = (after: number): Changes => {
    const entries = model.journal
      .slice(after, after + windowSize)
      .map((change, at): JournalEntry => ({ modSeq: ModSeq(after + at + 1), change, origin: "test", at: 0 }))
    const modSeq = ModSeq(after + entries.length)
    return { entries, modSeq, more: modSeq < model.journal.length }
  }

  /** What was read is on its way, while other things happen. */
  const onItsWay = Effect.replicateEffect(Effect.yieldNow(), 5)

  return {
    model: () => model,
    listed,
    phone: (command) => void apply(command),
    compact: () => {
      lowWater = model.journal.length
    },
    core: {
      listFolders: () =>
        Effect.sync(() => ({ folders: [...model.state.folders.values()], modSeq: model.state.modSeq })),
      listByDate: (call, input) => Effect.zipLeft(list(call, input), onItsWay),
      getMessages: (_, { messageIds }) =>
        Effect.zipLeft(
          Effect.sync(() => ({
            messages: messageIds.flatMap((id) => {
              const stored = model.messages.get(id)
              return stored === undefined ? [] : [{ message: summaryOf(stored), parts: [] }]
            })
          })),
          onItsWay
        ),
      watch: (_, { after }) => {
        const from = after ?? model.journal.length
        if (from < lowWater || from > model.journal.length) return Stream.fail(new CursorExpired())
        const rest = Stream.paginateEffect(windowAfter(from).modSeq, (cursor: number) =>
          Effect.map(news(cursor), () => {
            const window = windowAfter(cursor)
            return [window, Option.some<number>(window.modSeq)] as const
          })
        )
        return Stream.concat(
          Stream.sync(() => windowAfter(from)),
          rest
        )
      },
      changeFlags: (_, input) => order(input, { _tag: "ChangeFlags", ...input }),
      markAllRead: (_, input) => order(input, { _tag: "MarkAllRead", ...input }),
      moveMessages: (_, input) => order(input, { _tag: "MoveMessages", ...input }),
      copyMessages: (_, input) => order(input, { _tag: "CopyMessages", ...input }),
      deleteMessages: (_, input) => order(input, { _tag: "DeleteMessages", ...input }),
      expungeMessages: (_, input) => order(input, { _tag: "ExpungeMessages", ...input }),
      emptyFolder: (_, input) => order(input, { _tag: "EmptyFolder", ...input }),
      createFolder: (_, input) => order(input, { _tag: "CreateFolder", ...input }),
      renameFolder: (_, input) => order(input, { _tag: "RenameFolder", ...input }),
      moveFolder: (_, input) => order(input, { _tag: "MoveFolder", ...input, parentId: input.toFolderId }),
      deleteFolder: (_, input) => order(input, { _tag: "DeleteFolder", ...input })
    }
  }
}

export const inbox = FolderId(1)
export const deletedItems = FolderId(4)
