import { deepStrictEqual, ok, strictEqual } from "node:assert/strict"
import { Effect } from "effect"
import { Epoch, type MailboxId, type MessageId } from "../../src/domain/ids.ts"
import type { StoredMessage } from "../../src/domain/Message.ts"
import type { MailboxState } from "../../src/domain/mailbox/State.ts"
import type { AddedMessage } from "../../src/storage/mailbox/MailboxStore.ts"
import { checkJournal } from "../support/journals.ts"
import { archive, categoryOf, inbox, type Wish, type Witnesses } from "./clients.ts"
import { type Database, short, type Written } from "./Database.ts"
import { checksumOf, type Servers } from "./drivers.ts"

export interface Story {
  readonly servers: Servers
  readonly mailboxIds: ReadonlyArray<MailboxId>
  readonly witnesses: Witnesses
}

/** What is not as it must be once faults are over and time has passed; empty = everything came to rest. */
export const unrest = ({ servers, mailboxIds, witnesses }: Story): ReadonlyArray<string> => {
  const { database, indexed } = servers
  const left = (["mail_ingest", "index"] as const).flatMap((stream) => {
    const count = database.tasks.left(stream).length
    return count === 0 ? [] : [`I6: ${count} tasks of ${stream} are left`]
  })
  if (witnesses.busy > 0) return [`${witnesses.busy} clients still have something to do`, ...left]
  if (database.outbox.length > 0) left.push(`I6: ${database.outbox.length} commits nobody was told of`)
  return [
    ...left,
    ...mailboxIds.flatMap((mailboxId) => {
      const journal = database.journals.get(mailboxId) ?? []
      const watched = witnesses.watched.find((one) => one.mailboxId === mailboxId)
      const waiter = witnesses.waiters.find((one) => one.mailboxId === mailboxId)
      const head = journal.at(-1)?.modSeq ?? 0
      const last = journal.findLast(({ change }) => isOfInbox(change))?.modSeq ?? 0
      const untold = journal.filter(({ modSeq }) => !indexed.has(`${mailboxId} ${modSeq}`)).length
      return [
        ...(watched === undefined || watched.told === head
          ? []
          : [`I7: the watcher of ${short(mailboxId)} is at ${watched.told}, not at ${head}`]),
        ...(waiter === undefined || waiter.known >= last
          ? []
          : [`I7: who waits for ${short(mailboxId)} knows ${waiter.known} and sleeps through ${last}`]),
        ...(untold === 0 ? [] : [`I6: the index was not told of ${untold} changes of ${short(mailboxId)}`])
      ]
    })
  ]
}

const isOfInbox = (change: { readonly folderId: number; readonly fromFolderId?: number }): boolean =>
  change.folderId === inbox || change.fromFolderId === inbox

/** Asserts what must hold after any fault (DESIGN 11), of what the clients saw and of what is stored. */
export const check = (story: Story): void => {
  const { servers, mailboxIds, witnesses } = story
  const dead = [...servers.database.tasks.rows.values()].filter(({ status }) => status === "dead")
  deepStrictEqual(
    dead.map(({ taskId, error }) => `${taskId}: ${error}`),
    [],
    "I1: a message was given up"
  )
  deepStrictEqual(
    witnesses.staleLooks,
    [],
    "I8: what was acknowledged was not there for who looked afterwards"
  )
  for (const mailboxId of mailboxIds) {
    const written = servers.database.history.get(mailboxId) ?? []
    checkEpochs(mailboxId, written)
    checkStored(servers.database, mailboxId)
    checkWishes(
      written,
      witnesses.wishes.filter((wish) => wish.mailboxId === mailboxId),
      messagesOf(servers.database, mailboxId)
    )
    checkOffers(witnesses, mailboxId, addedOf(written))
    checkDeliveries(mailboxId, written)
    checkBlobs(servers, addedOf(written))
    checkWatched(servers.database, witnesses, mailboxId)
  }
}

/** I3: no older owner writes after a younger one has come, and each commit stands on the one before. */
const checkEpochs = (mailboxId: MailboxId, written: ReadonlyArray<Written>): void => {
  let epoch = Epoch(0)
  let modSeq = 0
  for (const one of written) {
    const by = one._tag === "Claimed" ? one.epoch : one.commit.epoch
    ok(by >= epoch, `I3: ${short(mailboxId)} was ${one._tag} by epoch ${by} after epoch ${epoch}`)
    epoch = by
    if (one._tag === "Claimed") continue
    strictEqual(one.commit.before.modSeq, modSeq, `I3: a commit of ${short(mailboxId)} stands on another one`)
    modSeq = one.commit.after.modSeq
  }
}

