import { Effect, Layer } from "effect"
import type { JournalEntry } from "../../src/domain/Change.ts"
import type { CommandResult } from "../../src/domain/Command.ts"
import { NotFound } from "../../src/domain/errors.ts"
import {
  Epoch,
  type MailboxId,
  type MessageId,
  ModSeq,
  type OperationId,
  type TaskId
} from "../../src/domain/ids.ts"
import type { NewMessage, StoredMessage } from "../../src/domain/Message.ts"
import { emptyState, type MailboxState } from "../../src/domain/mailbox/State.ts"
import {
  type AddedMessage,
  AlreadyApplied,
  type Commit,
  HeadMoved,
  MailboxQuarantined,
  MailboxStore,
  StaleEpoch
} from "../../src/storage/mailbox/MailboxStore.ts"
import { CursorTable, readFolderTwin, readHierarchyTwin } from "./syncTwin.ts"

interface Kept {
  epoch: Epoch
  claim: number
  state: MailboxState
  isQuarantined: boolean
  readonly messages: Map<MessageId, StoredMessage>
  /** By the topic. */
  readonly threads: Map<MessageId, string>
  readonly deliveries: Map<TaskId, MessageId>
  readonly operations: Map<OperationId, CommandResult>
  readonly journal: Array<JournalEntry>
  readonly lowWater: ModSeq
  readonly cursors: CursorTable
}

/** The memory twin of `MailboxStorePg`, for the mailboxes given. */
export const layerMemory = (mailboxes: ReadonlyArray<MailboxId>): Layer.Layer<MailboxStore> =>
  Layer.sync(MailboxStore, () => makeMemory(mailboxes))

/** `maxEntries` as in `syncReads.ts`; `threads` is where conversations are kept. */
export const makeMemory = (
  mailboxes: ReadonlyArray<MailboxId>,
  {
    maxEntries = 2_000,
    threads = new Map()
  }: { readonly maxEntries?: number; readonly threads?: Map<MessageId, string> } = {}
): MailboxStore["Type"] => {
  const all = new Map<MailboxId, Kept>(
    mailboxes.map((id) => [
      id,
      {
        epoch: Epoch(0),
        claim: 0,
        state: emptyState(id),
        isQuarantined: false,
        messages: new Map(),
        threads,
        deliveries: new Map(),
        operations: new Map(),
        journal: [],
        lowWater: ModSeq(0),
        cursors: new CursorTable()
      }
    ])
  )
  const find = (id: MailboxId) =>
    Effect.suspend(() => {
      const kept = all.get(id)
      return kept === undefined ? Effect.fail(new NotFound({ what: "mailbox" })) : Effect.succeed(kept)
    })
  return MailboxStore.of({
    activate: (id, epoch) =>
      Effect.gen(function* () {
        const kept = yield* find(id)
        if (kept.epoch > epoch) return yield* new StaleEpoch()
        kept.epoch = epoch
        kept.claim += 1
        if (kept.isQuarantined) return yield* new MailboxQuarantined()
        return { ...kept.state, claim: kept.claim }
      }),
    select: (id, selection, limit) =>
      find(id).pipe(
        Effect.orDie,
        Effect.map(({ messages }) => {
          if (selection._tag === "None") return []
          if (selection._tag === "Ids") return selection.ids.flatMap((wanted) => messages.get(wanted) ?? [])
          return [...messages.values()]
            .filter(({ folderId }) => selection.folderIds.includes(folderId))
            .filter(({ flags }) => !(selection.unseenOnly && flags.includes("\\Seen")))
            .sort((a, b) => a.folderId - b.folderId || a.uid - b.uid)
            .slice(0, limit)
        })
      ),
    cursors: (id, deviceId, collections) =>
      Effect.map(Effect.orDie(find(id)), ({ cursors }) => cursors.find(deviceId, collections)),
    readFolder: (id, read) =>
      Effect.map(Effect.orDie(find(id)), (kept) => readFolderTwin(kept, read, maxEntries)),
    readHierarchy: (id, after) =>
      Effect.map(Effect.orDie(find(id)), (kept) => readHierarchyTwin(kept, after)),
    commit: (commit) =>
      Effect.gen(function* () {
        const kept = yield* Effect.catchTag(find(commit.before.mailboxId), "NotFound", () => new StaleEpoch())
        if (kept.epoch !== commit.epoch) return yield* new StaleEpoch()
        if (kept.isQuarantined || kept.claim !== commit.claim) return yield* new HeadMoved()
        if (kept.state.modSeq !== commit.before.modSeq) return yield* new HeadMoved()
        if (wasApplied(kept, commit)) return yield* new AlreadyApplied()
        write(kept, commit)
      }),
    head: (id) => Effect.map(find(id), ({ epoch, state }) => ({ epoch, modSeq: ModSeq(state.modSeq) })),
    applied: (id, { taskIds, operationIds }) =>
      find(id).pipe(
        Effect.orDie,
        Effect.map(({ deliveries, operations }) => ({
          deliveries: new Map([...deliveries].filter(([task]) => taskIds.includes(task))),
          operations: new Map([...operations].filter(([operation]) => operationIds.includes(operation)))
        }))
      ),
    operation: (id, operationId) =>
      Effect.map(Effect.orDie(find(id)), ({ operations, journal }) => {
        const done = operations.get(operationId)
        const entry = journal.find(({ modSeq }) => modSeq === done?.modSeq)
        return done === undefined || entry === undefined ? null : { changes: done.changes, at: entry.at }
      }),
    quarantine: (id) =>
      Effect.map(Effect.orDie(find(id)), (kept) => {
        kept.isQuarantined = true
      }),
    release: (id) =>
      Effect.map(find(id), (kept) => {
        kept.isQuarantined = false
      })
  })
}

const wasApplied = (kept: Kept, commit: Commit): boolean =>
  commit.deliveries.some(({ taskId }) => kept.deliveries.has(taskId)) ||
  commit.operations.some(({ operationId }) => kept.operations.has(operationId))

const threadOf = ({ threads }: Kept, id: MessageId, of: NewMessage | MessageId): string =>
  (typeof of === "number" ? threads.get(of) : of.topic) || `message ${id}`

const storedOf = (added: AddedMessage, receivedAt: number): StoredMessage => {
  const { messageId: id, folderId, uid, flags, categories, sizeBytes, followUp, lastVerb } = added
  const marks = {
    ...(followUp === undefined ? {} : { followUp }),
    ...(lastVerb === undefined ? {} : { lastVerb })
  }
  return { id, folderId, uid, flags, categories, sizeBytes, receivedAt, ...marks }
}

const write = (kept: Kept, commit: Commit): void => {
  kept.state = commit.after
  for (const added of commit.added) {
    const { messageId: id } = added
    const source = added._tag === "New" ? added.message : kept.messages.get(added.sourceId)
    kept.threads.set(id, threadOf(kept, id, added._tag === "New" ? added.message : added.sourceId))
    kept.messages.set(id, storedOf(added, source?.receivedAt ?? 0))
  }
  for (const { modSeq, isMarked, ...message } of commit.updated) kept.messages.set(message.id, message)
  for (const id of commit.expunged) kept.messages.delete(id)
  for (const { taskId, messageId } of commit.deliveries) kept.deliveries.set(taskId, messageId)
  for (const { operationId, result } of commit.operations) kept.operations.set(operationId, result)
  kept.journal.push(...commit.entries)
  for (const { deviceId, folderId } of commit.resets) kept.cursors.forget(deviceId, folderId)
  for (const written of commit.cursors) kept.cursors.write(written)
}
