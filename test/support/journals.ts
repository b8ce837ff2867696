import { deepStrictEqual, ok, strictEqual } from "node:assert/strict"
import { Effect } from "effect"
import type { Change } from "../../src/domain/Change.ts"
import { MailboxId, type MessageId } from "../../src/domain/ids.ts"
import type { StoredMessage } from "../../src/domain/Message.ts"
import { evolve, evolveMessage } from "../../src/domain/mailbox/evolve.ts"
import { emptyState, type MailboxState } from "../../src/domain/mailbox/State.ts"
import {
  type HeadRow,
  hierarchyChange,
  type StoredRow,
  storedColumns,
  toState,
  toStored
} from "../../src/storage/mailbox/rows.ts"
import type { Platform } from "./platform.ts"
import type { Watched } from "./watching.ts"
import { type Wish, wishedFolder } from "./wishes.ts"

/** A mailbox as the database has it. */
export interface Stored {
  readonly address: string
  readonly state: MailboxState
  readonly journal: ReadonlyArray<{ readonly modseq: number; readonly change: Change }>
  readonly messages: ReadonlyMap<MessageId, StoredMessage>
}

export const readMailbox = (platform: Platform, address: string): Effect.Effect<Stored> =>
  Effect.gen(function* () {
    const [head] = yield* platform.query<HeadRow & { readonly user_id: string }>(
      `SELECT head.user_id, head.epoch, head.modseq, head.next_message, head.next_folder, head.used_bytes,
        owner.quota_bytes, head.quarantined_at IS NOT NULL AS quarantined,
        (SELECT max(modseq) FROM mail_state.journal WHERE user_id = owner.id AND ${hierarchyChange}) AS hierarchy_modseq,
        (SELECT jsonb_agg(folder) FROM mail_state.mailboxes AS folder WHERE folder.user_id = owner.id) AS folders
      FROM mail_state.heads AS head JOIN mail_state.users AS owner ON owner.id = head.user_id WHERE email = $1`,
      [address]
    )
    if (head === undefined) return yield* Effect.dieMessage(`${address} has no mailbox`)
    const journal = yield* platform.query<Stored["journal"][number]>(
      "SELECT modseq, change FROM mail_state.journal WHERE user_id = $1 ORDER BY modseq",
      [head.user_id]
    )
    const rows = yield* platform.query<StoredRow>(
      `SELECT ${storedColumns} FROM mail_state.messages WHERE user_id = $1`,
      [head.user_id]
    )
    return {
      address,
      state: toState(MailboxId(head.user_id), head),
      journal,
      messages: new Map(rows.map(toStored).map((message) => [message.id, message]))
    }
  })

/** I3: no gap from the first change to the head, and the journal alone makes the state, the counters and the rows. */
export const checkJournal = ({ address, journal, messages, state }: Stored): void => {
  strictEqual(
    journal.length,
    state.modSeq,
    `I3: the journal of ${address} is shorter or longer than its head`
  )
  journal.forEach(({ modseq }, index) => {
    strictEqual(modseq, index + 1, `I3: the journal of ${address} has a gap`)
  })
  let replayed = emptyState(state.mailboxId, state.quotaBytes)
  for (const { change } of journal) replayed = evolve(replayed, change)
  deepStrictEqual(replayed, state, `I3: the journal of ${address} does not make its state`)
  deepStrictEqual(
    replayMessages(journal),
    withoutAge(messages),
    `I3: the journal of ${address} does not make its messages`
  )
  deepStrictEqual(countMessages(messages), countersOf(state), `I3: the counters of ${address} are wrong`)
}

/** The journal does not tell when a message was received. */
const withoutAge = (messages: Stored["messages"]): Stored["messages"] =>
  new Map([...messages].map(([id, message]) => [id, { ...message, receivedAt: 0 }]))

const replayMessages = (journal: Stored["journal"]): Stored["messages"] => {
  const messages = new Map<MessageId, StoredMessage>()
  for (const { change } of journal) {
    if (change._tag === "MessageAdded") {
      const { _tag, messageId: id, ...added } = change
      ok(!messages.has(id), "I3: a message was added twice")
      messages.set(id, { ...added, id, receivedAt: 0 })
    } else if ("messageId" in change) {
      const before = messages.get(change.messageId)
      ok(before !== undefined, "I3: a change speaks of a message that is not there")
      const after = evolveMessage(before, change)
      if (after === undefined) messages.delete(change.messageId)
      else messages.set(change.messageId, after)
    }
  }
  return messages
}

interface Counters {
  readonly total: number
  readonly unread: number
  readonly sizeBytes: number
}

const countMessages = (messages: Stored["messages"]): Readonly<Record<number, Counters>> => {
  const counted: Record<number, Counters> = {}
  for (const { folderId, flags, sizeBytes } of messages.values()) {
    const { total, unread, sizeBytes: size } = counted[folderId] ?? { total: 0, unread: 0, sizeBytes: 0 }
    counted[folderId] = {
      total: total + 1,
      unread: unread + Number(!flags.includes("\\Seen")),
      sizeBytes: size + sizeBytes
    }
  }
  return counted
}

const countersOf = ({ folders }: MailboxState): Readonly<Record<number, Counters>> =>
  Object.fromEntries(
    [...folders.values()]
      .filter(({ total, unread, sizeBytes }) => total !== 0 || unread !== 0 || sizeBytes !== 0)
      .map(({ id, total, unread, sizeBytes }) => [id, { total, unread, sizeBytes }])
  )

/** I7: the watcher was told of every change once, in order. */
export const checkWatched = ({ address, journal }: Stored, watched: Watched): void => {
  const told = watched.changes.map(({ modSeq, fact }) => `${modSeq} ${fact.case}`)
  const happened = journal.map(
    ({ modseq, change }) => `${modseq} ${change._tag.charAt(0).toLowerCase()}${change._tag.slice(1)}`
  )
  deepStrictEqual(told, happened, `I7: the watcher of ${address} missed a change or heard one twice`)
}

/** I8: what was granted is there, and nothing that was wished for happened twice. */
export const checkWishes = ({ journal, messages }: Stored, wishes: ReadonlyArray<Wish>): void => {
  for (const wish of wishes) {
    if (wish._tag !== "Flag" && wish._tag !== "Move") continue
    const times = timesGranted(journal, wish)
    const wanted = wish.isAcknowledged ? [1] : [0, 1]
    ok(wanted.includes(times), `I8: ${wish._tag} ${wish.operationId} happened ${times} times`)
    const message = [...messages.values()].find(({ id }) => BigInt(id) === wish.messageId)
    const isThere =
      wish._tag === "Move" ? message?.folderId === wishedFolder : message?.categories.includes(wish.category)
    strictEqual(isThere, times === 1, `I8: ${wish._tag} ${wish.operationId} was undone`)
  }
}

type OfMessage = Extract<Wish, { readonly messageId: bigint }>

/** How often the wish came true after it was not. */
const timesGranted = (journal: Stored["journal"], wish: OfMessage): number => {
  let times = 0
  let before = false
  for (const { change } of journal) {
    if (!("messageId" in change) || BigInt(change.messageId) !== wish.messageId) continue
    const after: boolean = isGrantedBy(change, wish) ?? before
    if (after && !before) times += 1
    before = after
  }
  return times
}

/** Undefined where the change says nothing about it. */
const isGrantedBy = (change: Change, wish: OfMessage): boolean | undefined => {
  if (wish._tag === "Move") return change.folderId === wishedFolder
  return "categories" in change ? change.categories.includes(wish.category) : undefined
}