/** I3: the journal has no gap, and makes what is stored. */
const checkStored = (database: Database, mailboxId: MailboxId): void => {
  const entries = database.journals.get(mailboxId) ?? []
  if (entries.length === 0) return
  checkJournal({
    address: short(mailboxId),
    state: stateOf(database, mailboxId),
    journal: entries.map(({ modSeq, change }) => ({ modseq: modSeq, change })),
    messages: messagesOf(database, mailboxId)
  })
}

/** Younger than any: reading by it disturbs nobody any more. */
const lastEpoch = Epoch(2 ** 40)

const stateOf = (database: Database, mailboxId: MailboxId): MailboxState => {
  const { claim: _, ...state } = Effect.runSync(database.stored.activate(mailboxId, lastEpoch))
  return state
}

const messagesOf = (database: Database, mailboxId: MailboxId): ReadonlyMap<MessageId, StoredMessage> => {
  const folderIds = [...stateOf(database, mailboxId).folders.keys()]
  const selection = { _tag: "Folders", folderIds, unseenOnly: false } as const
  const found = Effect.runSync(database.stored.select(mailboxId, selection, Number.POSITIVE_INFINITY))
  return new Map(found.map((message) => [message.id, message]))
}

const addedOf = (written: ReadonlyArray<Written>): ReadonlyArray<Extract<AddedMessage, { _tag: "New" }>> =>
  written.flatMap((one) =>
    one._tag === "Committed" ? one.commit.added.flatMap((added) => (added._tag === "New" ? [added] : [])) : []
  )

/** I1, I2, as the senders see it: what was accepted is there once, what was left open at most once. */
const checkOffers = (
  { offers }: Witnesses,
  mailboxId: MailboxId,
  added: ReturnType<typeof addedOf>
): void => {
  for (const { fate, mailboxIds, messageId } of offers) {
    const times = added.filter(({ message }) => message.envelope.internetMessageId === messageId).length
    const isRecipient = mailboxIds.includes(mailboxId)
    const least = isRecipient && fate === "accepted" ? 1 : 0
    ok(times >= least, `I1: ${short(mailboxId)} does not have ${messageId}, which was accepted`)
    ok(times <= (isRecipient ? 1 : 0), `I2: ${short(mailboxId)} has ${messageId} ${times} times`)
  }
}

/** I2, as the rows say. */
const checkDeliveries = (mailboxId: MailboxId, written: ReadonlyArray<Written>): void => {
  const taskIds = written.flatMap((one) =>
    one._tag === "Committed" ? one.commit.deliveries.map(({ taskId }) => taskId) : []
  )
  strictEqual(new Set(taskIds).size, taskIds.length, `I2: a task became two messages of ${short(mailboxId)}`)
}

const checkBlobs = ({ blobs }: Servers, added: ReturnType<typeof addedOf>): void => {
  for (const { message } of added) {
    const bytes = blobs.get(message.blobKey)
    ok(bytes !== undefined, `I5: ${message.blobKey} is missing`)
    strictEqual(checksumOf(bytes), message.checksum, `I5: ${message.blobKey} does not match its checksum`)
  }
}

/** I7: every change once and in order. */
const checkWatched = ({ journals }: Database, { watched }: Witnesses, mailboxId: MailboxId): void => {
  const told = watched.find((one) => one.mailboxId === mailboxId)?.entries ?? []
  deepStrictEqual(
    told.map(({ modSeq, change }) => `${modSeq} ${change._tag}`),
    (journals.get(mailboxId) ?? []).map(({ modSeq, change }) => `${modSeq} ${change._tag}`),
    `I7: the watcher of ${short(mailboxId)} missed a change or heard one twice`
  )
}

/** I8: what was granted is there, and nothing was done twice. */
const checkWishes = (
  written: ReadonlyArray<Written>,
  wishes: ReadonlyArray<Wish>,
  messages: ReadonlyMap<MessageId, StoredMessage>
): void => {
  const done = written.flatMap((one) =>
    one._tag === "Committed" ? one.commit.operations.map(({ operationId }) => operationId) : []
  )
  for (const wish of wishes) {
    const times = done.filter((operationId) => operationId === wish.operationId).length
    ok(times <= 1, `I8: ${wish.operationId} was done ${times} times`)
    ok(times === 1 || wish.granted === null, `I8: ${wish.operationId} was granted and is lost`)
    const message = messages.get(wish.messageId)
    const isThere =
      wish.kind === "move" ? message?.folderId === archive : message?.categories.includes(categoryOf(wish))
    strictEqual(isThere === true, times === 1, `I8: ${wish.operationId} was undone`)
  }
}
