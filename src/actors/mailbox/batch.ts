import { Either, Exit } from "effect"
import { type Change, foldersOf, type JournalEntry } from "../../domain/Change.ts"
import type { Command, CommandResult, CursorWrite, Decision, Synchronise } from "../../domain/Command.ts"
import { InvalidRequest, type Unavailable } from "../../domain/errors.ts"
import { type FolderId, type MessageId, ModSeq } from "../../domain/ids.ts"
import type { NewMessage, StoredMessage } from "../../domain/Message.ts"
import { decide } from "../../domain/mailbox/decide/decide.ts"
import type { Refusal, Undoing, View } from "../../domain/mailbox/decide/View.ts"
import { evolveAll, evolveMessage } from "../../domain/mailbox/evolve.ts"
import type { MailboxLimits, MailboxState } from "../../domain/mailbox/State.ts"
import type { SyncMaterial } from "../../domain/sync/material.ts"
import type { AddedMessage, Commit } from "../../storage/mailbox/MailboxStore.ts"
import { conversationKeys } from "../../storage/mailbox/threading.ts"
import type { Ask } from "./MailboxProtocol.ts"

/**
 * How many of the waiting commands, from the first, may share one commit. One SQL statement sees none of its own
 * rows, so these start the next commit: a command that looks through a folder, unless it comes first; a message of a
 * conversation of which another message comes in the same commit; a repetition of a named operation.
 */
export const batchLength = (asks: ReadonlyArray<Ask>, max: number): number => {
  const named = new Set<string>()
  const conversations = new Set<string>()
  let length = 0
  let messages = 0
  for (const ask of asks) {
    messages += messagesNamed(ask.command)
    if (length >= max || (length > 0 && startsAnew(ask.command, messages))) break
    const names = namesOf(ask)
    if (names.some((name) => named.has(name))) break
    const isApart = messagesOf(ask.command).map((message) => joinConversations(message, conversations))
    // Messages of one command come together in any case, and find each other.
    if (length > 0 && isApart.includes(false)) break
    for (const name of names) named.add(name)
    length++
  }
  return length
}

/** Messages that the commands of one commit may name together. */
const maxMessages = 5000

const messagesNamed = (command: Command): number => ("messageIds" in command ? command.messageIds.length : 1)

const startsAnew = (command: Command, messages: number): boolean =>
  messages > maxMessages || looksThroughFolder(command)

const looksThroughFolder = ({ _tag }: Command): boolean => lookers.has(_tag)

/**
 * A device is told of what the journal holds, and an undo reads what was done: these come first in their commit, too.
 */
const lookers: ReadonlySet<Command["_tag"]> = new Set<Command["_tag"]>([
  "MarkAllRead",
  "EmptyFolder",
  "DeleteFolder",
  "Undo",
  "Synchronise",
  "SyncFolders",
  "LookUpDevice",
  "Estimate",
  "ResetDevice"
])

const namesOf = ({ command, operationId }: Ask): ReadonlyArray<string> => [
  ...(command._tag === "Deliver" ? [`task ${command.taskId}`] : []),
  ...(operationId === null ? [] : [`operation ${operationId}`])
]

const messageOf = (command: Command): NewMessage | undefined =>
  command._tag === "Deliver" || command._tag === "Append" ? command.message : undefined

const messagesOf = (command: Command): ReadonlyArray<NewMessage> => {
  if (command._tag === "Synchronise") return draftsOf(command)
  const message = messageOf(command)
  return message === undefined ? [] : [message]
}

const draftsOf = ({ wish }: Synchronise): ReadonlyArray<NewMessage> =>
  wish.collections.flatMap(({ changes }) =>
    changes.flatMap((change) => ("content" in change ? [change.content] : []))
  )

/** False where one of the conversation was there. */
const joinConversations = (message: NewMessage, conversations: Set<string>): boolean => {
  const { finds, found } = conversationKeys(message)
  const isApart = !finds.some((key) => conversations.has(key))
  for (const key of found) conversations.add(key)
  return isApart
}

/** What became of one command of a batch: its answer once the commit is through, a refusal, or a defect. */
export type Outcome = Exit.Exit<CommandResult, Refusal | Unavailable>

export interface DecidedBatch {
  readonly outcomes: ReadonlyArray<Outcome>
  readonly after: MailboxState
  /** Null where no command changed anything. */
  readonly commit: Commit | null
}

interface Working {
  state: MailboxState
  readonly messages: Map<MessageId, StoredMessage>
  readonly entries: Array<JournalEntry>
  readonly added: Array<AddedMessage>
  readonly touched: Map<MessageId, ModSeq>
  /** Messages that have marks besides flags, or had before. */
  readonly marked: Set<MessageId>
  readonly deliveries: Array<Commit["deliveries"][number]>
  readonly operations: Array<Commit["operations"][number]>
  readonly cursors: Array<CursorWrite>
  readonly resets: Array<Commit["resets"][number]>
}

/** Decides the commands one after the other, each on the state that the former left. A failing one fails alone. */
export const decideBatch = (
  before: MailboxState,
  asks: ReadonlyArray<Ask>,
  context: {
    readonly messages: ReadonlyArray<StoredMessage>
    readonly limits: MailboxLimits
    readonly now: number
    readonly epoch: Commit["epoch"]
    readonly claim: Commit["claim"]
    /** What the first command needs, where it is about a device. */
    readonly sync: Omit<SyncMaterial, "origin" | "now"> | null
    /** The same, where it is an undo. */
    readonly undoing?: Undoing | null
  }
): DecidedBatch => {
  const working: Working = {
    state: before,
    messages: new Map(context.messages.map((message) => [message.id, message])),
    entries: [],
    added: [],
    touched: new Map(),
    marked: new Set(),
    deliveries: [],
    operations: [],
    cursors: [],
    resets: []
  }
  const outcomes = asks.map((ask) => attempt(() => decideOne(working, ask, context)))
  const first = asks[0]
  if (first === undefined || !hasContent(working)) return { outcomes, after: before, commit: null }
  return {
    outcomes,
    after: working.state,
    commit: {
      epoch: context.epoch,
      claim: context.claim,
      before,
      after: working.state,
      entries: working.entries,
      added: working.added,
      updated: [...working.touched].flatMap(([id, modSeq]) => {
        const message = working.messages.get(id)
        return message === undefined ? [] : [{ ...message, modSeq, isMarked: working.marked.has(id) }]
      }),
      expunged: [...working.touched.keys()].filter((id) => !working.messages.has(id)),
      deliveries: working.deliveries,
      operations: working.operations,
      cursors: working.cursors,
      resets: working.resets,
      correlationId: first.correlationId,
      at: context.now
    }
  }
}

const hasContent = ({ entries, cursors, resets }: Working): boolean =>
  entries.length > 0 || cursors.length > 0 || resets.length > 0

const attempt = (run: () => Outcome): Outcome => {
  try {
    return run()
  } catch (defect) {
    return Exit.die(defect)
  }
}

const decideOne = (
  working: Working,
  ask: Ask,
  context: Pick<Parameters<typeof decideBatch>[2], "limits" | "now" | "sync" | "undoing">
): Outcome => {
  const { limits, now, sync, undoing = null } = context
  const view: View = {
    state: working.state,
    messages: working.messages,
    limits,
    ...(sync === null ? {} : { sync: { ...sync, origin: ask.origin, now } }),
    ...(undoing === null ? {} : { undoing })
  }
  return Either.match(decide(view, ask.command), {
    onLeft: (refusal) => Exit.fail(refusal),
    onRight: (decision) => apply(working, ask, { decision, now })
  })
}

const apply = (
  working: Working,
  ask: Ask,
  { decision, now }: { readonly decision: Decision; readonly now: number }
): Outcome => {
  const { command, origin, operationId } = ask
  if (operationId !== null && (operationId.length === 0 || operationId.length > 128)) {
    return Exit.fail(new InvalidRequest({ message: "An operation id has 1 to 128 characters." }))
  }
  const before = working.state.modSeq
  working.state = evolveAll(working.state, decision.changes)
  decision.changes.forEach((change, index) => {
    const modSeq = ModSeq(before + index + 1)
    working.entries.push({ modSeq, change, origin: decision.sync?.origins[index] ?? origin, at: now })
    remember(working, { change, modSeq }, { command, decision })
  })
  keepSync(working, decision)
  const result: CommandResult = {
    modSeq: working.state.modSeq,
    changes: decision.changes,
    missing: decision.missing,
    more: decision.more,
    duplicate: false,
    ...(decision.sync === undefined ? {} : { sync: decision.sync.answer }),
    ...(decision.undone === undefined ? {} : { undone: decision.undone })
  }
  if (operationId !== null && decision.changes.length > 0) working.operations.push({ operationId, result })
  return Exit.succeed(result)
}

const keepSync = (working: Working, { sync }: Decision): void => {
  if (sync === undefined) return
  working.cursors.push(...sync.cursors)
  if (sync.reset !== null) working.resets.push(sync.reset)
}

const remember = (
  working: Working,
  { change, modSeq }: { readonly change: Change; readonly modSeq: ModSeq },
  { command, decision }: { readonly command: Command; readonly decision: Decision }
): void => {
  switch (change._tag) {
    case "MessageAdded": {
      const { messageId } = change
      const place = { ...change, modSeq }
      const sourceId = decision.copies.get(messageId)
      const message = decision.sync?.contents.get(messageId) ?? messageOf(command)
      if (sourceId !== undefined) working.added.push({ ...place, _tag: "Copy", sourceId })
      else if (message !== undefined) working.added.push({ ...place, _tag: "New", message })
      if (command._tag === "Deliver") working.deliveries.push({ taskId: command.taskId, messageId })
      return
    }
    case "FlagsChanged":
    case "MessageMoved":
    case "Expunged":
      touch(working, change, modSeq)
      return
    default:
      return
  }
}

const touch = (
  working: Working,
  change: Extract<Change, { readonly messageId: MessageId }>,
  modSeq: ModSeq
): void => {
  const { messageId } = change
  const message = working.messages.get(messageId)
  const next = message === undefined ? undefined : evolveMessage(message, change)
  if (isMarked(message) || isMarked(next)) working.marked.add(messageId)
  if (next === undefined) working.messages.delete(messageId)
  else working.messages.set(messageId, next)
  working.touched.set(messageId, modSeq)
}

const isMarked = (message: StoredMessage | undefined): boolean =>
  message?.followUp !== undefined || message?.lastVerb !== undefined

/** The folders that a commit touched. */
export const touchedFolders = (commit: Commit): ReadonlySet<FolderId> =>
  new Set(commit.entries.flatMap(({ change }) => foldersOf(change)))
